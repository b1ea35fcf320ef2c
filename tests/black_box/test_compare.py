"""`handshake compare` against the lab server and servers that others wrote."""
import json
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from kit import hostile as h
from kit import namespace as ns
from kit.compare import RESUMING, SCHEMA, VALIDATOR, WAYS, Comparison, compare
from kit.probe import Result, check_clean, validate
from kit.process import wait_until
from kit.quic import NgtcpServer, free_udp_port
from kit.serve import Serve
from test_cli import usage_error

FAST_OPEN = [way for way in WAYS if "fast_open" in way]
TLS13 = [way for way in WAYS if way.startswith("tls1.3")]


@pytest.fixture(scope="module")
def lab(hs, tmp_path_factory):
    """`handshake serve` with HTTP/3 at the port of its https."""
    directory = tmp_path_factory.mktemp("serve")
    port = free_udp_port()
    server = Serve(hs, directory, schemes=("http", "https", "ws", "wss", "https3"),
                   ports={"https": port, "https3": port},
                   env={"XDG_STATE_HOME": directory / "state"})
    yield server
    server.stop()


def everything(lab):
    """The arguments that tell where all of it is."""
    also = [f for scheme in ("http", "ws", "wss") for f in ("--also", lab.url(scheme))]
    return ["-4", "--cacert", lab.ca, *also, lab.url("https")]


# ---- the lab server: every way

@pytest.fixture(scope="module")
def all_ways(hs, lab):
    before = len(connections(lab))
    comparison = compare(hs, "-c", 5, *everything(lab), timeout=60)
    comparison.connections = settled(lab)[before:]
    return comparison


def connections(server):
    """What the server saw, in order: (service, "full", "resumed" or None for no handshake)."""
    found = {}
    for line in server.output().splitlines():
        match = re.match(r"#(\d+) (\w+) (established|v\d Initial) ", line)
        if match:
            found.setdefault(int(match.group(1)), [match.group(2), None])
        match = re.match(r"#(\d+) .* (full|resumed) handshake in ", line)
        if match:
            found[int(match.group(1))][1] = match.group(2)
    return [tuple(found[number]) for number in sorted(found)]


def settled(server):
    """The same, as soon as the server has told the end of all."""
    def over():
        opened = re.findall(r"^#(\d+) \w+ (?:established|v\d Initial) ", server.output(), re.M)
        closed = re.findall(r"^#(\d+) closed ", server.output(), re.M)
        return set(opened) == set(closed)
    wait_until(over, "the server's connections to be over")
    return connections(server)


def test_every_way_is_measured(all_ways):
    absent = {way for way, row in all_ways.ways.items() if row["state"] != "measured"}
    assert absent <= {*FAST_OPEN, "wss_http2", "quic_retry"}, absent
    assert "quic_retry" in absent
    assert all_ways.ways["quic_retry"]["why"] == "the server did not answer with Retry"
    for way in all_ways.measured():
        row = all_ways.ways[way]
        assert row["runs"] == row["ready_ms"]["count"] == 5 and row["failed"] == row["other"] == 0, row
        assert "failure" not in row and "why" not in row


def test_what_was_agreed_on(all_ways):
    expected = {"tcp": (None, None, False), "tls1.2": ("TLSv1.2", "http/1.1", False),
                "tls1.2_resumed": ("TLSv1.2", "http/1.1", False),
                "tls1.3": ("TLSv1.3", "http/1.1", False),
                "tls1.3_hello_retry": ("TLSv1.3", "http/1.1", False),
                "tls1.3_early_data": ("TLSv1.3", "http/1.1", False), "http2": ("TLSv1.3", "h2", True),
                "quic": ("TLSv1.3", "h3", True), "quic_early_data": ("TLSv1.3", "h3", True),
                "ws": (None, None, False), "wss_tls1.2": ("TLSv1.2", "http/1.1", False),
                "wss_tls1.3": ("TLSv1.3", "http/1.1", False)}
    for way, (version, alpn, multiplexed) in expected.items():
        row = all_ways.ways[way]
        assert (row.get("tls_version"), row.get("alpn"), row["multiplexed"]) == \
            (version, alpn, multiplexed), row
        assert row["encrypted"] == (version is not None) and row["resumable"] == row["encrypted"]
        assert "first_response_ms" in row
    assert [way for way in all_ways.measured() if "settings_ms" in all_ways.ways[way]
            and way != "wss_http2"] == ["http2", "quic", "quic_resumed", "quic_early_data"]


