"""The states that `read` infers from a capture are those that the kernel's sockets went through.

The kernel tells each change by its tracepoint sock:inet_sock_set_state; a capture of the same
connections goes to `read`. What can be compared, and is:

- The kernel's SYN_RECV is SYN-RECEIVED, and its CLOSE is CLOSED. A passive socket comes into being in
  SYN_RECV; what it was before, a request, has no socket and no event.
- TIME-WAIT, and FIN-WAIT-2 once the process has let go of its socket, are held by a small timewait
  socket without events: the socket itself goes to CLOSE. So there the kernel's last CLOSE stands for
  `read`'s TIME-WAIT, or its FIN-WAIT-2 and TIME-WAIT.
- A socket that gives up crosses no wire with it: after SYNs into silence the kernel's last CLOSE has no
  counterpart, and `read` stays at SYN-SENT.
- Each end is compared for itself: the kernel's order between the two is that of two processors.
"""
import json
import os
import re
import subprocess
import sys
import time

import pytest

from kit import tcp_stories
from kit.probe import validate
from kit.process import Child, wait_until

PORTS = {name: 7001 + 10 * i for i, name in enumerate(tcp_stories.STORIES)}
SETUP = """
set -e
ip link set lo mtu 1500 up
mount -t tracefs none /sys/kernel/tracing
mkdir "/sys/kernel/tracing/instances/$1"
echo 1 > "/sys/kernel/tracing/instances/$1/events/sock/inet_sock_set_state/enable"
echo up
exec sleep 600
"""
CHANGE = re.compile(r"protocol=IPPROTO_TCP sport=(\d+) dport=(\d+) .*newstate=(\w+)")
NAMES = {"TCP_SYN_SENT": "SYN-SENT", "TCP_SYN_RECV": "SYN-RECEIVED", "TCP_ESTABLISHED": "ESTABLISHED",
         "TCP_FIN_WAIT1": "FIN-WAIT-1", "TCP_FIN_WAIT2": "FIN-WAIT-2", "TCP_CLOSE_WAIT": "CLOSE-WAIT",
         "TCP_CLOSING": "CLOSING", "TCP_LAST_ACK": "LAST-ACK", "TCP_TIME_WAIT": "TIME-WAIT",
         "TCP_CLOSE": "CLOSED", "TCP_LISTEN": "LISTEN"}


class World:
    """A namespace with a tracer, a capture, and all the stories played in it."""

    def __init__(self):
        self.instance = f"handshake-test-{os.getpid()}"
        self.children = []
        self.prefix = []

    def set_up(self, hs, folder):
        unshare = ["unshare", "--net", "--mount"]
        if os.geteuid() != 0 or subprocess.run([*unshare, "true"], capture_output=True).returncode != 0:
            pytest.skip("the kernel's tracepoints, in a namespace, need root")
        space = self.start(folder / "namespace.log", *unshare, "sh", "-c", SETUP, "sh", self.instance)
        self.prefix = ["nsenter", "--target", str(space.pid), "--net", "--mount"]
        try:
            space.wait_output("^up$")
        except AssertionError:
            pytest.skip(f"no tracepoint sock:inet_sock_set_state here: {space.output().strip()}")
        tcpdump = self.start(folder / "tcpdump.log", "tcpdump", "-i", "lo", "-n", "-U", "--immediate-mode",
                             "-w", folder / "all.pcap", "tcp")
        tcpdump.wait_output("listening on")
        self.play()
        self.changes = self.read_trace()
        wait_until(lambda: os.path.getsize(folder / "all.pcap") > 24, "a capture")
        time.sleep(0.3)   # the last packets
        tcpdump.stop()
        result = hs.run("read", "--json", folder / "all.pcap")
        assert result.status == 0, repr(result)
        self.records = [validate(json.loads(line)) for line in result.stdout.splitlines()]

    def start(self, log, *command):
        self.children.append(Child([*self.prefix, *command], log))
        return self.children[-1]

    def play(self):
        lines = "".join(f"{name} {port}\n" for name, port in PORTS.items())
        done = subprocess.run([*self.prefix, sys.executable, tcp_stories.__file__], input=lines,
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr

    def trace(self, what):
        return [*self.prefix, "sh", "-c", what, "sh", f"/sys/kernel/tracing/instances/{self.instance}"]

    def read_trace(self):
        text = subprocess.run(self.trace('cat "$1/trace"'), capture_output=True, text=True, check=True).stdout
        found = [(int(sport), int(dport), NAMES[state]) for sport, dport, state in CHANGE.findall(text)]
        assert found, text
        return found

    def stop(self):
        if self.prefix:
            subprocess.run(self.trace('echo 0 > "$1/events/sock/inet_sock_set_state/enable"; rmdir "$1"'),
                           capture_output=True)
        for child in reversed(self.children):
            child.stop()


@pytest.fixture(scope="module")
def world(hs, tmp_path_factory):
    made = World()
    try:
        made.set_up(hs, tmp_path_factory.mktemp("kernel"))
        yield made
    finally:
        made.stop()


def kernel_states(world, here, there):
    """Of the socket that has these ports: those it went to."""
    return [state for sport, dport, state in world.changes if (sport, dport) == (here, there)]


def inferred_states(record, side):
    return [step["to"] for step in record["tcp"]["states"] if step["side"] == side]


def with_time_wait(kernel, inferred):
    """What the kernel's last CLOSE stands for, where a timewait socket took over."""
    rest = inferred[len(kernel) - 1:]
    took_over = kernel[-1] == "CLOSED" and rest in (["TIME-WAIT"], ["FIN-WAIT-2", "TIME-WAIT"])
    return kernel[:-1] + rest if took_over else kernel


@pytest.mark.parametrize("story", tcp_stories.STORIES)
def test_states(world, story):
    port = PORTS[story]
    record, = [r for r in world.records if port in (r["target"]["port"], r["client"]["port"])]
    ends = {"client": record["client"]["port"], "server": record["target"]["port"]}
    seen = {}
    for side, other in (("client", "server"), ("server", "client")):
        kernel = kernel_states(world, ends[side], ends[other])
        if side == "server" and story in ("refused", "silence"):
            assert kernel == [], "nobody listened"
            continue
        if story == "silence":
            assert kernel == ["SYN-SENT", "CLOSED"]
            kernel.pop()
        seen[side] = inferred_states(record, side)
        assert seen[side] == with_time_wait(kernel, seen[side]), (side, kernel)
    reached = {"both_close": ("CLOSING", "CLOSING"), "both_open": ("SYN-RECEIVED", "SYN-RECEIVED"),
               "client_half_closes": ("FIN-WAIT-2", "LAST-ACK"), "server_closes": ("LAST-ACK", "FIN-WAIT-1"),
               "client_closes": ("TIME-WAIT", "CLOSE-WAIT"),
               "client_closes_over_ipv6": ("TIME-WAIT", "CLOSE-WAIT"), "refused": ("CLOSED", None),
               "silence": ("SYN-SENT", None)}
    if story == "silence":
        assert inferred_states(record, "server") == [] and record["failure"]["class"] == "tcp.timed_out"
        assert record["tcp"]["syn_retransmits"] == 1
    for side, state in zip(("client", "server"), reached.get(story, ("CLOSED", "CLOSED"))):
        assert state is None or state in seen[side], (story, seen)
