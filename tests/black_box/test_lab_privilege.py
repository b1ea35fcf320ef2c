"""What right the lab needs: a user namespace, or else root; and what it says where it has neither."""
import json
import tempfile

import pytest

from kit.lab import chrooted, forbidding, prefix_of

EXPERIMENTS = {
    "compare": ["--rtt", "2ms", "-c", "1"],
    "synflood": ["--rate", "1000", "--seconds", "0.2", "--backlog", "64", "--cookies", "2"],
}


@pytest.fixture(params=EXPERIMENTS)
def name(request):
    return request.param


def run(hs, name, prefix, *options):
    return hs.run("lab", name, *EXPERIMENTS[name], *options, prefix=prefix, timeout=60)


def works(hs, name, prefix, way):
    """And says by which right, in words and in its record."""
    result = run(hs, name, prefix, "--json")
    assert result.status == 0, repr(result)
    last = json.loads(result.stdout.splitlines()[-1])
    assert last["experiment"] == name and last["namespaces"] == way
    result = run(hs, name, prefix)
    assert result.status == 0, repr(result)
    words = {"user": "in private namespaces (user namespace)", "root": "in private namespaces (root)"}
    assert words[way] in result.stdout
    assert words["root" if way == "user" else "user"] not in result.stdout


def is_refused(hs, name, prefix, words):
    result = run(hs, name, prefix)
    assert result.status == 2 and result.stdout == "", repr(result)
    line, = result.stderr.splitlines()
    assert line.startswith(f"handshake lab {name}: this system permits no private ") and words in line
    # Nor is there half of a record.
    result = run(hs, name, prefix, "--json")
    assert result.status == 2 and result.stdout == "", repr(result)


@pytest.mark.parametrize("user", ["root", "nobody"])
def test_a_user_namespace_is_enough_for_anybody(hs, name, user):
    works(hs, name, prefix_of(user, hs), "user")


def test_root_needs_no_user_namespace(hs, name):
    works(hs, name, forbidding("user"), "root")


@pytest.fixture
def mount_point():
    """Not of pytest's own, which are root's."""
    with tempfile.TemporaryDirectory() as folder:
        yield folder


def test_root_behind_chroot(hs, name, mount_point):
    works(hs, name, chrooted(mount_point), "root")


LIMITED = "their number is limited by the sysctls user.max_…_namespaces"
NEITHER = "run it as root, or where unprivileged user namespaces are allowed"


def test_nobody_without_user_namespaces(hs, name):
    is_refused(hs, name, forbidding("user", "nobody"), f"network namespaces ({LIMITED}): {NEITHER}")


def test_nobody_behind_chroot(hs, name, mount_point):
    is_refused(hs, name, chrooted(mount_point, "nobody"),
               f"network namespaces (Operation not permitted): {NEITHER}")


@pytest.mark.parametrize("user", ["root", "nobody"])
def test_no_network_namespaces(hs, name, user):
    is_refused(hs, name, forbidding("net", user), f"network namespaces ({LIMITED}): {NEITHER}")


def test_no_mount_namespaces(hs):
    """In which the far end's keys are."""
    is_refused(hs, "compare", forbidding("mnt"), f"mount namespace ({LIMITED})")