def test_what_was_waited_for(all_ways):
    """Counted, so that the computing of a busy machine does not matter."""
    expected = {"tcp": 1, "tls1.2": 3, "tls1.2_resumed": 2, "tls1.3": 2, "tls1.3_resumed": 2,
                "tls1.3_early_data": 1, "tls1.3_hello_retry": 3, "http2": 2, "quic": 1,
                "quic_resumed": 1, "quic_early_data": 0, "ws": 2, "wss_tls1.2": 4, "wss_tls1.3": 3}
    for way, trips in expected.items():
        least = min(r["accounting"]["round_trips_to_ready"] for r in all_ways.of(way))
        # The tickets that follow a handshake may come between it and a slow client's next request.
        assert trips <= least <= trips + (way == "wss_tls1.3"), way
    sentence = all_ways.ways["tls1.3_hello_retry"]["sentence"]
    assert re.fullmatch(r"[\d.]+ round trips: TCP 1, HelloRetryRequest 1, TLS 1; \d+ % network", sentence)
    assert re.fullmatch(r"0\.00 round trips; \d+ % network", all_ways.ways["quic_early_data"]["sentence"])
    assert all_ways.ways["quic_early_data"]["ready_ms"]["max"] == 0


def test_the_servers_own_count(all_ways):
    """Each connection that the server saw is a record, in the same order, or fetched a ticket."""
    services = {"http": "http", "https": "https", "ws": "ws", "wss": "wss", "tcp": "https"}
    fetched, left = [], list(all_ways.records)
    for service, kind in all_ways.connections:
        record = left[0] if left else None
        expected = None
        if record:
            is_quic = "quic" in record
            expected = ("https3" if is_quic else services[record["target"]["scheme"]],
                        None if "tls" not in record else
                        "resumed" if record["tls"]["resumed"] else "full")
        if (service, kind) == expected:
            left.pop(0)
        else:
            assert record and kind == "full" and record["compare"]["way"] in RESUMING, \
                (service, kind, record and record["compare"])
            fetched.append(record["compare"]["way"])
    assert left == []
    # Each of these ways needed one before its first run. Later ones are given during the runs, but not
    # by TLS 1.2, whose server does not renew its ticket each time.
    assert fetched == list(RESUMING) + ["tls1.2_resumed"] * 5


def test_the_first_look_does_not_count(all_ways):
    looks = [r["compare"]["way"] for r in all_ways.records if r["compare"]["round"] == 0]
    assert set(looks) == set(WAYS) - {"quic_retry"}
    for way in all_ways.measured():
        assert looks.count(way) == 1
    assert all_ways.last["path_rtt_ms"]["count"] == \
        5 * len([way for way in all_ways.measured() if not way.startswith("quic")])


def test_savings(all_ways):
    savings = all_ways.savings
    for name in ("tls1.3", "tls1.2_resumption", "early_data", "quic", "quic_early_data", "wss_tls1.3"):
        assert savings[name]["measured"], name
    for name in ("fast_open", "fast_open_early_data"):
        if name in savings:     # where this machine's kernel gives no cookie
            assert not savings[name]["measured"], name
            assert savings[name]["round_trips"] == (2 if "early" in name else 1)
    # Waiting for nothing is faster than for something, on whatever machine.
    assert savings["quic_early_data"]["ms"] > 0 and savings["early_data"]["ms"] > 0


