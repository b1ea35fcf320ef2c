"""`handshake probe` over QUIC, against ngtcp2's server with GnuTLS."""
import json
import re
import socket
import time

import pytest

from kit import certs
from kit.capture import tshark
from kit.probe import validate
from kit.quic import Path, NgtcpServer, free_udp_port, quic_messages


@pytest.fixture(scope="module")
def server(tmp_path_factory, certificates):
    server = NgtcpServer(tmp_path_factory.mktemp("gtlsserver"), certificates.server)
    yield server
    server.stop()


@pytest.fixture
def started(tmp_path, certificates):
    """started(cert, *options): a server of its own, which ends with the test."""
    servers = []

    def start(cert=certificates.server, *options):
        servers.append(NgtcpServer(tmp_path / f"gtlsserver-{len(servers)}", cert, *options))
        return servers[-1]
    yield start
    for each in servers:
        each.stop()


@pytest.fixture
def path(request):
    paths = []

    def make(port, lose):
        paths.append(Path(port, lose))
        return paths[-1]
    yield make
    for each in paths:
        each.stop()


def h3(hs, certificates, port, *options, status=0, **keywords):
    return hs.probe_json("--http3", "-4", "--cacert", certificates.ca, *options,
                         f"https://localhost:{port}/", status=status, **keywords)


def names(record, layer):
    return [(e["from"], e["name"]) for e in record["events"] if e["layer"] == layer]


# ---- handshakes

def test_one_round_trip(hs, certificates, server):
    record = h3(hs, certificates, server.port, "--events")
    assert record["quic"]["version"] == record["quic"]["original_version"] == "v1"
    assert record["quic"]["retry"] is False and record["quic"]["version_negotiation"] is False
    assert record["quic"]["early_data"] == "not_offered"
    assert record["quic"]["handshake_confirmed"] is True
    assert record["quic"]["new_tokens"] == 1
    assert record["phases"]["quic"]["round_trips"] == 1
    assert record["accounting"]["round_trips_to_ready"] == 1
    assert "tcp" not in record["phases"] and "tls" not in record["phases"]
    assert record["tls"]["version"] == "TLSv1.3" and record["tls"]["alpn"] == "h3"
    assert record["tls"]["ja4"].startswith("q13d")
    assert record["tls"]["verify"] == "ok" and record["tls"]["resumed"] is False
    leaf = certs.describe(certificates.server[0])
    assert record["certificates"][0]["pin"] == leaf["pin"]
    close = record["quic"]["close"]
    assert close["from"] == "client" and close["error"] == "H3_NO_ERROR"
    assert names(record, "tls")[:6] == [
        ("client", "ClientHello"), ("server", "ServerHello"), ("server", "EncryptedExtensions"),
        ("server", "Certificate"), ("server", "CertificateVerify"), ("server", "Finished")]
    assert ("client", "Finished") in names(record, "tls")
    packets = names(record, "quic")
    assert packets[0] == ("client", "Initial") and ("server", "Handshake") in packets
    assert ("server", "HANDSHAKE_DONE") in packets and ("client", "1-RTT") in packets
    assert names(record, "udp")[0] == ("client", "Datagram")


def test_transport_parameters_by_name(hs, certificates, server):
    record = h3(hs, certificates, server.port)
    parameters = record["quic"]["transport_parameters"]
    assert parameters["client"]["initial_source_connection_id"] == record["quic"]["scid"]
    assert parameters["server"]["original_destination_connection_id"] == record["quic"]["dcid"]
    assert parameters["server"]["initial_source_connection_id"] == record["quic"]["server_scid"]
    assert parameters["client"]["version_information"]["available"] == ["v1", "v2"]
    assert re.fullmatch("[0-9a-f]{32}", parameters["server"]["stateless_reset_token"])


def test_stamps_are_the_kernels(hs, certificates, server):
    h3(hs, certificates, server.port)   # the kernel begins to stamp a moment after it was asked to
    record = h3(hs, certificates, server.port)
    assert record["phases"]["quic"]["clock"] == "kernel"
    assert record["accounting"]["path_rtt_source"] in ("quic_ack", "kernel")
    assert 0 < record["accounting"]["path_rtt_ms"] < 50


def test_plain_quic(hs, certificates, server):
    record = hs.probe_json("-4", "--cacert", certificates.ca, "--alpn", "h3",
                           f"quic://localhost:{server.port}", status=0)
    assert record["target"]["scheme"] == "quic" and record["quic"]["version"] == "v1"
    assert record["quic"]["handshake_confirmed"] is True and "http" not in record


