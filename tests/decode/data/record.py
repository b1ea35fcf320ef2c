#!/usr/bin/python3
"""Records real TLS connections for the decoder's tests: openssl's and GnuTLS's programs on loopback
through a tap that writes down each chunk as it passes, with the client's key log.

    record.py [NAME...]      (needs openssl and gnutls-bin; rewrites NAME.tls beside this file)

A recording has one line a chunk, "> HEX" from the client and "< HEX" from the server, and
"key LINE" for each line of the key log.
"""
import os
import pathlib
import re
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent


class Tap(threading.Thread):
    """Relays connections one after the other and keeps what passed in each."""

    def __init__(self, server_port):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.server_port = server_port
        self.connections = []

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            chunks = []
            self.connections.append(chunks)
            server = socket.create_connection(("127.0.0.1", self.server_port))
            self.relay(client, server, chunks)

    @staticmethod
    def relay(client, server, chunks):
        names = {client: (">", server), server: ("<", client)}
        selector = selectors.DefaultSelector()
        for end in names:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(end, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                mark, other = names[key.fileobj]
                try:
                    data = key.fileobj.recv(65536)
                    if data:
                        chunks.append((mark, data))
                        other.sendall(data)
                except OSError:
                    data = b""
                if not data:
                    selector.unregister(key.fileobj)
                    try:
                        other.shutdown(socket.SHUT_WR)
                    except OSError:
                        pass
        client.close()
        server.close()


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, **options)


def make_certificates(folder):
    def openssl(*arguments):
        run("openssl", *arguments, cwd=folder)

    for name, key in (("ec", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]),
                      ("rsa", ["rsa:2048"])):
        openssl("req", "-x509", "-newkey", *key, "-nodes", "-keyout", f"{name}.key",
                "-out", f"{name}.pem", "-days", "3650", "-subj", f"/CN=handshake test {name}",
                "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1")
    (folder / "index.txt").write_text("")
    openssl("ocsp", "-issuer", "ec.pem", "-cert", "ec.pem", "-reqout", "request.der")
    openssl("ocsp", "-index", "index.txt", "-rsigner", "ec.pem", "-rkey", "ec.key", "-CA", "ec.pem",
            "-reqin", "request.der", "-respout", "ocsp.der", "-ndays", "3650")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_for_port(port):
    for _ in range(100):
        with open("/proc/net/tcp", encoding="ascii") as table:
            if any(f"0100007F:{port:04X} " in line or f"00000000:{port:04X} " in line
                   for line in table if " 0A " in line):
                return
        with open("/proc/net/tcp6", encoding="ascii") as table:
            if any(f":{port:04X} " in line for line in table if " 0A " in line):
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on {port}")


class Session:
    """One server behind one tap, and clients against it."""

    def __init__(self, folder, server):
        self.folder = folder
        self.keylog = folder / "keylog"
        port = free_port()
        self.server = subprocess.Popen(server(port), cwd=folder, stdin=subprocess.PIPE,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_port(port)
        self.tap = Tap(port)
        self.tap.start()

    def client(self, *command, script=((0.3, b"ping\n"), (0.3, b"Q\n"))):
        """Runs a client to its end; `script` is what it is told, and how long after."""
        if self.keylog.exists():
            self.keylog.unlink()
        command = [part.replace("PORT", str(self.tap.port)) for part in command]
        process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env=dict(os.environ, SSLKEYLOGFILE=str(self.keylog)))
        for pause, words in script:
            time.sleep(pause)
            try:
                process.stdin.write(words)
                process.stdin.flush()
            except OSError:
                break
        try:
            process.stdin.close()
        except OSError:
            pass
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
            process.wait()
        time.sleep(0.3)
        keys = self.keylog.read_text().splitlines() if self.keylog.exists() else []
        return self.tap.connections[-1], [line for line in keys if line and line[0] != "#"]

    def close(self):
        self.tap.listener.close()
        self.server.terminate()
        self.server.wait()