def test_text(hs, lab):
    result = hs.run("compare", "-c", 2, *everything(lab), timeout=60)
    assert result.status == 0 and result.stderr == "", repr(result)
    lines = result.stdout.splitlines()
    assert re.match(r"https://localhost:\d+/  127\.0\.0\.1  2 rounds  path round trip \d+\.\d{3} ms \(\w+\)$",
                    lines[0]), lines[0]
    assert all(len(line) <= 100 and line == line.rstrip() for line in lines)
    for heading in ("until ready", "first response", "where the time goes", "what makes it faster"):
        assert heading in result.stdout
    table = lines[:lines.index("")+ 2 + lines[lines.index("") + 1:].index("")]
    rows = {line[2:29].strip(): line[29:] for line in table if line[29:35].strip()}
    assert re.fullmatch(r"( +[\d.]+){9} ---", rows["TCP"])
    assert re.fullmatch(r"( +[\d.]+){9} ERM", rows["QUIC, 0-RTT"])
    assert "QUIC, Retry                 not offered: the server did not answer with Retry" in result.stdout
    assert "predicted  TCP Fast Open under TLS 1.3" in result.stdout or "Fast Open + TLS 1.3      " in result.stdout


def test_schema_is_strict(all_ways):
    last = all_ways.last
    for spoil in ({"surprise": 1}, {"schema": "handshake-compare/2"}, {"rounds": "5"},
                  {"ways": last["ways"][1:]}, {"path_rtt_ms": {"count": 0}},
                  {"ways": [{**last["ways"][0], "surprise": 1}, *last["ways"][1:]]},
                  {"ways": [{**last["ways"][0], "state": "not_offered"}, *last["ways"][1:]]},
                  {"savings": [{**last["savings"][0], "from": "teleport"}]}):
        assert not VALIDATOR.is_valid({**last, **spoil}), spoil

    def everywhere(schema):
        if isinstance(schema, dict):
            if schema.get("type") == "object":
                assert schema["additionalProperties"] is False, schema
                for name, inner in schema["properties"].items():
                    assert inner.get("description") or "const" in inner, name
            for inner in schema.values():
                everywhere(inner)
    everywhere(SCHEMA)


# ---- servers that others wrote

def test_nginx_with_tls_12_alone(hs, nginx):
    c = compare(hs, "-c", 3, "-4", "--cacert", nginx.ca, f"https://localhost:{nginx.tls12}/")
    assert set(c.measured()) == {"tcp", "tls1.2", "tls1.2_resumed", "http2"}
    for way in TLS13:
        row = c.ways[way]
        assert row["state"] == "not_offered" and row["failure"] == "tls.version_mismatch", row
        assert "TLS 1.3" in row["why"] or "version" in row["why"], row["why"]
    assert c.ways["http2"]["tls_version"] == "TLSv1.2"
    saving = c.savings["tls1.3"]
    assert saving["measured"] is False and saving["round_trips"] == 1
    assert saving["advice"] == "enable TLS 1.3 on the server"
    assert c.savings["tls1.2_resumption"]["measured"] is True
    assert "early_data" not in c.savings and "quic" not in c.savings, "what TLS 1.3 itself would need"
    text = hs.run("compare", "-c", 2, "-4", "--cacert", nginx.ca, f"https://localhost:{nginx.tls12}/").stdout
    assert re.search(r"predicted  TLS 1\.3 in place of TLS 1\.2 +saves 1\.00 round trips", text)


def test_nginx_with_tls_13_and_early_data(hs, nginx):
    c = compare(hs, "-c", 3, "-4", "--cacert", nginx.ca, "--also", f"http://localhost:{nginx.http}/",
                f"https://localhost:{nginx.h2}/")
    assert {"tcp", "tls1.2", "tls1.2_resumed", "tls1.3", "tls1.3_resumed", "tls1.3_early_data",
            "tls1.3_hello_retry", "http2"} <= set(c.measured())
    assert c.ways["tcp"]["url"].startswith("http://")
    assert c.ways["quic"]["failure"] == "quic.refused"
    for way in ("quic", "quic_retry", "quic_resumed", "quic_early_data"):
        assert c.ways[way]["state"] == "not_offered" and c.ways[way]["why"] == c.ways["quic"]["why"]
    assert [r["compare"]["way"] for r in c.records].count("quic") == 1, "it was asked again"
    assert c.savings["quic"]["measured"] is False and c.savings["quic"]["round_trips"] == 1
    assert c.savings["early_data"]["measured"] is True
    for way in ("wss_tls1.2", "wss_tls1.3"):
        assert c.ways[way]["failure"] == "websocket.status" and "200" in c.ways[way]["why"]


