"""Child processes that are always ended by the id under which they were started."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

_given_ports = set()


def free_port(host="127.0.0.1"):
    """A TCP port that nothing listens on, and that no test was given before."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        with socket.socket(family, socket.SOCK_STREAM) as s:
            s.bind((host, 0))
            port = s.getsockname()[1]
        if port not in _given_ports:
            _given_ports.add(port)
            return port


def free_udp_port(host="127.0.0.1"):
    """A UDP port that nothing is bound to."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.bind((host, 0))
        return s.getsockname()[1]


def is_listening(port):
    """Looks into the kernel's table, so that the server sees no connection."""
    wanted = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as lines:
                for line in lines:
                    fields = line.split()
                    if fields[3] == "0A" and fields[1].endswith(wanted):
                        return True
        except FileNotFoundError:
            pass
    return False


def wait_until(condition, what, seconds=15.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited {seconds} s in vain for {what}")


class Child:
    """A process in a session of its own, its output in a file."""

    def __init__(self, arguments, log, env=None, cwd=None, stdin=subprocess.DEVNULL):
        self.arguments = [str(a) for a in arguments]
        self.log = pathlib.Path(log)
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(
                self.arguments, stdin=stdin, stdout=out, stderr=subprocess.STDOUT,
                env=env, cwd=cwd, start_new_session=True)

    @property
    def pid(self):
        return self.process.pid

    def output(self):
        return self.log.read_text(errors="replace")

    def wait_listening(self, *ports):
        def ready():
            assert self.process.poll() is None, f"{self.arguments[0]} ended:\n{self.output()}"
            return all(is_listening(port) for port in ports)
        wait_until(ready, f"{self.arguments[0]} to listen on {ports}")
        return self

    def wait_output(self, pattern, seconds=15.0, count=1):
        """The matches of `pattern`, as soon as there are `count`."""
        regex = re.compile(pattern, re.MULTILINE)

        def found():
            matches = list(regex.finditer(self.output()))
            if len(matches) >= count:
                return matches
            assert self.process.poll() is None or len(matches) >= count, \
                f"{self.arguments[0]} ended without /{pattern}/:\n{self.output()}"
            return None
        try:
            return wait_until(found, f"/{pattern}/", seconds)
        except AssertionError as e:
            raise AssertionError(f"{e}; its output was:\n{self.output()}") from None

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=15.0):
        return self.process.wait(seconds)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        # What it left behind in its own session, which is ours to end.
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
