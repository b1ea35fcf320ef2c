"""A server for the benches, and the cost of one run of a command."""
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "black_box"))

from kit import certs, peers  # noqa: E402

BINARY = os.environ.get("HS_BINARY", str(ROOT / "build-release" / "src" / "cli" / "handshake"))


class Server:
    """nginx with TLS 1.3 on loopback; `with` ends it."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.certificates = certs.Certificates(pathlib.Path(self.folder.name) / "certs")
        self.nginx = peers.Nginx(pathlib.Path(self.folder.name) / "nginx", self.certificates, 1)
        self.ca, self.port = self.certificates.ca, self.nginx.h2
        return self

    def __exit__(self, *_):
        self.nginx.stop()
        self.folder.cleanup()


def cost(command):
    """(processor seconds, peak KiB, elapsed seconds) of one run."""
    launcher = pathlib.Path(BINARY).with_name("bench-cost")
    source = ROOT / "bench" / "cost.c"
    if not launcher.exists() or launcher.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["cc", "-O2", "-o", launcher, source], check=True)
    done = subprocess.run([launcher, *command], capture_output=True, text=True, check=True)
    cpu, peak, elapsed, status = map(int, done.stdout.split())
    if status != 0:
        sys.exit(f"{' '.join(command)}: status {status}")
    return cpu / 1e6, peak, elapsed / 1e6
