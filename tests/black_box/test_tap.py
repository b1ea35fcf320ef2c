"""The probe's own packets: in the ladder and the record, in --pcap, and rebuilt where no capture is
permitted."""
import os
import shutil
import socket
import subprocess

import pytest

from kit.capture import Capture, messages, streams, tshark
from kit.namespace import SILENT4, Namespace
from kit.process import free_port
from test_witness import agree

SYN, ACK, SYN_ACK, RST = 0x02, 0x10, 0x12, 0x04
REBUILT = "rebuilt from the socket's stream; headers are not the wire's"


@pytest.fixture(scope="session")
def may_tap():
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM).close()
    except PermissionError:
        pytest.skip("packets may not be captured here")


@pytest.fixture(scope="session")
def may_not():
    """A prefix for a command that may not capture packets, whoever we are."""
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM).close()
    except PermissionError:
        return []
    drop = ["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw"]
    if not shutil.which("setpriv") or subprocess.run([*drop, "true"]).returncode != 0:
        pytest.skip("no way here to run without CAP_NET_RAW")
    return drop


def packets(file, *fields, only="tcp"):
    options = [word for field in fields for word in ("-e", field)]
    out = tshark(file, "-Y", only, "-T", "fields", *options)
    return [line.split("\t") for line in out.splitlines()]


def names(record, layer="tcp"):
    return [event["name"] for event in record["events"] if event["layer"] == layer]


# ---- tapped

@pytest.mark.parametrize("family", ["-4", "-6"])
def test_the_packets_are_tcpdumps(hs, nginx, may_tap, tmp_path, family):
    out = tmp_path / "out.pcapng"
    with Capture(tmp_path, nginx.h2) as capture:
        record = hs.probe_json("--events", family, "--cacert", nginx.ca, "--pcap", out,
                               f"https://localhost:{nginx.h2}/", status=0)
    fields = ("tcp.srcport", "tcp.seq_raw", "tcp.ack_raw", "tcp.flags", "tcp.len",
              "tcp.options", "frame.time_epoch")
    mine, theirs = packets(out, *fields), packets(capture.file, *fields)
    assert len(mine) >= 8
    for is_client in (True, False):
        a = [p for p in mine if (int(p[0]) != nginx.h2) == is_client]
        b = [p for p in theirs if (int(p[0]) != nginx.h2) == is_client]
        # What came when the probe had ended is in the other capture alone.
        assert [p[:-1] for p in a] == [p[:-1] for p in b[:len(a)]]
        assert len(b) - len(a) <= 2 and all(p[4] == "0" for p in b[len(a):])
        for p, q in zip(a, b):
            assert abs(float(p[-1]) - float(q[-1])) < 0.001, (p, q)
    assert not packets(out, "frame.number", only="tcp.analysis.lost_segment")
    # The phase is the time from SYN to SYN-ACK, as the packets have it.
    sent, answered = (float(p[-1]) for p in mine[:2])
    phase = record["phases"]["tcp"]
    assert phase["clock"] == "kernel"
    assert abs(phase["ms"] - (answered - sent) * 1000) < 0.002
    assert record["accounting"]["path_rtt_source"] == "kernel"


def test_ladder_and_record(hs, nginx, may_tap):
    record = hs.probe_json("--events", "-4", "--cacert", nginx.ca, f"https://localhost:{nginx.h2}/",
                           status=0)
    first = [(e["from"], e["layer"], e["name"]) for e in record["events"][:4]]
    assert first == [("client", "tcp", "SYN"), ("server", "tcp", "SYN-ACK"),
                     ("client", "tcp", "ACK"), ("client", "tls", "ClientHello")]
    assert "FIN-ACK" in names(record)
    syn, syn_ack, ack = (e["detail"] for e in record["events"][:3])
    tcp = record["tcp"]
    assert syn["seq"] == tcp["client"]["isn"] and syn_ack["seq"] == tcp["server"]["isn"]
    assert syn_ack["ack"] == ack["seq"] == (syn["seq"] + 1) % 2**32
    assert tcp["client"]["mss"] == syn["mss"] and tcp["server"]["mss"] == syn_ack["mss"]
    assert tcp["states"][0]["to"] == "SYN-SENT"
    assert {"side": "client", "to": "ESTABLISHED"}.items() <= next(
        s for s in tcp["states"] if s["side"] == "client" and s["to"] == "ESTABLISHED").items()
    assert 0 < tcp["rtt_server_ms"] < 50 and tcp["syn_retransmits"] == 0
    assert tcp["rtt_us"] > 0
    text = hs.probe("-v", "-4", "--cacert", nginx.ca, f"https://localhost:{nginx.h2}/").stdout
    assert "SYN-SENT" in text and "at this host" in text