def test_websocket_of_node(hs, node_server):
    c = compare(hs, "-c", 2, "-4", "--cacert", node_server.ca, "--also", f"ws://localhost:{node_server.plain}/",
                f"wss://localhost:{node_server.tls}/")
    assert {"ws", "wss_tls1.2", "wss_tls1.3", "tls1.2", "tls1.3", "tcp"} <= set(c.measured())
    assert c.ways["ws"]["url"] == f"ws://localhost:{node_server.plain}/"
    assert c.ways["wss_http2"]["state"] == "not_offered"


def test_s_server(hs, s_server, certificates):
    server = s_server(certificates.server)
    c = compare(hs, "-c", 3, "-4", "--cacert", certificates.ca, f"https://localhost:{server.port}/",
                timeout=60)
    assert {"tcp", "tls1.2", "tls1.2_resumed", "tls1.3", "tls1.3_resumed",
            "tls1.3_hello_retry"} <= set(c.measured())
    assert c.ways["http2"]["state"] == "not_offered" and "h2" in c.ways["http2"]["why"]


def test_s_server_without_tickets(hs, s_server, certificates):
    server = s_server(certificates.server, "-no_ticket", "-no_cache", "-tls1_2")
    c = compare(hs, "-c", 2, "-4", "--cacert", certificates.ca, f"https://localhost:{server.port}/",
                timeout=60)
    row = c.ways["tls1.2_resumed"]
    assert row["state"] == "not_offered" and row["why"] == "the server did not resume the session", row
    assert c.ways["tls1.2"]["resumable"] is False
    saving = c.savings["tls1.2_resumption"]
    assert saving["measured"] is False and "session tickets" in saving["advice"]


def test_a_better_first_key_share(hs, s_server, certificates):
    """A server that takes none of the first ClientHello's key shares costs every client a round trip."""
    server = s_server(certificates.server, "-groups", "P-384")
    c = compare(hs, "-c", 2, "-4", "--cacert", certificates.ca, f"https://localhost:{server.port}/",
                timeout=60)
    assert c.ways["tls1.3"]["accounting"]["round_trips_to_ready"] == 3
    saving = c.savings["hello_retry_request"]
    assert saving["measured"] is False and saving["round_trips"] == 1
    assert saving["from"] == saving["to"] == "tls1.3" and saving["ms"] > 0, saving


def test_gnutls_serv(hs, gnutls_serv, certificates):
    server = gnutls_serv(certificates.server, "--http")
    c = compare(hs, "-c", 3, "-4", "--cacert", certificates.ca, f"https://localhost:{server.port}/",
                timeout=60)
    assert {"tcp", "tls1.2", "tls1.2_resumed", "tls1.3", "tls1.3_resumed",
            "tls1.3_hello_retry"} <= set(c.measured())


def test_tls_alone(hs, nginx):
    c = compare(hs, "-c", 2, "-4", "--cacert", nginx.ca, f"tls://localhost:{nginx.h2}")
    assert {"tcp", "tls1.2", "tls1.2_resumed", "tls1.3", "tls1.3_resumed",
            "tls1.3_hello_retry"} == set(c.measured()) - set(FAST_OPEN)
    for way in ("tls1.3_early_data", "http2", "quic", "quic_retry", "wss_tls1.3", "ws"):
        assert c.ways[way]["state"] == "not_tried" and "--also" in c.ways[way]["why"], c.ways[way]


@pytest.fixture
def quic_server(tmp_path, certificates):
    servers = []

    def start(*options):
        servers.append(NgtcpServer(tmp_path / f"gtlsserver-{len(servers)}", certificates.server, *options))
        return servers[-1]
    yield start
    for server in servers:
        server.stop()


