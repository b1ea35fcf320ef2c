"""What tests of the lab have in common: its users, and what must not be left behind."""
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import time

import pytest

from .process import Child, wait_until

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]


def prefix_of(user, hs):
    """The prefix of a command that is to run as root, or as somebody without any right."""
    is_root = os.geteuid() == 0
    if user == "root":
        if not is_root:
            pytest.skip("this test must be started as root")
        prefix, unshare = [], ["unshare", "--net", "true"]
    else:
        prefix, unshare = NOBODY if is_root else [], ["unshare", "--user", "--net", "true"]
        if subprocess.run([*prefix, "test", "-x", hs.binary]).returncode != 0:
            pytest.skip("an unprivileged user cannot reach the program")
    if subprocess.run([*prefix, *unshare], capture_output=True).returncode != 0:
        pytest.skip("this system permits no private network namespaces")
    return prefix


KINDS = ("net", "mnt", "user")


def namespaces_of(pid):
    return {os.readlink(f"/proc/{pid}/ns/{kind}") for kind in KINDS}


def own_processes(mark):
    """{pid: its namespaces} of those with `mark` among their arguments, zombies left out."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
            if mark.encode() in words and b"handshake" in os.path.basename(words[0]):
                found[int(entry.name)] = namespaces_of(entry.name)
        except OSError:
            pass
    return found


def users_of(namespaces):
    """Processes that stand in one of these, or hold one open."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (
                    namespaces_of(entry.name) & namespaces or
                    namespaces & {os.readlink(file) for file in (entry / "fd").iterdir()}):
                found.append(int(entry.name))
        except OSError:
            pass
    return found


class Traces:
    """What an experiment could leave behind: processes, namespaces, links, mounts, files."""

    def __init__(self, mark, folder):
        self.mark = mark
        self.folder = pathlib.Path(folder)
        self.folder.chmod(0o777)
        self.before = self.links(), self.mounts()

    @staticmethod
    def links():
        return sorted(os.listdir("/sys/class/net"))

    @staticmethod
    def mounts():
        return pathlib.Path("/proc/self/mountinfo").read_text()

    def start(self, command, hs, **options):
        """The program with `mark` among its arguments; all folders that it could write to are one."""
        env = hs.env() | {"HOME": str(self.folder), "TMPDIR": str(self.folder)}
        return subprocess.Popen([str(word) for word in command], env=env, cwd=self.folder,
                                **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                                   "stderr": subprocess.PIPE} | options)

    def look(self):
        """Keeps in mind which namespaces are in use now."""
        found = own_processes(self.mark).values()
        self.namespaces = set().union(*found) - namespaces_of("self")

    def wait_for(self, count):
        """The pids of so many processes, whose namespaces are kept in mind."""
        found = wait_until(lambda: len(p := own_processes(self.mark)) >= count and p,
                           f"{count} processes")
        self.look()
        assert any(name.startswith("net:") for name in self.namespaces), self.namespaces
        # Nothing of it is in this test's own.
        assert (self.links(), self.mounts()) == self.before
        return found

    def end(self, child, count, end, pause=0.0):
        """Once so many processes are there, ends the program by the signal `end`, or lets it end (None);
        nothing of it may be left. What it printed."""
        expected = {None: 0, signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -signal.SIGKILL}
        try:
            assert child.pid in self.wait_for(count)
            if end is not None:
                time.sleep(pause)
                os.kill(child.pid, end)
            stdout, stderr = child.communicate(timeout=60)
        finally:
            child.kill()
            child.wait()
        assert child.returncode == expected[end], stderr
        self.check()
        return stdout, stderr

    def check(self):
        """All is gone, soon after the program is."""
        wait_until(lambda: not own_processes(self.mark), "the lab's processes to be gone", 3)
        wait_until(lambda: not users_of(self.namespaces), "its namespaces to be empty", 3)
        assert (self.links(), self.mounts()) == self.before
        assert not list(self.folder.iterdir())


def forbidding(what, user="root"):
    """A user namespace of the test's own, in which this user may make no more of these."""
    uid, drop = ("0", "") if user == "root" else ("65534", "setpriv --ambient-caps=-all --inh-caps=-all --")
    forbid = ["unshare", "--user", f"--map-user={uid}", f"--map-group={uid}", "--keep-caps", "sh", "-c",
              f'echo 0 >/proc/sys/user/max_{what}_namespaces && exec {drop} "$@"', "sh"]
    if subprocess.run([*forbid, "true"], capture_output=True).returncode != 0:
        pytest.skip("this system permits no user namespaces")
    return forbid


def chrooted(folder, user="root"):
    """A prefix for a command of this user where the kernel makes no user namespaces, without counting:
    behind chroot(2). Only root can put it there."""
    if os.geteuid() != 0:
        pytest.skip("this test must be started as root")
    drop = " ".join(NOBODY) if user != "root" else ""
    prefix = ["unshare", "--mount", "sh", "-c", f'mount --rbind / "$0" && exec chroot "$0" {drop} "$@"', folder]
    if subprocess.run([*prefix, "true"], capture_output=True).returncode != 0:
        pytest.skip("no chroot here")
    return prefix


