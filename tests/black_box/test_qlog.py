"""`handshake probe --qlog`: files that follow the drafts, and say what the record and tshark say."""
import re
import shutil
import time

import pytest

from kit.capture import tshark
from kit.qlog import HTTP3, OWN, QUIC, QUIC_FRAMES, Qlog
from kit.quic import NgtcpServer


@pytest.fixture(scope="module")
def server(tmp_path_factory, certificates):
    server = NgtcpServer(tmp_path_factory.mktemp("gtlsserver"), certificates.server)
    yield server
    server.stop()


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "qlog"
    path.mkdir()
    return path


def h3(hs, certificates, server, folder, *options):
    """(qlog, record) of a probe of HTTP/3."""
    record = hs.probe_json("--http3", "-4", "--cacert", certificates.ca, "--events", "--qlog", folder,
                           *options, f"https://localhost:{server.port}/", status=0)
    file, = folder.iterdir()
    return Qlog(file), record


def count(record, side, layer, names):
    return len([e for e in record["events"]
                if e["layer"] == layer and e["from"] == side and e["name"] in names])


PACKETS = ("Initial", "0-RTT", "Handshake", "Retry", "Version Negotiation", "1-RTT")


def test_what_the_record_says(hs, certificates, server, folder):
    qlog, record = h3(hs, certificates, server, folder)
    assert qlog.schemas == [QUIC, HTTP3, OWN]
    assert qlog.header["title"] == record["target"]["url"]
    trace = qlog.header["trace"]
    assert trace["vantage_point"]["type"] == "client"
    assert trace["common_fields"]["group_id"] == record["quic"]["dcid"]
    for side, name in (("client", "sent"), ("server", "received")):
        assert len(qlog.data(f"quic:packet_{name}")) == count(record, side, "quic", PACKETS)
        assert len(qlog.data(f"quic:udp_datagrams_{name}")) == \
            count(record, side, "udp", ("Datagram",))
    assert len(qlog.frames()) == len([e for e in record["events"] if e["layer"] == "quic"
                                      and e["name"] not in PACKETS])
    assert set(qlog.frames()) <= set(QUIC_FRAMES)
    assert {"crypto", "ack", "padding", "stream", "handshake_done", "connection_close"} <= \
        set(qlog.frames())


def test_the_connection(hs, certificates, server, folder):
    qlog, record = h3(hs, certificates, server, folder)
    states = [d["new"] for d in qlog.data("quic:connection_state_updated")]
    assert states == ["attempted", "handshake_started", "handshake_complete", "handshake_confirmed",
                      "closing"]
    mine, theirs = qlog.data("quic:parameters_set")
    parameters = record["quic"]["transport_parameters"]
    assert (mine["initiator"], theirs["initiator"]) == ("local", "remote")
    for own, here in ((mine, parameters["client"]), (theirs, parameters["server"])):
        same = set(own) & set(here)
        assert {"initial_max_data", "initial_source_connection_id"} <= same
        assert all(own[k] == here[k] for k in same)
    assert qlog.data("quic:alpn_information")[0]["chosen_alpn"]["string_value"] == "h3"
    closed, = qlog.data("quic:connection_closed")
    assert closed["initiator"] == "local" and closed["application_error"] == "http_no_error"
    assert qlog.data("quic:version_information")[0]["chosen_version"] == "00000001"


def test_http3(hs, certificates, server, folder):
    qlog, record = h3(hs, certificates, server, folder)
    created = [d["frame"]["frame_type"] for d in qlog.data("http3:frame_created")]
    parsed = [d["frame"] for d in qlog.data("http3:frame_parsed")]
    assert {"settings", "headers"} <= set(created)
    headers = next(f for f in parsed if f["frame_type"] == "headers")
    assert {"name": ":status", "value": "200"} in headers["headers"]
    body = next(f for f in parsed if f["frame_type"] == "data")
    assert body["raw"]["payload_length"] == len("<h1>hello</h1>\n")
    theirs = next(d for d in qlog.data("http3:parameters_set") if d["initiator"] == "remote")
    settings = record["http3"]["settings"]
    assert theirs["max_table_capacity"] == settings["QPACK_MAX_TABLE_CAPACITY"]
    assert theirs["blocked_streams_count"] == settings["QPACK_BLOCKED_STREAMS"]


def test_tshark_sees_the_same_packet_numbers(hs, certificates, server, folder, tmp_path):
    file, keys = tmp_path / "quic.pcapng", tmp_path / "keys"
    qlog, _ = h3(hs, certificates, server, folder, "--pcap", file, "--keylog", keys)
    theirs = {"client": [], "server": []}
    lines = tshark(file, "-d", f"udp.port=={server.port},quic", "-Y", "quic", "-T", "fields", "-e",
                   "udp.srcport", "-e", "quic.packet_number", keylog=keys)
    for line in lines.splitlines():
        port, numbers = line.split("\t")
        side = "server" if int(port) == server.port else "client"
        theirs[side] += [int(n) for n in numbers.split(",") if n]
    assert theirs["client"] and qlog.packet_numbers() == theirs