def test_quic_alone(hs, certificates, quic_server):
    """The path is then seen by QUIC itself."""
    server = quic_server()
    c = compare(hs, "-c", 3, "-4", "--cacert", certificates.ca, f"https://localhost:{server.port}/")
    assert set(c.measured()) == {"quic", "quic_resumed", "quic_early_data"}
    assert c.last["path_rtt_source"] == "quic_ack" and c.last["path_rtt_ms"]["count"] == 9
    assert c.ways["quic_retry"]["why"] == "the server did not answer with Retry"
    refused = c.ways["tcp"]
    assert refused["failure"] == "tcp.refused"
    for way in ("tls1.2", "tls1.3", "http2", "wss_tls1.3"):
        assert c.ways[way]["why"] == refused["why"] and c.ways[way]["failure"] == "tcp.refused"
    assert [r["compare"]["way"] for r in c.records if not r["ok"]] == ["tcp"], "asked once"


@pytest.mark.parametrize("scheme", ["https", "quic"])
def test_retry_is_met(hs, certificates, quic_server, scheme):
    server = quic_server("--validate-addr")
    path = "/" if scheme == "https" else ""
    c = compare(hs, "-c", 3, "-4", "--cacert", certificates.ca, f"{scheme}://localhost:{server.port}{path}")
    assert c.ways["quic"]["state"] == "not_offered"
    assert c.ways["quic"]["why"] == "the server answers every client with Retry"
    retry = c.ways["quic_retry"]
    assert retry["state"] == "measured" and retry["runs"] == 3 and retry["url"].startswith(scheme)
    assert retry["accounting"]["round_trips_to_ready"] == 2
    assert re.match(r"[\d.]+ round trips: Retry 1, QUIC 1; ", retry["sentence"])
    saving = c.savings["no_retry"]
    assert saving["measured"] is False and saving["round_trips"] == 1


def test_retry_elsewhere(hs, lab, certificates, quic_server):
    server = quic_server("--validate-addr")
    c = compare(hs, "-c", 2, "-4", "-k", "--retry", f"https://localhost:{server.port}/",
                lab.url("https"), timeout=60)
    assert c.ways["quic"]["state"] == c.ways["quic_retry"]["state"] == "measured"
    assert c.ways["quic"]["accounting"]["round_trips_to_ready"] == 1
    assert c.ways["quic_retry"]["accounting"]["round_trips_to_ready"] == 2
    assert c.savings["no_retry"]["measured"] is True


# ---- Fast Open

@pytest.fixture
def fast_space(hs, tmp_path):
    """A namespace where both sides may use Fast Open, and the lab server in it."""
    space = ns.Namespace(tmp_path)
    try:
        inside(space, "sh", "-c", "echo 3 > /proc/sys/net/ipv4/tcp_fastopen")
        yield space
    finally:
        space.stop()