def s_server(*options, cert="ec"):
    return lambda port: ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-quiet",
                         "-cert", f"{cert}.pem", "-key", f"{cert}.key", *options]


def s_client(*options):
    return ["openssl", "s_client", "-connect", "127.0.0.1:PORT", "-servername", "localhost",
            "-keylogfile", "keylog", *options]


def gnutls_serv(*options, cert="ec"):
    return lambda port: ["gnutls-serv", "--quiet", "--echo", "-p", str(port), "--x509certfile",
                         f"{cert}.pem", "--x509keyfile", f"{cert}.key", *options]


def gnutls_cli(*options):
    return ["gnutls-cli", "--insecure", "-p", "PORT", *options, "localhost"]


LOW = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"


def suite(name):
    return f"{name}:@SECLEVEL=0"


# NAME: (server, client). Both are given the same suite.
PLAIN = {
    "tls13_aes256": (s_server("-tls1_3"), s_client("-tls1_3", "-alpn", "h2,http/1.1")),
    "tls13_chacha20": (s_server("-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"), s_client()),
    "tls13_ccm": (s_server("-ciphersuites", "TLS_AES_128_CCM_SHA256"),
                  s_client("-ciphersuites", "TLS_AES_128_CCM_SHA256")),
    "tls13_ccm8": (s_server("-ciphersuites", "TLS_AES_128_CCM_8_SHA256", "-cipher", LOW),
                   s_client("-ciphersuites", "TLS_AES_128_CCM_8_SHA256", "-cipher", LOW)),
    "tls13_hrr": (s_server("-groups", "P-384"), s_client("-groups", "X25519:P-384")),
    "tls13_client_auth": (s_server("-Verify", "1"),
                          s_client("-cert", "ec.pem", "-key", "ec.key")),
    "tls13_ocsp": (s_server("-status_file", "ocsp.der"), s_client("-status")),
    "tls13_alpn": (s_server("-alpn", "http/1.1"), s_client("-alpn", "h2,http/1.1")),
    "tls13_no_group": (s_server("-groups", "P-384"), s_client("-groups", "X25519")),
    "tls13_rejected_certificate": (s_server(), s_client("-verify_return_error", "-verify", "1")),
    "tls12_ecdhe_gcm": (s_server("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"),
                        s_client()),
    "tls12_gcm_sha384": (s_server("-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384", cert="rsa"),
                         s_client("-alpn", "http/1.1")),
    "tls12_chacha20": (s_server("-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"),
                       s_client()),
    "tls12_ccm8": (s_server("-tls1_2", "-cipher", suite("ECDHE-ECDSA-AES256-CCM8")),
                   s_client("-cipher", suite("ECDHE-ECDSA-AES256-CCM8"))),
    "tls12_cbc_etm": (s_server("-tls1_2", "-cipher", suite("ECDHE-ECDSA-AES256-SHA384")),
                      s_client()),
    "tls12_cbc_mte": (s_server("-tls1_2", "-cipher", suite("ECDHE-ECDSA-AES128-SHA256")),
                      s_client("-no_etm")),
    "tls12_dhe": (s_server("-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256", cert="rsa"),
                  s_client()),
    "tls12_rsa": (s_server("-tls1_2", "-cipher", "AES128-SHA", cert="rsa"), s_client()),
    "tls12_null": (s_server("-tls1_2", "-cipher", suite("ECDHE-ECDSA-NULL-SHA")),
                   s_client("-cipher", suite("ECDHE-ECDSA-NULL-SHA"))),
    "tls12_client_auth": (s_server("-tls1_2", "-Verify", "1"),
                          s_client("-cert", "ec.pem", "-key", "ec.key")),
    "tls12_ocsp": (s_server("-tls1_2", "-status_file", "ocsp.der"), s_client("-status")),
    "tls11_cbc": (s_server("-tls1_1", "-cipher", LOW), s_client("-tls1_1", "-cipher", LOW)),
    "tls10_cbc": (s_server("-tls1", "-cipher", LOW), s_client("-tls1", "-cipher", LOW)),
    "tls10_alert": (s_server("-tls1_3"), s_client("-tls1", "-cipher", LOW)),
    "gnutls_tls13": (gnutls_serv(), gnutls_cli("--alpn", "h2")),
    "gnutls_tls12_3des": (gnutls_serv("--priority", "NONE:+VERS-TLS1.2:+3DES-CBC:+SHA1:+RSA:"
                                      "+COMP-NULL:+SIGN-ALL:+CTYPE-ALL", cert="rsa"),
                          gnutls_cli("--priority", "NORMAL:+3DES-CBC:+SHA1:+RSA")),
}


