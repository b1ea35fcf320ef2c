"""Names that do not resolve and addresses that do not answer, in a network namespace of our own."""
import pathlib
import subprocess
import sys

import pytest

from kit import namespace as ns
from kit.process import Child, wait_until
from test_failures import judge

HERE = pathlib.Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    space = ns.Namespace(tmp_path_factory.mktemp("namespace"))
    yield space
    space.stop()


@pytest.fixture(scope="module")
def dns(net, tmp_path_factory):
    child = Child([*net.prefix, sys.executable, HERE / "kit" / "fake_dns.py"],
                  tmp_path_factory.mktemp("dns") / "log")
    child.wait_output("^ready$")
    yield child
    child.stop()


@pytest.fixture(scope="module")
def web(net, certificates, tmp_path_factory):
    """A TLS server on every address of the namespace."""
    log = tmp_path_factory.mktemp("web") / "log"
    child = Child([*net.prefix, "openssl", "s_server", "-accept", "*:4433", "-www", "-cert",
                   certificates.server[0], "-key", certificates.server[1]], log)
    child.wait_output("ACCEPT")
    yield 4433
    child.stop()


def probe(hs, net, *options):
    records, result = hs.probe_records(*options, prefix=net.prefix)
    assert len(records) == 1, repr(result)
    return records[0], result


@pytest.mark.parametrize("address", [ns.SILENT4, f"[{ns.SILENT6}]"])
@pytest.mark.parametrize("scheme", ["tcp", "https", "ws"])
def test_blackhole(hs, net, address, scheme):
    record, result = probe(hs, net, f"{scheme}://{address}:443", "--connect-timeout", "0.8")
    judge(record, result, "tcp.timed_out", "tcp", scheme, deadline=0.8)
    assert record["target"]["attempts"][0]["address"] == address.strip("[]")
    assert "ready_ms" not in record


def test_blackhole_by_the_overall_deadline(hs, net):
    record, result = probe(hs, net, f"https://{ns.SILENT4}", "-m", "0.8")
    judge(record, result, ("abandoned", "tcp.timed_out"), "tcp", "https", deadline=0.8)


@pytest.mark.parametrize("address", [ns.UNREACHABLE4, f"[{ns.UNREACHABLE6}]", "10.11.0.1",
                                     "10.12.0.1", "192.0.2.1"])
def test_unreachable(hs, net, address):
    record, result = probe(hs, net, f"https://{address}/")
    classes = "tcp.address_unreachable"
    if address in ("10.11.0.1", "10.12.0.1"):   # EACCES and EINVAL, as the kernel has it
        classes = ("tcp.address_unreachable", "tcp.failed")
    judge(record, result, classes, "tcp", "https")
    assert record["failure"]["errno"]


@pytest.mark.parametrize("name, classes", [
    ("nx", "dns.name_not_resolved"), ("empty", "dns.name_not_resolved"), ("fail", "dns.failed"),
    ("refused", "dns.failed")])
def test_name_server_says_no(hs, net, dns, name, classes):
    record, result = probe(hs, net, f"https://{name}.test/", "--connect-timeout", "5")
    judge(record, result, classes, "dns", "https")


def test_silent_name_server(hs, net, dns):
    record, result = probe(hs, net, "https://silent.test/", "--connect-timeout", "0.8")
    judge(record, result, "dns.timed_out", "dns", "https", deadline=0.8)


@pytest.mark.parametrize("option, name", [("-4", "v6"), ("-6", "v4")])
def test_no_address_of_the_wanted_family(hs, net, dns, option, name):
    record, result = probe(hs, net, option, f"https://{name}.test/", "--connect-timeout", "5")
    judge(record, result, "dns.name_not_resolved", "dns", "https")


@pytest.mark.parametrize("name, options, address", [
    ("v4", [], "127.0.0.1"), ("v6", [], "::1"), ("both", [], "::1"), ("both", ["-4"], "127.0.0.1"),
    ("both", ["-6"], "::1")])
def test_resolved_over_the_wire(hs, net, dns, web, certificates, name, options, address):
    record, result = probe(hs, net, *options, f"tls://{name}.test:{web}", "--cacert",
                           certificates.ca, "--servername", "localhost")
    assert record["ok"], repr(result)
    assert record["target"]["address"] == address
    assert record["phases"]["dns"]["ms"] > 0


def test_happy_eyeballs(hs, net, dns, web, certificates):
    """An IPv6 address that drops costs the attempt delay of RFC 8305, not the connect timeout."""
    record, result = probe(hs, net, f"tls://dead6.test:{web}", "--cacert", certificates.ca,
                           "--servername", "localhost")
    assert record["ok"], repr(result)
    assert record["target"]["address"] == "127.0.0.1"
    assert [a["address"] for a in record["target"]["attempts"]] == [ns.SILENT6, "127.0.0.1"]
    assert 200 < record["ready_ms"] < 2000


def test_slow_aaaa_does_not_hold_up_ipv4(hs, net, dns, web, certificates):
    """RFC 8305 section 3: a short resolution delay, then the family that has answered."""
    record, result = probe(hs, net, f"tls://slow6.test:{web}", "--cacert", certificates.ca,
                           "--servername", "localhost", "--connect-timeout", "5")
    assert record["ok"], repr(result)
    assert record["ready_ms"] < 900


def test_fast_open(hs, net, certificates, tmp_path):
    """The first connection asks for a cookie; a later one sends data on its SYN, and it is taken."""
    # Client and server, and listeners that did not ask for it: those that begin to listen from now on.
    done = subprocess.run([*net.prefix, "sh", "-c", "echo 1027 > /proc/sys/net/ipv4/tcp_fastopen"],
                          capture_output=True)
    if done.returncode != 0:
        pytest.skip("net.ipv4.tcp_fastopen cannot be set here")
    server = Child([*net.prefix, "openssl", "s_server", "-accept", "4434", "-www", "-cert",
                    certificates.server[0], "-key", certificates.server[1]], tmp_path / "log")
    try:
        server.wait_output("ACCEPT")
        told = []
        for _ in range(2):
            record, result = probe(hs, net, "--tcp-fastopen", "tls://localhost:4434", "-4", "--cacert",
                                   certificates.ca)
            assert record["ok"], repr(result)
            told.append((record["tcp"]["fast_open"], record["tcp"].get("syn_data_acknowledged")))
    finally:
        server.stop()
    assert told == [("cookie_requested", False), ("syn_data_acknowledged", True)]
