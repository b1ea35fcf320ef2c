"""A server for the benches, and the cost of one run of a command."""
import os
import pathlib
import sys
import tempfile
import time

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


def cost(command, environment=None):
    """(user + system seconds, peak KiB, elapsed seconds) of one run, from wait4."""
    null = os.open(os.devnull, os.O_RDWR)
    started = time.monotonic()
    pid = os.posix_spawnp(command[0], command, environment or os.environ, file_actions=[
        (os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 1),
        (os.POSIX_SPAWN_DUP2, null, 2)])
    _, status, usage = os.wait4(pid, 0)
    elapsed = time.monotonic() - started
    os.close(null)
    if status != 0:
        sys.exit(f"{' '.join(command)}: status {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss, elapsed