def resumed(folder, server, client, first=(), second=()):
    """The second of two connections that share a session."""
    session = Session(folder, server)
    try:
        session.client(*client, *first, "-sess_out", "session.pem",
                       script=((0.6, b"ping\n"), (0.3, b"Q\n")))
        return session.client(*client, *second, "-sess_in", "session.pem")
    finally:
        session.close()


def early(folder, server, *second):
    (folder / "early.txt").write_bytes(b"early ping\n")
    return resumed(folder, server, s_client("-tls1_3"),
                   second=("-early_data", "early.txt", *second))


def rejected_early(folder):
    """The ticket is of another server, which had another key for it."""
    (folder / "early.txt").write_bytes(b"early ping\n")
    session = Session(folder, s_server("-early_data"))
    session.client(*s_client("-tls1_3", "-sess_out", "session.pem"),
                   script=((0.6, b"ping\n"), (0.3, b"Q\n")))
    session.close()
    session = Session(folder, s_server("-early_data"))
    try:
        return session.client(*s_client("-tls1_3", "-sess_in", "session.pem",
                                        "-early_data", "early.txt"))
    finally:
        session.close()


def told(folder, server, client, *words):
    session = Session(folder, server)
    try:
        return session.client(*client, script=tuple((0.4, word) for word in words))
    finally:
        session.close()


SPECIAL = {
    "tls13_resumed": lambda f: resumed(f, s_server(), s_client()),
    "tls13_early_data": lambda f: early(f, s_server("-early_data")),
    "tls13_early_data_rejected": rejected_early,
    "tls13_early_data_hrr": lambda f: resumed(
        f, s_server("-early_data", "-groups", "P-384"), s_client("-tls1_3"),
        first=("-groups", "P-384"),
        second=("-groups", "X25519:P-384", "-early_data", "early.txt")),
    "tls13_key_update": lambda f: told(f, s_server(), s_client(), b"one\n", b"K\n", b"two\n",
                                       b"k\n", b"three\n", b"Q\n"),
    "tls12_resumed_ticket": lambda f: resumed(f, s_server("-tls1_2"), s_client()),
    "tls12_resumed_id": lambda f: resumed(f, s_server("-tls1_2", "-no_ticket"), s_client()),
    "tls12_renegotiated": lambda f: told(
        f, s_server("-tls1_2", "-client_renegotiation"), s_client(), b"one\n", b"R\n", b"two\n",
        b"Q\n"),
}


def plain(folder, server, client):
    session = Session(folder, server)
    try:
        return session.client(*client)
    finally:
        session.close()


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_certificates(folder)
        (folder / "early.txt").write_bytes(b"early ping\n")
        wanted = sys.argv[1:] or [*PLAIN, *SPECIAL]
        for what in wanted:
            if what in PLAIN:
                chunks, keys = plain(folder, *PLAIN[what])
            else:
                chunks, keys = SPECIAL[what](folder)
            lines = [f"{mark} {data.hex()}" for mark, data in chunks]
            lines += [f"key {line}" for line in keys if re.match(r"[A-Z_0-9]+ ", line)]
            (HERE / f"{what}.tls").write_text("\n".join(lines) + "\n")
            print(f"{what}: {len(chunks)} chunks, {sum(len(d) for _, d in chunks)} bytes, "
                  f"{len(keys)} keys")


if __name__ == "__main__":
    main()
