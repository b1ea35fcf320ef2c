"""Real clients against `handshake serve`."""
import os
import re
import signal
import socket
import stat
import subprocess
import time

import pytest

from kit.peers import HERE, NODE_MODULES, need, need_node
from kit.process import wait_until
from kit.serve import SCHEMES, Serve


def run(*arguments, text="", timeout=60, env=None):
    return subprocess.run([str(a) for a in arguments], input=text, capture_output=True, text=True,
                          timeout=timeout, env=env)


def s_client(serve, *options, text="", scheme="tls", hold=0.0):
    """openssl s_client; `hold` seconds pass before its input ends, for what the server still sends."""
    child = subprocess.Popen(
        ["openssl", "s_client", "-connect", f"localhost:{serve.ports[scheme]}", "-CAfile",
         str(serve.ca), "-verify_return_error", *map(str, options)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        child.stdin.write(text.encode())
        child.stdin.flush()
        time.sleep(hold)
        child.stdin.close()
        child.stdin = None
        out = child.communicate(timeout=20)[0]
    finally:
        child.kill()
        child.wait()
    return out.decode(errors="replace")


# ---- our own probe

@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("family", ["-4", "-6"])
def test_probe_of_every_scheme(hs, serve, scheme, family):
    record = hs.probe_json(family, "--cacert", serve.ca, serve.url(scheme), status=0)
    assert record["target"]["scheme"] == scheme
    if scheme in ("tls", "https", "wss"):
        assert record["tls"]["version"] == "TLSv1.3" and record["certificates"]
    if scheme in ("http", "https"):
        assert record["http"]["status"] == 200
    if scheme in ("ws", "wss"):
        assert record["websocket"]["accepted"] is True


@pytest.mark.parametrize("options, expect", [
    (["--resume"], {"resumed": True}), (["--early-data"], {"early_data": "accepted"}),
    (["--tls-max", "1.2"], {"version": "TLSv1.2"}),
    (["--tls-max", "1.2", "--resume"], {"resumed": True, "version": "TLSv1.2"}),
    (["--http2"], {"alpn": "h2"}), (["--http1.1"], {"alpn": "http/1.1"})])
def test_probe_options(hs, serve, options, expect):
    record = hs.probe_json("--cacert", serve.ca, *options, serve.url("https"), status=0)
    assert {k: record["tls"].get(k) for k in expect} == expect


# ---- curl

@pytest.mark.parametrize("options, version", [
    (["--http1.1"], "1.1"), (["--http2"], "2"), (["--tls-max", "1.2", "--http2"], "2")])
def test_curl_https(serve, options, version):
    done = run("curl", "-sS", "--cacert", serve.ca, "-w", "\n%{http_version} %{http_code}", *options,
               serve.url("https"))
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == f"{version} 200", done


@pytest.mark.parametrize("options, version", [
    ([], "1.1"), (["--http1.0"], "1.0"), (["--http2-prior-knowledge"], "2"), (["-I"], "1.1")])
def test_curl_http(serve, options, version):
    done = run("curl", "-sS", "-w", "\n%{http_version} %{http_code}", *options, serve.url("http"))
    assert done.returncode == 0 and done.stdout.splitlines()[-1].endswith(" 200"), done


def test_curl_keeps_the_connection(serve):
    for scheme, option in (("http", "--http1.1"), ("https", "--http1.1"), ("https", "--http2")):
        url = serve.url(scheme)
        done = run("curl", "-sS", option, "--cacert", serve.ca, "-o", "/dev/null", "-o", "/dev/null",
                   "-w", "%{num_connects} %{http_code}\n", url, url)
        assert done.stdout.split() == ["1", "200", "0", "200"], (scheme, option, done)


def test_curl_without_our_ca_refuses(serve):
    done = run("curl", "-sS", serve.url("https"))
    assert done.returncode == 60


# ---- openssl s_client

@pytest.mark.parametrize("option, version", [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
def test_s_client_echo(serve, option, version):
    out = s_client(serve, option, "-quiet", "-no_ign_eof", text="hello, echo\n", hold=0.7)
    assert "hello, echo" in out, out
    out = s_client(serve, option, text="Q\n")
    assert "Verify return code: 0 (ok)" in out and version in out


@pytest.mark.parametrize("option", ["-tls1_2", "-tls1_3"])
def test_s_client_resumes(serve, option, tmp_path):
    session = tmp_path / "session"
    s_client(serve, option, "-sess_out", session, text="x\n", hold=0.7)
    out = s_client(serve, option, "-sess_in", session, text="x\n", hold=0.3)
    assert "Reused, TLSv1" in out, out


def test_early_data_is_accepted_once(serve, tmp_path):
    """RFC 8446 section 8: the same ticket with early data a second time is a replay."""
    session, early = tmp_path / "session", tmp_path / "early"
    early.write_text("early bytes\n")
    s_client(serve, "-tls1_3", "-sess_out", session, text="x\n", hold=0.7)
    first = s_client(serve, "-tls1_3", "-sess_in", session, "-early_data", early, text="x\n", hold=0.7)
    assert "Early data was accepted" in first, first
    assert "early bytes" in first.split("Early data was accepted")[0] + first
    second = s_client(serve, "-tls1_3", "-sess_in", session, "-early_data", early, text="x\n", hold=0.7)
    assert "Early data was rejected" in second, second


def test_s_client_alpn_and_groups(serve):
    out = s_client(serve, "-alpn", "h2", scheme="https", text="Q\n")
    assert "ALPN protocol: h2" in out, out
    for group in ("X25519", "P-256"):
        out = s_client(serve, "-groups", group, text="Q\n")
        assert "Verify return code: 0 (ok)" in out, out


# ---- others

@pytest.mark.parametrize("priority, version", [
    ("NORMAL:-VERS-ALL:+VERS-TLS1.2", "TLS1.2"), ("NORMAL:-VERS-ALL:+VERS-TLS1.3", "TLS1.3")])
def test_gnutls_cli(serve, priority, version):
    done = run(need("gnutls-cli"), "--x509cafile", serve.ca, "--priority", priority, "-p",
               serve.ports["https"], "--alpn", "http/1.1", "localhost",
               text="GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert "Handshake was completed" in done.stdout and f"({version}-X.509)" in done.stdout, done
    assert "HTTP/1.1 200" in done.stdout, done


def test_nghttp(serve):
    done = run(need("nghttp"), "-v", "-n", serve.url("https"), serve.url("https", "/again"))
    assert done.returncode == 0 and "recv SETTINGS frame" in done.stdout, done
    assert ":status: 200" in done.stdout
    done = run(need("nghttp"), "-n", "-s", serve.url("http"))
    assert done.returncode == 0 and "200" in done.stdout, done


def test_node(serve):
    done = run(need_node("ws"), HERE / "peers" / "client.js", NODE_MODULES, serve.ca,
               serve.ports["https"], serve.ports["ws"], serve.ports["wss"])
    assert done.stdout.splitlines() == [
        "https HTTP/1.1 200 TLSv1.3", "http2 200", "ws pong same 1000", "wss pong same 1000",
        "wss pong same 1000"], done


def test_java(serve):
    need("javac")
    done = run(need("java"), "-XX:TieredStopAtLevel=1", HERE / "peers" / "Peer.java", serve.ca,
               serve.ports["https"], serve.ports["tls"], serve.ports["wss"], timeout=120)
    assert done.stdout.splitlines() == [
        "https HTTP_1_1 200", "https HTTP_2 200", "tls TLSv1.2 hello", "tls TLSv1.3 hello",
        "wss hello"], done


def test_chromium(serve, tmp_path):
    chromium = need("chromium")
    done = run(need_node("playwright-core"), HERE / "peers" / "browser.js", NODE_MODULES, chromium,
               serve.ports["https"], serve.ports["wss"], timeout=120,
               env={**os.environ, "HOME": str(tmp_path)})
    assert done.stdout.splitlines() == ["page 200", "wss hello from a browser"], done


# ---- a plain socket

def test_tcp_echo(serve):
    with socket.create_connection(("127.0.0.1", serve.ports["tcp"]), timeout=10) as s:
        data = os.urandom(300_000)
        s.setblocking(True)
        received = b""
        for i in range(0, len(data), 30_000):
            s.sendall(data[i:i + 30_000])
            while len(received) < i + 30_000:
                received += s.recv(65536)
        assert received == data
        s.shutdown(socket.SHUT_WR)
        assert s.recv(1) == b""


@pytest.mark.parametrize("scheme", SCHEMES)
def test_garbage_ends_only_its_own_connection(hs, serve, scheme):
    for data in (b"\x00" * 5000, b"\xff" * 20000, b"GET / HTTP/9.9\r\n\r\n",
                 b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 100,
                 b"\x16\x03\x01\xff\xff" + b"a" * 70000, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20000):
        with socket.create_connection(("127.0.0.1", serve.ports[scheme]), timeout=5) as s:
            try:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                while s.recv(65536):
                    pass
            except (ConnectionError, socket.timeout):
                pass
    assert hs.probe_json("--cacert", serve.ca, serve.url(scheme), status=0)["ok"]


def test_many_at_once(serve):
    """Handshakes that never finish do not keep others out."""
    idle = [socket.create_connection(("127.0.0.1", serve.ports["https"])) for _ in range(200)]
    try:
        done = run("curl", "-sS", "-m", "10", "--cacert", serve.ca, "-o", "/dev/null", "-w",
                   "%{http_code}", serve.url("https"))
        assert done.stdout == "200", done
    finally:
        for s in idle:
            s.close()


# ---- what it prints, and how it ends

def test_lines_follow_a_connection(hs, tmp_path):
    server = Serve(hs, tmp_path, schemes=("tls",))
    try:
        hs.probe_json("-4", "--cacert", server.ca, server.url("tls"), status=0)
        wait_until(lambda: "closed" in server.output(), "the line about the end")
        out = server.output()
        assert re.search(r"127\.0\.0\.1:\d+", out), out        # with whom
        assert "TLSv1.3" in out and "TLS_" in out, out         # done with what
        assert out.index("TLSv1.3") < out.index("closed")
    finally:
        server.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_clean_shutdown_with_clients_connected(hs, tmp_path, number):
    server = Serve(hs, tmp_path)
    clients = [socket.create_connection(("127.0.0.1", p)) for p in server.ports.values()]
    time.sleep(0.2)
    started = time.monotonic()
    server.child.signal(number)
    assert server.child.wait(10) == 0, server.output()
    assert time.monotonic() - started < 5
    for client in clients:
        client.close()
    server.stop()
    for port in server.ports.values():
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=1)


def test_the_ca_is_kept_and_private(hs, tmp_path):
    state = {"XDG_STATE_HOME": tmp_path / "state"}
    first = Serve(hs, tmp_path, schemes=("tls",), env=state)
    ca = first.ca.read_bytes()
    first.stop()
    second = Serve(hs, tmp_path, schemes=("tls",), env=state)
    assert second.ca == first.ca and second.ca.read_bytes() == ca
    second.stop()
    keys = [p for p in (tmp_path / "state").rglob("*") if p.is_file()
            and "PRIVATE KEY" in p.read_text(errors="replace")]
    assert keys, "the CA's key is kept under XDG_STATE_HOME"
    for path in keys:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_ones_own_certificate(hs, tmp_path, certificates):
    cert, key = certificates.rsa
    server = Serve(hs, tmp_path, "--cert", cert, "--key", key, schemes=("https",))
    record = hs.probe_json("--cacert", certificates.ca, server.url("https"), status=0)
    assert record["certificates"][0]["key"].startswith("RSA")
    server.stop()


def test_binds_loopback_only(serve):
    listening = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in open(table).read().splitlines()[1:]:
            fields = line.split()
            address, port = fields[1].rsplit(":", 1)
            if fields[3] == "0A" and int(port, 16) in serve.ports.values():
                listening.add(address)
    assert listening <= {"0100007F", "00000000000000000000000001000000"}, listening
