"""Captures that others made: what others say of them, `read` must say too.

They are not part of this project: HS_CAPTURES names their folder. Where the witness is wrong, or does
not mean the same, EXCUSES says why; an excuse that is not needed any more fails its test.
"""
import json

import pytest

from kit import foreign
from kit.probe import validate

# (file, stream, field): why the witness does not count. A stream of None means every stream.
SSLV2_HELLO = "the ClientHello has SSLv2's form, which the witness leaves out"
EXPERIMENTAL = "Fast Open under the experimental option 254 (RFC 7413 A.1), which the witness leaves out"
NO_CERTIFICATE = "the bytes are no X.509 certificate: the event says so, and there is no row for it"
DRAFT_14 = "tshark reads draft 14's ServerHello as the final one: suite and extensions are shifted"
WRONG_LENGTH = "the option says 8 bytes where RFC 7323 has 10: no receiver takes it for timestamps"
UNKNOWN_VERSION = "of a version that nobody knows, no more is known than RFC 8999 says; the witness takes it for v1"
CUT_INITIAL = "the snapshot length cut the Initial packets: what does not authenticate begins no connection"
NO_INITIAL = "made by a fuzzer: no Initial packet of it authenticates"
UNLINKED = "0-RTT packets of connection 0, which the witness could not tie to it"
EXCUSES = {
    ("tcpdump-quic_vn.pcap", 0, "packets.C:Initial"): UNKNOWN_VERSION,
    ("tcpdump-quic_handshake_truncated.pcap", 0, "record"): CUT_INITIAL,
    ("zeek-quic_383379789-decrypt-crash.pcap", 0, "record"): NO_INITIAL,
    ("zeek-quic_quic-decrypt-fail-google-de-51833.pcap", "u0", "record"): UNLINKED,
    ("zeek-tcp_truncated-header.pcap", 0, "tcp.client.timestamps"): WRONG_LENGTH,
    ("suricata-ssl_version_negated_input.pcap", 1, "events.tls.C"): SSLV2_HELLO,
    ("suricata-sslv2-tls-upgrade-01_ssl-v2-s1.pcap", 0, "events.tls.C"): SSLV2_HELLO,
    ("zeek-tls_ssl.v3.pcap", 0, "events.tls.C"): SSLV2_HELLO,
    ("suricata-tcp-fastopen-03_tfo.pcap", 1, "tcp.client.fast_open"): EXPERIMENTAL,
    ("suricata-tcp-fastopen-05_tfo.pcap", None, "tcp.client.fast_open"): EXPERIMENTAL,
    ("suricata-tcp-fastopen-06_tfo-s1.pcap", 0, "tcp.client.fast_open"): EXPERIMENTAL,
    ("zeek-tcp_tcp-fast-open.pcap", None, "tcp.client.fast_open"): EXPERIMENTAL,
    ("zeek-tcp_tcp-fast-open.pcap", 0, "tcp.server.fast_open"): EXPERIMENTAL,
    ("suricata-bug-1450-04_tls_DER-incomplete-header.pcap", 0, "certificates.sha256"): NO_CERTIFICATE,
    ("suricata-bug-1450-05_tls_DER-incomplete-content.pcap", 0, "certificates.sha256"): NO_CERTIFICATE,
    ("suricata-tls_tls13-draft14_tls13_draft14.pcap", 0, "tls.cipher_id"): DRAFT_14,
    ("suricata-tls_tls13-draft14_tls13_draft14.pcap", 0, "tls.ja3s"): DRAFT_14,
}

FILES = foreign.files()


def test_the_captures_are_here():
    if not FILES:
        pytest.skip("no folder of captures (HS_CAPTURES, or ../shared/captures)")
    assert len(FILES) > 100


def quic_capture(name):
    if name not in FILES:
        pytest.skip("no folder of captures (HS_CAPTURES, or ../shared/captures)")
    return foreign.folder() / "pcap" / name


