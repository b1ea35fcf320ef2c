"""What tests of the lab have in common: its users, and what must not be left behind."""
import os
import pathlib
import subprocess

import pytest

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


def own_processes(mark):
    """{pid: its network namespace} of those with `mark` among their arguments, zombies left out."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if mark.encode() in words and b"handshake" in os.path.basename(words[0]):
                found[int(entry.name)] = os.readlink(entry / "ns" / "net")
        except OSError:
            pass
    return found


def users_of(networks):
    """Processes that stand in one of these namespaces."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.readlink(entry / "ns" / "net") in networks:
                found.append(int(entry.name))
        except OSError:
            pass
    return found


def forbidding(what):
    """A user namespace of the test's own, whose root may make no more of these."""
    forbid = ["unshare", "--user", "--map-root-user", "sh", "-c",
              f'echo 0 >/proc/sys/user/max_{what}_namespaces && exec "$@"', "sh"]
    if subprocess.run([*forbid, "true"], capture_output=True).returncode != 0:
        pytest.skip("this system permits no user namespaces")
    return forbid