def test_without_asking_there_are_no_packets(hs, nginx):
    record = hs.probe_json("-4", "--cacert", nginx.ca, f"https://localhost:{nginx.h2}/", status=0)
    assert "client" not in record["tcp"] and record["phases"]["tcp"]["clock"] != "kernel"


@pytest.mark.parametrize("embed", [True, False], ids=["embedded", "key log"])
def test_tshark_decrypts(hs, nginx, may_tap, tmp_path, embed):
    out, keys = tmp_path / "out.pcapng", tmp_path / "keys"
    options = ["--embed-secrets"] if embed else ["--keylog", keys]
    record = hs.probe_json("--events", "-4", "--cacert", nginx.ca, "--pcap", out, *options,
                           f"https://localhost:{nginx.h2}/", status=0)
    theirs = messages(out, nginx.h2, None if embed else keys)
    assert ("server", "http2", "SETTINGS") in theirs
    agree(record, theirs)
    if not embed:   # nobody gets the secrets with the packets who was not meant to
        assert not any(m[1] == "http2" for m in messages(out, nginx.h2))


def test_every_connection_is_in_the_file(hs, nginx, may_tap, tmp_path):
    out = tmp_path / "out.pcapng"
    done = hs.probe("-c", "3", "-i", "0", "-4", "--cacert", nginx.ca, "--pcap", out,
                    f"https://localhost:{nginx.h2}/")
    assert done.status == 0 and not done.stderr, repr(done)
    assert len(streams(out)) == 3
    record = hs.probe_json("--resume", "-4", "--cacert", nginx.ca, "--pcap", out, "--embed-secrets",
                           f"https://localhost:{nginx.h2}/", status=0)
    assert record["tls"]["resumed"] is True
    assert len(streams(out)) == 2, "the one for the ticket, too"
    for stream in (0, 1):
        assert ("client", "tls", "Finished") in messages(out, nginx.h2, stream=stream)


def test_only_the_attempt_that_won_is_in_the_ladder(hs, nginx, may_tap, tmp_path):
    out = tmp_path / "out.pcapng"
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    record = hs.probe_json("--events", "--pcap", out, "--resolve", f"two.test:{port}:::1,127.0.0.1",
                           f"tcp://two.test:{port}", status=0)
    listener.close()
    assert [a["won"] for a in record["target"]["attempts"]] == [False, True]
    assert names(record)[:3] == ["SYN", "SYN-ACK", "ACK"]
    flags = [int(p[0], 16) & 0x16 for p in packets(out, "tcp.flags")]
    assert flags[:5] == [SYN, RST | ACK, SYN, SYN_ACK, ACK], "both attempts, in their order"
    assert packets(out, "ip.version") and len(streams(out)) == 2


def test_refused(hs, may_tap, tmp_path):
    out = tmp_path / "out.pcapng"
    record = hs.probe_json("--events", "--pcap", out, f"tcp://127.0.0.1:{free_port()}", status=7)
    assert names(record) == ["SYN", "RST"]
    assert record["failure"]["last_event"] == "RST"
    assert [int(p[0], 16) for p in packets(out, "tcp.flags")] == [SYN, RST | ACK]


def test_silence_is_a_repeated_syn(hs, may_tap, tmp_path):
    namespace = Namespace(tmp_path)
    try:
        record = hs.probe_json("--events", "--connect-timeout", "1.5", f"tcp://{SILENT4}:9",
                               status=28, prefix=namespace.prefix)
    finally:
        namespace.stop()
    assert names(record)[:2] == ["SYN", "SYN"]
    assert record["tcp"]["syn_retransmits"] >= 1
    assert record["tcp"]["states"][0]["to"] == "SYN-SENT"