def lines_of(result):
    assert result.status == 0, repr(result)
    return [line for line in result.stdout.splitlines() if " → " in line and not line.startswith("#")]


def test_quic_has_its_line(hs):
    lines = lines_of(hs.run("read", quic_capture("live-quic-0rtt.pcap")))
    assert len(lines) == 2
    assert all("QUIC v1" in line and "localhost" in line and line.endswith("open") for line in lines), lines
    closed = lines_of(hs.run("read", *foreign.options("live-quic-0rtt.pcap"), quic_capture("live-quic-0rtt.pcap")))
    assert all(line.endswith("h3  client_close") for line in closed), closed


def test_http3_within_quic(hs):
    text = hs.run("read", "--json", "--events", *foreign.options("live-quic-0rtt.pcap"),
                  quic_capture("live-quic-0rtt.pcap")).stdout
    for record in map(json.loads, text.splitlines()):
        validate(record)
        assert record["http"]["version"] == "HTTP/3" and record["http"]["status"] == 200
        assert record["milestones"]["first_response"] > record["milestones"]["request"]
        early = [e for e in record["events"] if e["layer"] == "http3" and e["detail"].get("early_data")]
        assert bool(early) == (record["quic"]["early_data"] == "accepted")


@pytest.mark.parametrize("options, number", [
    (["--host", "localhost"], 2), (["--host", "127.0.0.1"], 2), (["--host", "elsewhere"], 0),
    (["--port", "25443"], 2), (["--port", "59564"], 1), (["--port", "443"], 0),
    (["--failed"], 0), (["--slower-than", "21"], 1)])
def test_quic_is_filtered(hs, options, number):
    assert len(lines_of(hs.run("read", *options, quic_capture("live-quic-0rtt.pcap")))) == number


def test_a_failed_quic_handshake(hs):
    lines = lines_of(hs.run("read", "--failed", quic_capture("mercury-unit_pcaps_quic_v2.pcap")))
    assert len(lines) == 1 and lines[0].endswith("quic.timed_out"), lines


def test_quic_packets_are_kept(hs, tmp_path):
    out = tmp_path / "out.pcapng"
    given = hs.run("read", "--json", "--pcap", out, quic_capture("live-quic-0rtt.pcap"))
    kept = hs.run("read", "--json", out)
    ours, again = ([json.loads(line) for line in r.stdout.splitlines()] for r in (given, kept))
    assert len(ours) == len(again) == 2
    for a, b in zip(ours, again):
        assert (a["at"], a["client"], a["quic"]["dcid"], a["phases"]) == \
            (b["at"], b["client"], b["quic"]["dcid"], b["phases"])


def test_every_field_of_quic(hs):
    text = hs.run("read", "-vv", *foreign.options("live-quic-0rtt.pcap"),
                  quic_capture("live-quic-0rtt.pcap")).stdout
    for field in ("Packet Number", "Destination Connection ID", "Crypto Data", "Transport Parameter ID",
                  "First ACK Range", "Stream ID", "Stateless Reset Token"):
        assert field in text, field


@pytest.mark.parametrize("name", FILES)
def test_capture(hs, name):
    result = hs.run("read", "--json", "--events", *foreign.options(name),
                    foreign.folder() / "pcap" / name, timeout=120)
    assert result.status == 0, repr(result)
    records = [json.loads(line) for line in result.stdout.splitlines()]
    for record in records:
        validate(record)
    left, used = [], set()
    for stream, field, ours, theirs in foreign.disagreements(name, records):
        excuse = next((key for key in ((name, stream, field), (name, None, field))
                       if key in EXCUSES), None)
        if excuse:
            used.add(excuse)
        else:
            left.append(f"stream {stream}  {field}: ours {ours!r}, theirs {theirs!r}")
    unused = [key for key in EXCUSES if key[0] == name and key not in used]
    assert not left, f"{name}:\n  " + "\n  ".join(left)
    assert not unused, f"excuses that are not needed: {unused}"