def children_of(pid):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def frames_of(file):
    """[(nanoseconds, bytes)] of a pcap file with stamps in nanoseconds."""
    data = pathlib.Path(file).read_bytes()
    assert struct.unpack("=I", data[:4])[0] == 0xa1b23c4d, "a pcap file of nanoseconds"
    frames, at = [], 24
    while at < len(data):
        seconds, nanoseconds, length, original = struct.unpack_from("=IIII", data, at)
        assert length == original and at + 16 + length <= len(data)
        frames.append((seconds * 10**9 + nanoseconds, data[at + 16:at + 16 + length]))
        at += 16 + length
    return frames


class WatchedPath:
    """An experiment with a relay, and tcpdump before and behind it from its first packet on: what came
    out of a side's link (`to_server` and `to_client` by name) and what went into the other's."""

    LINKS = {"to_server": ("to-client", "hs-server"), "to_client": ("to-server", "hs-client")}

    def __init__(self, command, env, folder):
        if os.geteuid() != 0 or not shutil.which("tcpdump", path="/usr/bin:/usr/sbin:/sbin"):
            pytest.skip("captures in the lab's namespaces need root and tcpdump")
        self.folder = pathlib.Path(folder)
        while not self._start([str(word) for word in command], env):
            pass

    def _start(self, command, env):
        self.captures = []
        self.process = subprocess.Popen(command, env=env, text=True, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        is_in_time = False
        try:
            is_in_time = self._capture()
        finally:
            if not is_in_time:
                self.end()
        return is_in_time

    def _capture(self):
        experiment, = wait_until(lambda: children_of(self.process.pid), "the experiment")
        relay = wait_until(lambda: children_of(experiment), "the relay")[0]
        # It is held before both of its servers listen, so that nothing has been sent.
        os.kill(experiment, signal.SIGSTOP)
        if len(children_of(experiment)) > 2:
            return False
        client = os.readlink(f"/proc/{experiment}/ns/net")
        wait_until(lambda: os.readlink(f"/proc/{relay}/ns/net") != client, "the relay to be on the path")
        path = os.readlink(f"/proc/{relay}/ns/net")
        files = {os.readlink(file): file for file in pathlib.Path(f"/proc/{experiment}/fd").iterdir()}
        server, = [name for name in files if name.startswith("net:") and name not in (client, path)]
        at = {"to-client": path, "to-server": path, "hs-client": client, "hs-server": server}
        for link in at:
            command = ["nsenter", f"--net={files[at[link]]}", "tcpdump", "-i", link, "-Q", "in", "-n", "-U",
                       "--immediate-mode", "-s", "0", "-B", "8192", "-Z", "root",
                       "--time-stamp-precision", "nano", "-w", self.folder / f"{link}.pcap", "tcp or udp"]
            self.captures.append(Child(command, self.folder / f"{link}.log"))
        for capture in self.captures:
            capture.wait_output("listening on")
        os.kill(experiment, signal.SIGCONT)
        return True

    def finish(self, seconds):
        """(standard output, {way: Way}) once it is over; its status must be 0."""
        try:
            stdout, stderr = self.process.communicate(timeout=seconds)
            assert self.process.returncode == 0, stderr
            for capture in self.captures:
                capture.signal(signal.SIGINT)
                capture.wait()
                assert "\n0 packets dropped by kernel" in capture.output()
        finally:
            self.end()
        return stdout, {way: Way(frames_of(self.folder / f"{before}.pcap"),
                                 frames_of(self.folder / f"{behind}.pcap"))
                        for way, (before, behind) in self.LINKS.items()}

    def end(self):
        for capture in self.captures:
            capture.stop()
        self.process.kill()
        self.process.communicate()


class Way:
    """One direction: what became of each packet that came, by what two captures saw."""

    def __init__(self, came, left):
        self.came, self.left = came, left
        indices = {}
        for index, (_, frame) in enumerate(came):
            indices.setdefault(frame, []).append(index)
        self.times = [[] for _ in came]     # when each left
        # Of packets that are the same to the last bit (RSTs, repeated SYN-ACKs), nobody can say which left.
        self.twins = {i for same in indices.values() if len(same) > 1 for i in same}
        for at, frame in left:
            same = indices[frame]           # nothing leaves that has not come
            index = next((i for i in same if not self.times[i]), same[-1])
            self.times[index].append(at)

    def end_at(self, count):
        """Leaves out what came after so many; none of it left."""
        assert not any(self.times[count:])
        del self.came[count:], self.times[count:]

    def delays(self):
        """{index: nanoseconds} of those that left."""
        return {i: times[0] - self.came[i][0] for i, times in enumerate(self.times) if times}

    def known(self, least):
        """How many of the first are known to be lost if they did not leave: one that came later, and was
        delayed by `least` or more, did."""
        return 1 + max(i for i, delay in self.delays().items() if delay >= least)

    def lost(self, least):
        return [i for i in range(self.known(least)) if not self.times[i]]

    def doubled(self):
        return [i for i, times in enumerate(self.times) if len(times) == 2]

    def overtaking(self, least):
        return [i for i, delay in self.delays().items() if delay < least]

    def alone(self, gap):
        """Those that came `gap` after the one before."""
        return [i for i in range(1, len(self.came)) if self.came[i][0] - self.came[i - 1][0] > gap]

    def times_known(self):
        """[(index, when it left)] of those that left, in the order in which they came."""
        return [(i, times[0]) for i, times in enumerate(self.times) if times]