def inside(space, *command):
    done = subprocess.run([*space.prefix, *command], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def fast_open_counters(space):
    """{name: value} of the namespace's TCPFastOpen counters."""
    names, values = [line.split()[1:] for line in inside(space, "cat", "/proc/net/netstat").splitlines()
                     if line.startswith("TcpExt:")]
    return {n.removeprefix("TCPFastOpen"): int(v) for n, v in zip(names, values) if "TCPFastOpen" in n}


@pytest.fixture
def fast_lab(hs, fast_space, spawn, tmp_path):
    child = spawn([*fast_space.prefix, hs.binary, "serve", "--http", 0, "--https", 0, "--state", tmp_path / "state"],
                  env=hs.env())
    ports = {scheme: int(child.wait_output(rf"^{scheme} 127\S+:(\d+) listening")[0].group(1))
             for scheme in ("http", "https")}
    return ["--cacert", tmp_path / "state" / "ca.pem", "--also", f"http://127.0.0.1:{ports['http']}/",
            f"https://127.0.0.1:{ports['https']}/"]


def test_fast_open(hs, fast_space, fast_lab):
    rounds, before = 4, fast_open_counters(fast_space)
    c = compare(hs, "-c", rounds, *fast_lab, prefix=fast_space.prefix, timeout=60)
    after = fast_open_counters(fast_space)
    counted = {name: after[name] - before[name] for name in after}
    for way in FAST_OPEN:
        row = c.ways[way]
        assert row["state"] == "measured" and row["runs"] == rounds and row["other"] == 0, row
    assert c.ways["tcp_fast_open"]["ready_ms"]["max"] == 0, "the request goes with the SYN"
    assert c.ways["tcp_fast_open"]["round_trips"]["ready"] == 0
    trips = {way: c.ways[way]["accounting"]["round_trips_to_ready"] for way in FAST_OPEN}
    assert trips == {"tcp_fast_open": 0, "tls1.3_fast_open": 1, "tls1.3_fast_open_early_data": 0}
    assert c.ways["tls1.3_fast_open_early_data"]["ready_ms"]["p50"] < c.ways["tls1.3"]["ready_ms"]["p50"]
    # The first one asked for the cookie that the kernel keeps for all others.
    asked = [r["compare"]["way"] for r in c.records if r.get("tcp", {}).get("fast_open") == "cookie_requested"]
    assert asked == ["tcp_fast_open"]
    taken = [r for r in c.records if r.get("tcp", {}).get("syn_data_acknowledged")]
    assert all("fast_open" in r["compare"]["way"] for r in taken)
    fetched = 1     # the ticket of the way with 0-RTT came by Fast Open too
    assert counted["Active"] == counted["Passive"] == len(taken) + fetched == 3 * (rounds + 1) + fetched
    assert counted["ActiveFail"] == counted["PassiveFail"] == 0 and counted["CookieReqd"] == 1
    for name, trips in (("fast_open", 1), ("fast_open_early_data", 2)):
        assert c.savings[name]["measured"] is True, name


def test_fast_open_that_is_off(hs, fast_space, fast_lab):
    """Off at the server, then at the client: the rows say which it is."""
    for value, why in ((1, "the server gave no Fast Open cookie"), (2, "this host")):
        inside(fast_space, "sh", "-c", f"echo {value} > /proc/sys/net/ipv4/tcp_fastopen")
        c = compare(hs, "-c", 1, *fast_lab, prefix=fast_space.prefix, timeout=60)
        for way in FAST_OPEN:
            assert c.ways[way]["state"] == "not_offered" and why in c.ways[way]["why"], c.ways[way]
        assert not any(r.get("tcp", {}).get("syn_data_acknowledged") for r in c.records)
        inside(fast_space, "ip", "tcp_metrics", "flush", "all")


# ---- what does not work

def test_a_server_that_is_down(hs):
    port = free_udp_port()
    c = compare(hs, "-c", 1000, f"https://127.0.0.1:{port}/", status=7)
    assert c.measured() == [] and c.savings == {} and c.result.seconds < 3
    assert len(c.records) == 2, "TCP once, QUIC once"
    text = hs.run("compare", f"https://127.0.0.1:{port}/")
    assert text.status == 7 and text.stdout.count("Connection refused") == 2, repr(text)


def test_a_name_without_an_address(hs):
    c = compare(hs, "--also", "http://no-such-name.invalid/", "https://no-such-name.invalid/", status=6)
    assert c.result.seconds < 5 and len(c.records) == 1, "asked once"
    assert {row["failure"] for row in c.last["ways"] if row["state"] == "not_offered"} == \
        {"dns.name_not_resolved"}


def test_silent_udp_is_waited_for_once(hs, nginx):
    url, timeout = f"https://localhost:{nginx.h2}/", 1.0
    arguments = ["-c", 1, "-4", "--cacert", nginx.ca, "--connect-timeout", timeout, url]
    refused = compare(hs, *arguments)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", nginx.h2))
        c = compare(hs, *arguments)
    for way in ("quic", "quic_retry", "quic_resumed", "quic_early_data"):
        row = c.ways[way]
        assert row["state"] == "not_offered" and row["failure"] == "quic.timed_out", row
        assert row["why"] == c.ways["quic"]["why"]
    assert timeout <= c.result.seconds < refused.result.seconds + 1.6 * timeout
    assert "tls1.3" in c.measured()


def test_a_port_that_accepts_and_is_silent(hs, hostile):
    """It is waited for once for each ClientHello that could make a difference: 1.2, 1.3, and both."""
    server = hostile(h.at_once("silence"))
    c = compare(hs, "--tls-timeout", 0.3, f"https://127.0.0.1:{server.port}/", status=28)
    assert c.measured() == ["tcp"]
    for way in WAYS:
        row = c.ways[way]
        if row["state"] == "not_offered" and "quic" not in way:
            assert row["failure"] == "tls.timed_out", row
    assert [r["compare"]["way"] for r in c.records if r["compare"]["round"] == 0] == \
        ["tcp", "tls1.2", "tls1.3", "http2", "quic"]
    assert 0.9 <= c.result.seconds < 2.5, c.result.seconds


def test_a_silent_web_server(hs, hostile):
    server = hostile(h.at_once("silence"))
    c = compare(hs, "--upgrade-timeout", 0.3, f"http://127.0.0.1:{server.port}/", status=28)
    assert [r["compare"]["way"] for r in c.records] == ["tcp"] and c.result.seconds < 2
    assert c.ways["ws"]["failure"] == c.ways["tcp"]["failure"] == "http.timed_out"


def test_a_certificate_that_is_not_trusted(hs, nginx):
    url = f"https://localhost:{nginx.h2}/"
    c = compare(hs, "-c", 2, "-4", url, status=60)
    assert c.measured() == ["tcp"], "that the port takes TCP is no success of https"
    for way in ("tls1.2", "tls1.3", "tls1.3_early_data", "http2"):
        assert c.ways[way]["failure"] == "tls.cert.authority_invalid"
    text = hs.run("compare", "-c", 2, "-4", url)
    assert text.status == 60 and text.stdout.count("neither trusted") == 1, repr(text)
    c = compare(hs, "-c", 2, "-4", "-k", url)
    assert {"tls1.2", "tls1.3", "tls1.3_early_data", "http2"} <= set(c.measured())
    assert all(r["tls"]["verify"] != "ok" for r in c.records if "verify" in r.get("tls", {}))


def test_a_server_that_changes_its_mind(hs, hostile):
    """Runs that fail later are counted, and told; the others make the figures."""
    seen = []

    def behave(peer):
        seen.append(peer)
        if len(seen) % 3 == 0:
            peer.reset()
            return
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        peer.silence()
    server = hostile(behave)
    url = f"http://127.0.0.1:{server.port}/"
    row = compare(hs, "-c", 9, url).ways["tcp"]
    assert row["runs"] == 9 and row["failed"] == 3 and row["ready_ms"]["count"] == 6
    assert row["failure"] in ("http.reset", "tcp.reset") and row["why"], row
    text = hs.run("compare", "-c", 9, url).stdout
    assert re.search(r"^ +3 of 9 runs failed: .*reset", text, re.M), text


# ---- the command line

@pytest.mark.parametrize("arguments, words", [
    ([], ["TARGET"]), (["https://a/", "https://b/"], ["https://b/"]),
    (["-c", "0", "https://localhost:1/"], ["-c"]), (["-c", "1001", "https://localhost:1/"], ["-c", "1000"]),
    (["--no-such", "https://localhost:1/"], ["--no-such"]),
    (["--tcp-fastopen", "https://localhost:1/"], ["--tcp-fastopen"]),
    (["--http2", "https://localhost:1/"], ["--http2"]), (["--resume", "https://localhost:1/"], ["--resume"]),
    (["gopher://localhost/"], ["gopher"]), (["--also", "gopher://localhost/", "https://localhost:1/"], ["gopher"]),
    (["--also"], ["--also"]), (["--retry", "nonsense://x", "https://localhost:1/"], ["nonsense"]),
    (["--retry", "http://localhost:1/", "https://localhost:1/"], ["http://localhost:1/", "Retry", "https://"]),
    (["--retry", "https://localhost:1/" + "a" * 400, "https://localhost:1/"], ["319"]),
    (["--cacert", "/no/such/file", "https://localhost:1/"], ["/no/such/file"]),
    (["-o", "/no/such/dir/out", "https://localhost:1/"], ["-output", "/no/such/dir/out"]),
    (["--ciphers", "NO_SUCH", "https://localhost:1/"], ["NO_SUCH"]),
    (["--resolve", "nonsense", "https://localhost:1/"], ["nonsense"]),
])
def test_bad_input(hs, arguments, words):
    usage_error(hs.run("compare", *arguments, timeout=10), *words)


def test_bad_input_starts_nothing(hs, hostile):
    server = hostile(h.at_once("silence"))
    url = f"http://127.0.0.1:{server.port}/"
    usage_error(hs.run("compare", "--retry", url, url), "Retry")
    assert server.connections == 0


def test_help(hs):
    text = hs.run("compare", "--help").stdout
    assert all(len(line) <= 100 for line in text.splitlines())
    for option in ("--also", "--retry", "--count", "--json", "--output", "--cacert", "--connect-timeout"):
        assert re.search(re.escape(option) + r"\b", text), option
    assert "compare" in hs.run("--help").stdout


def test_output_file(hs, nginx, tmp_path):
    out = tmp_path / "out"
    result = hs.run("compare", "--json", "-o", out, "-c", 1, "-4", f"http://127.0.0.1:{nginx.http}/")
    assert result.status == 0 and result.stdout == "" and result.stderr == "", repr(result)
    assert "tcp" in Comparison(out.read_text()).measured()


def test_full_disk_is_said(hs, nginx):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    for extra in ([], ["--json"]):
        result = hs.run("compare", *extra, "-c", 2, "-o", "/dev/full", f"http://127.0.0.1:{nginx.http}/")
        assert result.status != 0 and len(result.stderr.splitlines()) == 1, repr(result)


# ---- signals and readers that go

def start(hs, *arguments):
    return subprocess.Popen([hs.binary, "compare", *map(str, arguments)], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=hs.env())


def end(child, seconds=3):
    started = time.monotonic()
    out, err = child.communicate(timeout=20)
    result = Result(child.returncode, out.decode(), err.decode(), time.monotonic() - started)
    check_clean(result)
    assert result.seconds < seconds, repr(result)
    return result


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_rounds_are_told(hs, lab, tmp_path, number):
    out = tmp_path / "out"
    child = start(hs, "--json", "-c", 1000, "-o", out, *everything(lab))
    wait_until(lambda: out.exists() and '"round":3' in out.read_text(), "the third round")
    child.send_signal(number)
    result = end(child)
    assert result.status == 128 + number and "interrupted" in result.stderr, repr(result)
    c = Comparison(out.read_text())
    assert c.last["interrupted"] is True and 2 <= c.last["rounds"] < 1000


def test_interrupted_text(hs, lab, tmp_path):
    child = start(hs, "-c", 1000, *everything(lab))
    before = len(connections(lab))
    wait_until(lambda: len(connections(lab)) > before + 80, "some rounds")
    child.send_signal(signal.SIGINT)
    result = end(child)
    assert result.status == 130, repr(result)
    assert re.search(r"\d+ rounds?  interrupted  ", result.stdout.splitlines()[0]), result.stdout
    assert "where the time goes" in result.stdout and result.stderr.strip().endswith("interrupted")


def test_interrupted_first_look(hs, hostile):
    server = hostile(h.at_once("silence"))
    child = start(hs, f"https://127.0.0.1:{server.port}/")
    wait_until(lambda: server.connections >= 2, "a second connection")
    child.send_signal(signal.SIGINT)
    result = end(child)
    assert result.status == 130 and result.stdout == "", repr(result)
    assert result.stderr.strip().endswith("interrupted") and len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("extra", [[], ["--json"]])
def test_a_reader_that_goes_is_not_missed(hs, lab, extra):
    """The rounds end where nobody reads any more."""
    started = time.monotonic()
    arguments = " ".join(f"'{a}'" for a in [*extra, *everything(lab)])
    count = 1000 if extra else 2
    done = subprocess.run(f"'{hs.binary}' compare -c {count} {arguments} | head -n 1", shell=True,
                          capture_output=True, text=True, timeout=60, env=hs.env())
    assert "Sanitizer" not in done.stderr and len(done.stdout.splitlines()) == 1, done
    assert time.monotonic() - started < 10
    if extra:
        validate(json.loads(done.stdout))


def test_progress_is_for_terminals(hs, lab):
    result = hs.run("compare", "-c", 1, *everything(lab), timeout=60)
    assert result.stderr == "" and "\r" not in result.stdout and "\x1b" not in result.stdout
