"""QUIC's peers: ngtcp2's server and client, and a path between two ends that loses datagrams, records
and repeats them."""
import os
import pathlib
import select
import socket
import subprocess
import threading
import xml.etree.ElementTree as ET

from .capture import HANDSHAKE, tshark
from .peers import need
from .process import Child, wait_until

_given = set()


def free_udp_port(host="127.0.0.1"):
    """A port on which neither UDP nor TCP is listened to, and that no test was given before."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        with socket.socket(family, socket.SOCK_DGRAM) as udp:
            udp.bind((host, 0))
            port = udp.getsockname()[1]
            with socket.socket(family, socket.SOCK_STREAM) as tcp:
                try:
                    tcp.bind((host, port))
                except OSError:
                    continue
        if port not in _given:
            _given.add(port)
            return port


def _is_bound(port):
    with open("/proc/net/udp") as lines:
        return any(line.split()[1].endswith(f":{port:04X}") for line in list(lines)[1:])


class NgtcpServer:
    """gtlsserver of ngtcp2, with a page; `options` as on its command line."""

    def __init__(self, directory, cert, *options, port=None):
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "index.html").write_text("<h1>hello</h1>\n")
        (directory / "large.html").write_bytes(b"x" * 300_000)
        self.port = port or free_udp_port()
        self.child = Child([need("gtlsserver"), "--quiet", "-d", directory, *options, "127.0.0.1",
                            self.port, cert[1], cert[0]], directory / "gtlsserver.log")

        def ready():
            assert self.child.process.poll() is None, self.child.output()
            return _is_bound(self.port)
        wait_until(ready, "gtlsserver to listen")

    def stop(self):
        self.child.stop()


class Gtls:
    """gtlsclient of ngtcp2: HTTP/3. What it keeps for the next time lies in its folder."""

    def __init__(self, directory):
        self.binary = need("gtlsclient")
        self.dir = pathlib.Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.session, self.parameters = self.dir / "session", self.dir / "parameters"
        self.token, self.keylog = self.dir / "token", self.dir / "keylog"

    def keeping(self):
        """Options under which it offers, and then keeps, session, parameters and token."""
        return [f"--session-file={self.session}", f"--tp-file={self.parameters}",
                f"--token-file={self.token}"]

    def get(self, port, *options, path="/", host="127.0.0.1", timeout=30, requests=1):
        """What it printed; the page is in `self.page(path)`."""
        name = path.strip("/") or "index.html"
        (self.dir / name).unlink(missing_ok=True)
        command = [self.binary, "--exit-on-all-streams-close", "--no-quic-dump", "--no-http-dump",
                   "--sni=localhost", f"--download={self.dir}", f"--nstreams={requests}", *options,
                   host, port, f"https://localhost:{port}{path}"]
        done = subprocess.run([str(a) for a in command], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=timeout, cwd=self.dir,
                              env={**os.environ, "SSLKEYLOGFILE": str(self.keylog)})
        return (done.stdout + done.stderr).decode("utf-8", "replace")

    def page(self, path="/"):
        file = self.dir / (path.strip("/") or "index.html")
        return file.read_text() if file.exists() else None


class Path:
    """Datagrams to `port` come by its own; `lose(side, number, connection)` says which are lost: number
    counts from 0 for each side, "client" or "server", of each connection; these from 0, too."""

    def __init__(self, port, lose=lambda side, number, connection: False):
        self.lose = lose
        self.sent = []           # datagrams of the client, in order
        self.inner_port = port
        self.outer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.outer.bind(("127.0.0.1", 0))
        self.port = self.outer.getsockname()[1]
        self.inner = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.inner.connect(("127.0.0.1", port))
        self.client = None
        self.connection = -1
        self.counts = {"client": 0, "server": 0}
        self.lost = 0
        self.ending = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _passes(self, side):
        number = self.counts[side]
        self.counts[side] += 1
        lost = self.lose(side, number, self.connection)
        self.lost += bool(lost)
        return not lost

    def _run(self):
        while not self.ending:
            readable, _, _ = select.select([self.outer, self.inner], [], [], 0.05)
            try:
                if self.outer in readable:
                    data, client = self.outer.recvfrom(65536)
                    if client != self.client:
                        self.client = client
                        self.connection += 1
                        self.counts = {"client": 0, "server": 0}
                    self.sent.append(data)
                    if self._passes("client"):
                        self.inner.send(data)
                if self.inner in readable:
                    data = self.inner.recv(65536)
                    if self._passes("server"):
                        self.outer.sendto(data, self.client)
            except ConnectionRefusedError:
                pass

    def repeat(self, datagrams, seconds=1.0):
        """Sends them again from another port; the answers that come within `seconds`."""
        answers = []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
            again.connect(("127.0.0.1", self.inner_port))
            again.settimeout(seconds)
            for datagram in datagrams:
                again.send(datagram)
            try:
                while True:
                    answers.append(again.recv(65536))
            except (socket.timeout, ConnectionRefusedError):
                return answers

    def stop(self):
        self.ending = True
        self.thread.join()
        self.outer.close()
        self.inner.close()


def quic_messages(file, port, keylog):
    """[(from, name)] of the TLS messages in CRYPTO frames, as tshark sees them, without the tickets,
    which may come while the connection is being closed."""
    pdml = tshark(file, "-d", f"udp.port=={port},quic", "-Y", "quic", "-T", "pdml", "-J",
                  "udp quic tls", keylog=keylog)
    found = []
    for packet in ET.fromstring(pdml).iter("packet"):
        source = next(f.get("show") for f in packet.iter("field") if f.get("name") == "udp.srcport")
        side = "server" if int(source) == port else "client"
        for field in packet.iter("field"):
            if field.get("name") == "tls.handshake.type":
                found.append((side, HANDSHAKE.get(int(field.get("show")), field.get("show"))))
    return [m for m in found if m[1] != "NewSessionTicket"]