def test_packets_are_in_their_datagrams(hs, certificates, server, folder):
    qlog, _ = h3(hs, certificates, server, folder)
    for name in ("sent", "received"):
        lengths = {d["datagram_ids"][0]: d["raw"][0]["length"]
                   for d in qlog.data(f"quic:udp_datagrams_{name}")}
        for packet in qlog.data(f"quic:packet_{name}"):
            lengths[packet["datagram_id"]] -= packet["raw"]["length"]
        assert set(lengths.values()) == {0}, "packets and their datagrams differ in length"


def test_retry(hs, certificates, tmp_path, folder):
    server = NgtcpServer(tmp_path / "server", certificates.server, "--validate-addr")
    try:
        qlog, _ = h3(hs, certificates, server, folder)
    finally:
        server.stop()
    packet = qlog.data("quic:packet_received")[0]
    assert packet["header"]["packet_type"] == "retry"
    length = packet["header"]["token"]["raw"]["length"]
    sent = qlog.data("quic:packet_sent")[1]["header"]
    assert length > 0 and sent["token"]["raw"]["length"] == length
    assert sent["dcid"] == packet["header"]["scid"]


def test_early_data(hs, certificates, server, folder):
    qlog, _ = h3(hs, certificates, server, folder, "--early-data")
    assert "0RTT" in [p["header"]["packet_type"] for p in qlog.data("quic:packet_sent")]
    assert qlog.data("quic:parameters_set")[1]["early_data_enabled"] is True


def test_tls_over_tcp_has_a_schema_of_its_own(hs, certificates, s_server, folder):
    server = s_server(certificates.server)
    record = hs.probe_json("-4", "--cacert", certificates.ca, "--events", "--qlog", folder,
                           f"https://localhost:{server.port}/", status=0)
    file, = folder.iterdir()
    qlog = Qlog(file)
    assert qlog.schemas == [OWN]
    messages = [(d["from"], d["message"]) for d in qlog.data("handshake:tls_message")]
    assert messages == [(e["from"], e["name"]) for e in record["events"] if e["layer"] == "tls"]
    assert len(qlog.events) == len(record["events"])
    assert {d["layer"] for d in qlog.data("handshake:application_message")} == {"http"}


# ---- the files

def test_a_file_for_each_connection(hs, certificates, server, folder):
    result = hs.probe("--http3", "-4", "--cacert", certificates.ca, "-c", 3, "-i", 0, "--qlog", folder,
                      f"https://localhost:{server.port}/")
    assert result.status == 0, repr(result)
    files = sorted(folder.iterdir())
    assert len(files) == 3
    for file in files:
        found = re.fullmatch(r"\d{8}T\d{6}\.\d{9}Z-localhost-([0-9a-f]{8})\.sqlog", file.name)
        assert found, file.name
        assert Qlog(file).header["trace"]["common_fields"]["group_id"].startswith(found.group(1))


def test_names_of_files_are_safe(hs, folder):
    # Nothing listens on port 9 of loopback over IPv6: the attempt fails, or there is no IPv6.
    result = hs.probe("--qlog", folder, "https://[::1]:9/")
    assert result.status != 0
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", file.name) for file in folder.iterdir())


def test_failed_handshakes_too(hs, certificates, server, folder):
    result = hs.probe("--http3", "-4", "--qlog", folder, f"https://localhost:{server.port}/")
    assert result.status == 60, repr(result)
    file, = folder.iterdir()
    closed, = Qlog(file).data("quic:connection_closed")
    assert closed["connection_error"].startswith("crypto_error_0x1")


def test_nothing_crossed_the_wire(hs, folder):
    result = hs.probe("--qlog", folder, "https://localhost.invalid./")
    assert result.status == 6, repr(result)
    assert result.stderr.count("\n") == 1 and "nothing crossed the wire" in result.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("make", ["missing", "file"])
def test_the_folder_must_be_there(hs, server, tmp_path, make):
    path = tmp_path / make
    if make == "file":
        path.write_text("")
    result = hs.probe("--http3", "--qlog", path, f"https://localhost:{server.port}/")
    assert result.status == 2 and result.stdout == "", repr(result)
    assert result.stderr.count("\n") == 1 and f"--qlog: '{path}'" in result.stderr


def test_a_file_that_cannot_be_written(hs, certificates, server, folder, spawn):
    child = spawn([hs.binary, "probe", "--http3", "-4", "--cacert", certificates.ca, "-c", "2", "-i", "3",
                   "--qlog", folder, f"https://localhost:{server.port}/"], env=hs.env())
    deadline = time.monotonic() + 10
    while not list(folder.glob("*.sqlog")):
        assert time.monotonic() < deadline, child.output()
        time.sleep(0.02)
    shutil.rmtree(folder)
    child.wait(20)
    assert child.process.returncode == 2, child.output()
    assert "--qlog: '" in child.output() and "No such file or directory" in child.output()