def test_the_reader_tells_the_same_story(hs, nginx, may_tap, tmp_path):
    out = tmp_path / "out.pcapng"
    record = hs.probe_json("--events", "-4", "--cacert", nginx.ca, "--pcap", out, "--embed-secrets",
                           f"https://localhost:{nginx.h2}/", status=0)
    import json
    done = hs.run("read", "--json", out)
    assert done.status == 0, repr(done)
    read = json.loads(done.stdout.splitlines()[0])
    for key in ("client", "server", "rtt_server_ms", "syn_retransmits"):
        assert read["tcp"][key] == record["tcp"][key]
    for key in ("version", "cipher", "group", "alpn", "server_name", "ja3", "ja4"):
        assert read["tls"].get(key) == record["tls"].get(key), key
    assert read["target"]["port"] == nginx.h2 and read["capture"]["midstream"] is False


# ---- rebuilt

def test_without_permission_packets_are_rebuilt(hs, nginx, may_not, tmp_path):
    out, keys = tmp_path / "out.pcapng", tmp_path / "keys"
    for family in ("-4", "-6"):
        result = hs.probe("--json", "--events", family, "--cacert", nginx.ca, "--pcap", out,
                          "--keylog", keys, f"https://localhost:{nginx.h2}/", prefix=may_not)
        assert result.status == 0, repr(result)
        assert result.stderr.count("\n") == 1 and "rebuilt" in result.stderr
        assert "Operation not permitted" in result.stderr
        import json
        record = json.loads(result.stdout)
        assert not names(record) and record["phases"]["tcp"]["clock"] == "tcp_info"
        agree(record, messages(out, nginx.h2, keys))
        rows = packets(out, "frame.comment", "tcp.flags", "tcp.checksum.status",
                       "frame.time_epoch")
        checked = tshark(out, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-T",
                         "fields", "-e", "tcp.checksum.status", "-e", "ip.checksum.status")
        assert all(set(line.split()) <= {"1"} for line in checked.splitlines()), checked
        assert rows and all(REBUILT in row[0] for row in rows)
        assert not any(int(row[1], 16) & 0x07 for row in rows), "no SYN, FIN or RST was seen"
        times = [float(row[3]) for row in rows]
        assert times == sorted(times)
        for fault in ("lost_segment", "retransmission", "out_of_order", "ack_lost_segment"):
            assert not packets(out, "frame.number", only=f"tcp.analysis.{fault}"), fault
        assert REBUILT.encode() in out.read_bytes()[:512], "of the whole section"


def test_rebuilt_and_embedded(hs, nginx, may_not, tmp_path):
    out = tmp_path / "out.pcapng"
    result = hs.probe("-c", "2", "-i", "0", "-4", "--cacert", nginx.ca, "--pcap", out,
                      "--embed-secrets", f"https://localhost:{nginx.h2}/", prefix=may_not)
    assert result.status == 0, repr(result)
    for stream in (0, 1):
        assert ("client", "tls", "Finished") in messages(out, nginx.h2, stream=stream)


def test_without_permission_the_ladder_has_no_packets(hs, nginx, may_not):
    result = hs.probe("-v", "-4", "--cacert", nginx.ca, f"https://localhost:{nginx.h2}/",
                      prefix=may_not)
    assert result.status == 0 and not result.stderr, repr(result)
    assert "ClientHello" in result.stdout and "SYN" not in result.stdout


# ---- files that cannot be

def test_files_that_cannot_be_written(hs, tmp_path):
    result = hs.probe("--pcap", tmp_path / "none" / "out.pcapng", "tcp://127.0.0.1:9")
    assert result.status == 2 and "No such file" in result.stderr, repr(result)
    result = hs.probe("--embed-secrets", "tcp://127.0.0.1:9")
    assert result.status == 2 and "--pcap" in result.stderr, repr(result)
    if os.path.exists("/dev/full"):
        result = hs.probe("--pcap", "/dev/full", "tcp://127.0.0.1:9")
        assert result.status == 2 and "No space left" in result.stderr, repr(result)