def test_write_out(hs, certificates, server):
    result = hs.probe("--http3", "-4", "--cacert", certificates.ca, "-w",
                      "%{http_version} %{response_code} %{time_connect} %{time_appconnect} "
                      "%{time_starttransfer}", f"https://localhost:{server.port}/")
    version, code, connect, appconnect, start = result.stdout.split()
    assert (version, code) == ("3", "200") and float(connect) == 0
    assert 0 < float(appconnect) <= float(start)


def test_resumed(hs, certificates, server):
    record = h3(hs, certificates, server.port, "--resume")
    assert record["tls"]["resumed"] is True and "certificates" not in record
    assert record["quic"]["token"] is True
    assert record["quic"]["early_data"] == "not_offered"


def test_early_data_accepted(hs, certificates, server):
    record = h3(hs, certificates, server.port, "--early-data", "--events")
    assert record["quic"]["early_data"] == "accepted" and record["tls"]["resumed"] is True
    assert record["accounting"]["round_trips_to_ready"] == 0
    assert record["ready_ms"] == record["milestones"]["quic_start"]
    assert ("client", "0-RTT") in names(record, "quic")


def test_retry(hs, certificates, started):
    record = h3(hs, certificates, started(certificates.server, "--validate-addr").port, "--events")
    assert record["quic"]["retry"] is True
    assert record["phases"]["quic"]["round_trips"] == 2
    assert ("server", "Retry") in names(record, "quic")
    assert any(f["id"] == "quic_retry" and f["cost_round_trips"] == 1 for f in record["findings"])
    assert record["quic"]["transport_parameters"]["server"]["retry_source_connection_id"]


def test_a_token_saves_the_retry(hs, certificates, started):
    server = started(certificates.server, "--validate-addr")
    record = h3(hs, certificates, server.port, "--resume")
    assert record["quic"]["token"] is True and record["quic"]["retry"] is False


def test_version_2(hs, certificates, server):
    record = h3(hs, certificates, server.port, "--quic-versions", "v2,v1")
    assert record["quic"]["version"] == record["quic"]["original_version"] == "v2"


def test_compatible_upgrade(hs, certificates, started):
    server = started(certificates.server, "--preferred-versions=0x6b3343cf")
    record = h3(hs, certificates, server.port)
    assert record["quic"]["original_version"] == "v1" and record["quic"]["version"] == "v2"
    assert record["phases"]["quic"]["round_trips"] == 1
    assert record["quic"]["version_negotiation"] is False


def test_version_negotiation(hs, certificates, server):
    record = h3(hs, certificates, server.port, "--quic-versions", "0x1a2a3a4a,v1", "--events")
    assert record["quic"]["version_negotiation"] is True and record["quic"]["version"] == "v1"
    assert record["quic"]["original_version"] == "0x1a2a3a4a"
    assert "v1" in record["quic"]["offered_versions"]
    assert record["phases"]["quic"]["round_trips"] == 2
    assert ("server", "Version Negotiation") in names(record, "quic")


def test_large_certificates_reach_the_amplification_limit(hs, certificates, tmp_path, started):
    record = h3(hs, certificates, started(large(certificates)).port)
    assert record["quic"]["amplification_limited"] is True
    assert record["phases"]["quic"]["round_trips"] >= 2
    assert any(f["id"] == "quic_amplification_limited" for f in record["findings"])


def test_ipv4_after_ipv6_was_refused(hs, certificates, server):
    """The server listens on 127.0.0.1 alone; "localhost" has ::1 before it."""
    record = hs.probe_json("--http3", "--cacert", certificates.ca,
                           f"https://localhost:{server.port}/", status=0)
    attempts = record["target"]["attempts"]
    assert [a["address"] for a in attempts] == ["::1", "127.0.0.1"]
    assert attempts[0]["failure"] == "quic.refused" and attempts[1]["won"] is True


# ---- other people's eyes

def test_tshark_sees_the_same(hs, certificates, server, tmp_path):
    file, keys = tmp_path / "quic.pcapng", tmp_path / "keys"
    record = h3(hs, certificates, server.port, "--events", "--pcap", file, "--keylog", keys)
    mine = [m for m in names(record, "tls") if m[1] != "NewSessionTicket"]
    assert mine == quic_messages(file, server.port, keys)
    lengths = [int(n) for n in tshark(file, "-T", "fields", "-e", "udp.length").split()]
    assert [n - 8 for n in lengths] == [e["bytes"] for e in record["events"] if e["layer"] == "udp"]
    theirs = tshark(file, "-d", f"udp.port=={server.port},quic", "-T", "fields", "-e",
                    "quic.dcid", "-c", "1").strip()
    assert theirs.split(",")[0] == record["quic"]["dcid"]


def test_tshark_reads_the_secrets_in_the_file(hs, certificates, server, tmp_path):
    file = tmp_path / "quic.pcapng"
    h3(hs, certificates, server.port, "--pcap", file, "--embed-secrets")
    assert ("client", "Finished") in quic_messages(file, server.port, None)


