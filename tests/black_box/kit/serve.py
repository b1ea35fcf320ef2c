"""`handshake serve`, with its ports and its CA read from what it prints."""
import os
import pathlib
import re
import signal

from .process import Child

SCHEMES = ("tcp", "tls", "http", "https", "ws", "wss")
UDP_SCHEMES = ("quic", "https3")


class Serve:
    """`ports` names those that are not to be any free one."""

    def __init__(self, program, directory, *options, schemes=SCHEMES, ports=None, env=None):
        self.program = program
        directory = pathlib.Path(directory)
        wanted = [f for scheme in schemes for f in (f"--{scheme}", (ports or {}).get(scheme, 0))]
        self.child = Child([program.binary, "serve", *wanted, *options],
                           directory / "serve.log", env=program.env(**(env or {})))
        self.ports = {}
        for scheme in schemes:
            match = self.child.wait_output(rf"^{scheme} \S+:(\d+) listening")[0]
            self.ports[scheme] = int(match.group(1))
        self.child.wait_listening(*(p for s, p in self.ports.items() if s not in UDP_SCHEMES))
        found = re.search(r"^CA certificate (.+)$", self.child.output(), re.MULTILINE)
        self.ca = pathlib.Path(found.group(1)) if found else None

    def url(self, scheme, path="/"):
        suffix = "" if scheme in ("tcp", "tls", "quic") else path
        name = "https" if scheme == "https3" else scheme
        return f"{name}://localhost:{self.ports[scheme]}{suffix}"

    def output(self):
        return self.child.output()

    def stop(self):
        """Ends it as a user would, and looks at how it went."""
        if self.child.process.poll() is None:
            self.child.signal(signal.SIGTERM)
        try:
            status = self.child.wait(10)
        finally:
            self.child.stop()
        output = self.child.output()
        assert "Sanitizer" not in output and "runtime error:" not in output, output
        assert status == 0, f"serve ended with {status}:\n{output}"
        assert not os.path.exists(f"/proc/{self.child.pid}")
