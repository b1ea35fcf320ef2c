"""QUIC clients that others wrote, and a path for their datagrams that records and repeats."""
import os
import pathlib
import select
import socket
import subprocess
import threading

from .peers import need


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


class Relay:
    """A path on loopback: what the client sends is kept, so that it can be sent once more."""

    def __init__(self, target):
        self.target = ("127.0.0.1", target)
        self.sent = []           # datagrams of the client, in order
        self._front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._front.bind(("127.0.0.1", 0))
        self.port = self._front.getsockname()[1]
        self._back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._back.connect(self.target)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        client = None
        while not self._ending.is_set():
            for ready in select.select([self._front, self._back], [], [], 0.05)[0]:
                try:
                    if ready is self._front:
                        data, client = self._front.recvfrom(65536)
                        self.sent.append(data)
                        self._back.send(data)
                    elif client:
                        self._front.sendto(self._back.recv(65536), client)
                except ConnectionRefusedError:
                    pass

    def repeat(self, datagrams, seconds=1.0):
        """Sends them again from another port; the answers that come within `seconds`."""
        answers = []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
            again.connect(self.target)
            again.settimeout(seconds)
            for datagram in datagrams:
                again.send(datagram)
            try:
                while True:
                    answers.append(again.recv(65536))
            except (socket.timeout, ConnectionRefusedError):
                return answers

    def stop(self):
        self._ending.set()
        self._thread.join(5)
        self._front.close()
        self._back.close()