def test_read_says_what_the_probe_said(hs, certificates, server, tmp_path):
    file, keys = tmp_path / "quic.pcapng", tmp_path / "keys"
    record = h3(hs, certificates, server.port, "--events", "--pcap", file, "--keylog", keys)
    result = hs.run("read", "--json", "--events", "--keylog", keys, file)
    assert result.status == 0, result
    theirs, = [validate(json.loads(line)) for line in result.stdout.splitlines()]
    for part in ("version", "dcid", "scid", "server_scid", "transport_parameters", "retry",
                 "early_data", "new_tokens", "close"):
        assert theirs["quic"][part] == record["quic"][part], part
    for part in ("version", "cipher", "alpn", "server_name", "ja4", "group"):
        assert theirs["tls"][part] == record["tls"][part], part
    assert names(theirs, "tls") == names(record, "tls")
    assert names(theirs, "quic") == names(record, "quic")


# ---- loss

@pytest.mark.parametrize("side, number", [(s, n) for s in ("client", "server") for n in range(5)])
def test_any_one_datagram_may_be_lost(hs, certificates, server, path, side, number):
    lossy = path(server.port, lambda s, n, _: s == side and n == number)
    record = h3(hs, certificates, lossy.port, "--events")
    assert record["ok"] and record["quic"]["version"] == "v1"
    if number == 0 and side == "client":
        assert record["quic"]["probe_timeouts"] >= 1 and record["quic"]["retransmits"] >= 1
        # A silence of a second, which nobody spent working.
        assert record["accounting"]["loss_ms"] > 900 > record["accounting"]["client_ms"]
        assert any(f["id"] == "quic_packets_lost" for f in record["findings"])


# What the server is started with, what the probe is asked for, and what its record then says.
STORIES = {
    "retry": (["--validate-addr"], [], {"retry": True}),
    "version negotiation": ([], ["--quic-versions", "0x1a2a3a4a,v1"], {"version_negotiation": True}),
    "v2": ([], ["--quic-versions", "v2,v1"], {"version": "v2"}),
    "compatible upgrade": (["--preferred-versions=0x6b3343cf"], [], {"version": "v2"}),
    "large certificates": ("large", [], {"version": "v1"}),
    "resumed": ([], ["--resume"], {"token": True}),
    "early data": ([], ["--early-data"], {"early_data": "accepted"}),
}


@pytest.mark.parametrize("story", STORIES)
def test_every_story_with_any_one_datagram_lost(hs, certificates, started, path, story):
    server_options, options, expected = STORIES[story]
    cert = certificates.server
    if server_options == "large":
        cert, server_options = large(certificates), []
    server = started(cert, *server_options)
    measured = 1 if "--resume" in options or "--early-data" in options else 0
    lost = 0
    for side in ("client", "server"):
        for number in range(4):
            lossy = path(server.port, lambda *datagram: datagram == (side, number, measured))
            record = h3(hs, certificates, lossy.port, *options)
            lost += lossy.lost
            assert record["ok"] and record["quic"]["handshake_confirmed"] is not False
            for key, value in expected.items():
                assert record["quic"][key] == value, (side, number, record["quic"])
    assert lost >= 4      # a handshake may need fewer datagrams than were looked at


def large(certificates):
    many = "".join(f",DNS:a-rather-long-name-to-fill-the-chain-{i}.handshake.test"
                   for i in range(90))
    return certificates.authority.issue("large", names=f"DNS:localhost{many}")


def test_early_data_rejected(hs, certificates, tmp_path, spawn):
    """The server forgets its tickets between two probes of one series."""
    server = NgtcpServer(tmp_path / "first", certificates.server)
    try:
        series = spawn([hs.binary, "probe", "--json", "-c", "2", "-i", "2", "--http3", "-4",
                        "--early-data", "--cacert", certificates.ca,
                        f"https://localhost:{server.port}/"], env=hs.env())
        series.wait_output(r"\"schema\"", seconds=20)
        server.stop()
        server = NgtcpServer(tmp_path / "second", certificates.server, port=server.port)
        series.wait(20)
        records = [validate(json.loads(line)) for line in series.output().splitlines()
                   if line.startswith("{")]
    finally:
        server.stop()
    first, second = records
    assert first["quic"]["early_data"] == "accepted"
    assert second["ok"] and second["quic"]["early_data"] == "rejected"
    assert second["tls"]["resumed"] is False and second["http"]["status"] == 200
    assert any(f["id"] == "early_data_rejected" for f in second["findings"])


# ---- failures

def failure(record, cls, phase="quic"):
    assert record["failure"]["class"] == cls, record["failure"]
    assert record["failure"]["phase"] == phase
    return record["failure"]


