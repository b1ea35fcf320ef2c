"""A network namespace of a test's own: addresses that answer, that are silent, that have no route."""
import os
import pathlib
import subprocess

import pytest

from .process import Child

# A veth pair in one namespace, with neighbours whose hardware address nobody has: what is sent to
# them is dropped, as by a firewall.
_SETUP = """
set -e
ip link set lo up
ip link add v0 type veth peer name v1
ip addr add 10.9.0.1/24 dev v0
ip link set v0 up
ip link set v1 up
ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev v0
ip -6 addr add fd00:9::1/64 dev v0 nodad
ip -6 neigh add fd00:9::2 lladdr 02:00:00:00:00:02 dev v0
ip route add unreachable 10.10.0.0/24
ip route add prohibit 10.11.0.0/24
ip route add blackhole 10.12.0.0/24
ip -6 route add unreachable fd00:10::/64
mount --bind "$1" /etc/resolv.conf
echo up
exec sleep 600
"""
SILENT4, SILENT6 = "10.9.0.2", "fd00:9::2"
UNREACHABLE4, UNREACHABLE6 = "10.10.0.1", "fd00:10::1"


class Namespace:
    def __init__(self, directory):
        directory = pathlib.Path(directory)
        resolv = directory / "resolv.conf"
        resolv.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:2\n")
        root = os.geteuid() == 0
        unshare = ["unshare", "--net", "--mount"] + ([] if root else ["--user", "--map-root-user"])
        if subprocess.run([*unshare, "true"], capture_output=True).returncode != 0:
            pytest.skip("this machine does not permit network namespaces")
        self.child = Child([*unshare, "sh", "-c", _SETUP, "sh", resolv], directory / "namespace.log")
        try:
            self.child.wait_output(r"^up$")
        except AssertionError:
            output = self.child.output()
            self.child.stop()
            pytest.skip(f"no test network here: {output.strip().splitlines()[-1:]}")
        self.prefix = ["nsenter", "--target", str(self.child.pid), "--net", "--mount"] + \
            ([] if root else ["--user", "--preserve-credentials"])

    def stop(self):
        self.child.stop()