def test_nothing_listens(hs):
    record = hs.probe_json("--http3", f"https://127.0.0.1:{free_udp_port()}/", status=96)
    assert failure(record, "quic.refused")["errno"] == 111


@pytest.fixture
def silent():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        yield udp.getsockname()[1]


def test_udp_is_dropped_and_tcp_answers(hs, silent):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
        tcp.bind(("127.0.0.1", silent))
        tcp.listen()
        record = hs.probe_json("--http3", "--connect-timeout", "0.7",
                               f"https://127.0.0.1:{silent}/", status=28)
    fail = failure(record, "quic.timed_out")
    assert "UDP is blocked" in fail["message"] and "UDP" in fail["advice"]
    assert 700 <= fail["elapsed_ms"] < 1500


def test_silence_and_tcp_is_refused(hs, silent):
    record = hs.probe_json("--http3", "--connect-timeout", "0.5", f"https://127.0.0.1:{silent}/",
                           status=28)
    assert "TCP on the same port is refused" in failure(record, "quic.timed_out")["message"]


@pytest.mark.parametrize("passes", [1, 2])
def test_silence_within_the_handshake(hs, certificates, server, path, passes):
    """The server's datagrams pass up to a number, and then none."""
    lossy = path(server.port, lambda s, n, _: s == "server" and n >= passes or
                 s == "client" and n >= 1)
    record = hs.probe_json("--http3", "-4", "--cacert", certificates.ca, "--tls-timeout", "0.5",
                           "--upgrade-timeout", "0.5", f"https://localhost:{lossy.port}/", status=28)
    assert record["failure"]["class"] in ("quic.timed_out", "http3.timed_out")


@pytest.mark.parametrize("cert, cls, status", [
    ("expired", "tls.cert.date_invalid", 60), ("self_signed", "tls.cert.self_signed", 60),
    ("other_name", "tls.cert.name_invalid", 60), ("unknown_ca", "tls.cert.authority_invalid", 60)])
def test_certificates_as_over_tcp(hs, certificates, started, s_server, cert, cls, status):
    pair = getattr(certificates, cert)
    quic = h3(hs, certificates, started(pair).port, status=status)
    tcp = hs.probe_json("-4", "--cacert", certificates.ca,
                        f"tls://localhost:{s_server(pair).port}", status=status)
    assert failure(quic, cls)["verify"] == tcp["failure"]["verify"]
    assert quic["failure"]["class"] == tcp["failure"]["class"]
    assert quic["failure"]["message"] == tcp["failure"]["message"]


def test_insecure_goes_on_and_says_so(hs, certificates, started):
    record = hs.probe_json("--http3", "-4", "-k",
                           f"https://localhost:{started(certificates.expired).port}/", status=0)
    assert record["tls"]["verify"] != "ok"
    assert any(f["id"] == "verification_ignored" for f in record["findings"])


def test_pins(hs, certificates, server):
    pin = certs.describe(certificates.server[0])["pin"]
    assert h3(hs, certificates, server.port, "--pinnedpubkey", pin)["ok"]
    wrong = "sha256//" + "A" * 43 + "="
    record = h3(hs, certificates, server.port, "--pinnedpubkey", wrong, status=90)
    failure(record, "tls.cert.pinned_key_not_in_cert_chain")


def test_alpn_mismatch(hs, certificates, server):
    record = hs.probe_json("-4", "--cacert", certificates.ca, "--alpn", "other",
                           f"quic://localhost:{server.port}", status=35)
    assert failure(record, "tls.alpn_mismatch")["alert"] == 120


def test_no_common_version(hs, certificates, started):
    server = started(certificates.server, "--available-versions=0x6b3343cf")
    record = h3(hs, certificates, server.port, "--quic-versions", "0x1a2a3a4a,v1", status=None)
    assert record["quic"]["version_negotiation"] is True


# ---- options

@pytest.mark.parametrize("options, url, what", [
    (["--http3"], "http://localhost:1/", "--http3 needs https://"),
    (["--http3"], "tls://localhost:1", "--http3 needs https://"),
    ([], "quic://localhost:1", "--alpn"),
    (["--http3", "--tcp-fastopen"], "https://localhost:1/", "--tcp-fastopen"),
    (["--http3", "--tls-max", "1.2"], "https://localhost:1/", "--tls-max"),
    (["--http3", "--quic-versions", "v9"], "https://localhost:1/", "v9"),
    (["--http3", "--quic-versions", "draft-29"], "https://localhost:1/", "draft-29"),
    (["--http3", "--quic-versions", "0x1a2a3a4a"], "https://localhost:1/", "0x1a2a3a4a"),
])
def test_what_cannot_be_is_refused(hs, options, url, what):
    result = hs.probe(*options, url)
    assert result.status == 2 and what in result.stderr and result.stderr.count("\n") == 1
