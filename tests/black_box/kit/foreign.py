"""Captures that others made, with what others say is in them, compared with what `read` says.

The folder has pcap/ and expected/FILE.jsonl (rows of kind tcp, tls, quic, ws, h2, caveat; a value that is
absent from a row is unknown). `disagreements` gives [(stream, field, ours, theirs)] of one file.
"""
import base64
import calendar
import hashlib
import json
import os
import pathlib
import time

from .probe import ROOT

MESSAGES = {"CCS": "ChangeCipherSpec"}
VERSIONS = {"SSL2": "SSLv2", "SSL2.0": "SSLv2", "SSL3.0": "SSLv3", "TLS1.0": "TLSv1.0", "TLS1.1": "TLSv1.1",
            "TLS1.2": "TLSv1.2", "TLS1.3": "TLSv1.3"}
GROUPS = {"0017": "secp256r1", "0018": "secp384r1", "0019": "secp521r1", "001d": "x25519", "001e": "x448"}
EPSILON = 0.0006    # ms: our times are rounded to microseconds


def folder():
    """Where the captures are, or None."""
    path = pathlib.Path(os.environ.get("HS_CAPTURES", ROOT.parent / "shared" / "captures"))
    return path if (path / "pcap").is_dir() and (path / "expected").is_dir() else None


def files():
    path = folder()
    if path is None:
        return []
    return sorted(p.name for p in (path / "pcap").iterdir() if p.suffix != ".keylog")


def rows(name):
    with open(folder() / "expected" / f"{name}.jsonl") as lines:
        return [json.loads(line) for line in lines]


def options(name):
    keylog = folder() / "pcap" / f"{name}.keylog"
    return ["--keylog", keylog] if keylog.exists() else []


# ---- values in common units

def ns(decimal):
    """A decimal string of epoch seconds, in nanoseconds."""
    seconds, _, fraction = decimal.partition(".")
    return int(seconds) * 10**9 + int((fraction + "0" * 9)[:9])


def at_ns(record):
    """The record's start, RFC 3339."""
    stamp, fraction = record["at"][:-1].split(".")
    return calendar.timegm(time.strptime(stamp, "%Y-%m-%dT%H:%M:%S")) * 10**9 + int(fraction)


def ms(decimal):
    return float(decimal) * 1e3


def version_name(theirs):
    if theirs in VERSIONS:
        return VERSIONS[theirs]
    return None     # drafts, and values that are no version, have no settled name


def end_of(row):
    """Who ended the connection: a reset counts while not both sides had closed."""
    closed = set()
    for step in row["close_order"]:
        if step.startswith("rst") and len(closed) < 2:
            return step[4:] + "_rst"
        closed.add(step)
    return row["close_order"][0][4:] + "_fin" if row["close_order"] else None


class Comparison:
    def __init__(self, name, stream, swapped):
        self.name, self.stream, self.swapped, self.found = name, stream, swapped, []

    def same(self, field, ours, theirs):
        if ours != theirs:
            self.found.append((self.stream, field, ours, theirs))

    def close(self, field, ours, theirs):
        if ours is None or abs(ours - theirs) > EPSILON:
            self.found.append((self.stream, field, ours, theirs))


def _end(text):
    address, _, port = text.rpartition("|")
    return address.lower(), int(port)


def _ends(record):
    client, target = record["client"], record["target"]
    return ((client["address"].lower(), client.get("port", 0)),
            (target["address"].lower(), target["port"]))


def find(records, row):
    """The record of a row's connection, and whether it has the ends the other way round."""
    ends = _end(row["client"]), _end(row["server"])
    start = ns(row["first"])
    for record in records:
        ours = _ends(record)
        if sorted(ours) == sorted(ends) and abs(at_ns(record) - start) < 1000:
            return record, ours != ends
    return None, False


# ---- one kind of row each

def _side(c, name, ours, theirs, is_syn_ack, is_cut):
    if ours is None:
        c.same(f"tcp.{name}", None, theirs)
        return
    if "isn" in theirs:
        c.same(f"tcp.{name}.isn", ours.get("isn"), theirs["isn"])
    if "mss" in theirs:
        c.same(f"tcp.{name}.mss", ours.get("mss"), theirs["mss"])
    if "wscale" in theirs:
        c.same(f"tcp.{name}.window_scale", ours.get("window_scale"), theirs["wscale"])
    for option, there in (("sack", theirs["sack"]), ("timestamps", theirs["ts"]),
                          ("mptcp", "mptcp" in theirs)):
        # Where a snapshot length cut the options, what is not among them is left out.
        wanted = None if is_cut and option not in ours and not there else there
        c.same(f"tcp.{name}.{option}", ours.get(option), wanted)
    ecn = int(theirs["flags"], 16) & 0xc0
    c.same(f"tcp.{name}.ecn", ours.get("ecn"), ecn == (0x40 if is_syn_ack else 0xc0))
    tfo = theirs.get("tfo")
    wanted = None if tfo is None else "cookie_given" if is_syn_ack else \
        "cookie_requested" if tfo == "request" else "cookie_used"
    c.same(f"tcp.{name}.fast_open", ours.get("fast_open"), wanted)


def compare_tcp(c, record, row):
    tcp, capture = record.get("tcp", {}), record["capture"]
    c.same("capture.packets", capture["packets"], row["packets"])
    c.same("capture.midstream", capture["midstream"], row["midstream"])
    c.same("capture.first_packet", capture["first_packet"], row["frames"][0])
    # The witness counts frames; of these, ours are the ones that lack something of TCP.
    c.same("capture.truncated_packets", capture.get("truncated_packets", 0) <=
           row["truncated_frames"], True)
    if row.get("client_guess") is None:
        c.same("client", c.swapped, False)
    if "syn" in row and not row.get("syn_missing") and row["syn_times"]:
        _side(c, "client", tcp.get("client"), row["syn"], False, row["truncated_frames"] > 0)
        c.same("tcp.syn_retransmits", tcp.get("syn_retransmits"), len(row["syn_times"]) - 1)
    if "synack" in row:
        _side(c, "server", tcp.get("server"), row["synack"], True, row["truncated_frames"] > 0)
        c.same("tcp.syn_ack_retransmits", tcp.get("syn_ack_retransmits", 0),
               len(row["synack_times"]) - 1)
    for field, name in (("rtt_server", "rtt_server_ms"), ("rtt_client", "rtt_client_ms")):
        if field in row and not row.get("ack_inexact"):
            c.close(f"tcp.{name}", tcp.get(name), ms(row[field]))
    if "handshake" in row and not row.get("ack_inexact"):
        c.close("phases.tcp.ms", record["phases"].get("tcp", {}).get("ms"), ms(row["handshake"]))
    wanted = end_of(row)
    if c.swapped and wanted:
        wanted = wanted.replace("client", "x").replace("server", "client").replace("x", "server")
    c.same("tcp.ended", tcp.get("ended"), wanted)
    if not (row["retrans"] or row["ooo"] or row["spurious"] or row["lost"] or row["syn_reverse"]):
        c.same("tcp.retransmits", tcp.get("retransmits", 0), 0)


def _tls_events(record, plain):
    return [e for e in record.get("events", []) if e["layer"] == "tls" and
            not (plain and e["encrypted"])]


def _messages(record, plain):
    """["C:ClientHello", …] of what is a TLS message, in order."""
    names = []
    for event in _tls_events(record, plain):
        if event["name"] not in ("encrypted record", "application data", "incomplete", "malformed",
                                 "not decoded", "decoding stopped", "gap", "missing"):
            names.append(("C:" if event["from"] == "client" else "S:") + event["name"])
    return names


def _wanted_messages(row, swapped):
    """The witness takes for the client, where it saw no SYN, whoever sent first."""
    names = []
    for message in row["messages"]:
        side, name = message.split(":", 1)
        side = {"C": "S", "S": "C"}[side] if swapped else side
        if name not in ("Enc", "Alert(enc)"):
            names.append(f"{side}:{MESSAGES.get(name, name)}")
    return names


def _hello(c, record, row):
    tls = record["tls"]
    for ours, theirs in (("ja3", "ja3"), ("ja4", "ja4"), ("server_name", "sni")):
        if row.get(theirs) is not None:
            c.same(f"tls.{ours}", tls.get(ours), row[theirs])
    if row.get("client_hello_time"):
        start = record.get("milestones", {}).get("tls_start")
        wanted = (ns(row["client_hello_time"]) - at_ns(record)) / 1e6
        c.close("milestones.tls_start", start, wanted)


def _server_hello(c, record, row):
    tls = record["tls"]
    if row.get("version") is not None and version_name(row["version"]):
        c.same("tls.version", tls.get("version"), version_name(row["version"]))
    if row.get("cipher") is not None:
        c.same("tls.cipher_id", tls.get("cipher_id"), row["cipher"])
    if row.get("ja3s") is not None:
        c.same("tls.ja3s", tls.get("ja3s"), row["ja3s"])
    if row.get("group") in GROUPS:
        c.same("tls.group", tls.get("group"), GROUPS[row["group"]])
    if row.get("alpn_selected") is not None:
        c.same("tls.alpn", tls.get("alpn"), row["alpn_selected"])
    if row.get("resumed") is not None:
        c.same("tls.resumed", tls.get("resumed"), bool(row["resumed"]))
    if row.get("version") == "TLS1.3":
        c.same("tls.hello_retry_request", tls.get("hello_retry_request"), row["hrr"])
    times = [e["at_ms"] for e in _tls_events(record, True) if e["name"] == "ServerHello"]
    if row.get("server_hello_time") and not row["hrr"]:
        wanted = (ns(row["server_hello_time"]) - at_ns(record)) / 1e6
        c.close("events.ServerHello.at_ms", times[0] if times else None, wanted)


def compare_tls(c, record, row):
    if "tls" not in record:
        if row["messages"] and not row["midstream"] and _wanted_messages(row, c.swapped):
            c.same("tls", None, row["messages"])
        return
    plain = not row["decrypted"]
    ours, theirs = _messages(record, plain), _wanted_messages(row, c.swapped)
    for side in "CS":
        mine, others = ([m for m in ms if m[0] == side] for ms in (ours, theirs))
        if f"{side}:Finished" in mine:      # decrypted: behind the handshake, ours may stop
            others = others[:len(mine)]
        c.same(f"events.tls.{side}", mine, others)
    if row["client_hellos"]:
        _hello(c, record, row)
    if row["server_hellos"]:
        _server_hello(c, record, row)
    theirs = [x["sha256"] for x in row["certs"].get("C" if c.swapped else "S", [])]
    if theirs:
        c.same("certificates.sha256", [x["sha256"] for x in record.get("certificates", [])], theirs)
    alerts = [("client" if (a["side"] == "C") != c.swapped else "server", a["level"], a["desc"])
              for a in row["alerts"] if a["desc"] is not None and a["desc"] != 0]
    alert = record["tls"].get("alert")
    if alerts:
        c.same("tls.alert", (alert or {}).get("number"), alerts[0][2])
        c.same("tls.alert.from", (alert or {}).get("from"), alerts[0][0])


def compare_ws(c, record, row):
    ours, request, response = record.get("websocket", {}), row["request"], row.get("response")
    if response is None or row["status"] is None:
        return
    c.same("websocket.status", ours.get("status"), row["status"])
    if row["status"] == 101:
        key = base64.b64encode(hashlib.sha1(
            (request["key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        c.same("websocket.accepted", ours.get("accepted"), response["accept"] == key)
        c.same("websocket.subprotocol", ours.get("subprotocol"), response["protocol"])
        c.same("websocket.extensions", ours.get("extensions"), response["extensions"])


def compare_h2(c, record, row):
    if row.get("preface"):
        layers = {e["layer"] for e in record.get("events", [])}
        c.same("events.http2", "http2" in layers, True)


# ---- QUIC: a row of its own for each connection, with what is in its TLS

QUIC_VERSIONS = {"0x00000001": "v1", "0x6b3343cf": "v2"}
QUIC_FOLLOWED = ("Initial", "0-RTT", "Handshake", "Retry", "VN")    # of 1-RTT, ours need not look at all
QUIC_NAMES = {"VN": "Version Negotiation"}


def _quic_version(number):
    return QUIC_VERSIONS.get(number, number)


def _quic_events(record, name, side=None):
    return [e for e in record.get("events", []) if e["layer"] == "quic" and e["name"] == name and
            side in (None, e["from"])]


def _client_crypto(record):
    """[[offset, length], …] of the client's CRYPTO frames in Initial packets."""
    return [[e["detail"]["offset"], e["detail"]["length"]] for e in _quic_events(record, "CRYPTO", "client") if not e["encrypted"]]


def _compare_packets(c, record, row):
    quic = record["quic"]
    for packet, count in row["packet_types"].items():
        side, _, name = packet.partition(":")
        if name in QUIC_FOLLOWED:
            ours = _quic_events(record, QUIC_NAMES.get(name, name), {"C": "client", "S": "server"}[side])
            c.same(f"packets.{packet}", len(ours), count)
    c.same("quic.retry", quic.get("retry") is True, row["retry"] is not None)
    if row["vn"]:
        c.same("quic.offered_versions", quic.get("offered_versions"),
               [_quic_version(v) for v in row["vn"]["versions"]])
    if row["client_crypto_frames"]:
        c.same("events.CRYPTO", _client_crypto(record), [f for _, fs in row["client_crypto_frames"] for f in fs])
    if row["conn_close"]:
        ours, theirs = quic.get("close") or {}, row["conn_close"][0]
        c.same("quic.close", (ours.get("from"), ours.get("application"), ours.get("code"), ours.get("reason", "")),
               ({"C": "client", "S": "server"}[theirs["side"]], theirs["app"], theirs["code"], theirs["reason"]))


def _compare_quic_tls(c, record, row):
    tls = record.get("tls", {})
    for ours, theirs in (("ja3", "ja3"), ("ja4", "ja4"), ("server_name", "sni"), ("cipher_id", "cipher"),
                         ("alpn", "alpn_selected")):
        if row.get(theirs) is not None:
            c.same(f"tls.{ours}", tls.get(ours), row[theirs])
    if row.get("group") in GROUPS:
        c.same("tls.group", tls.get("group"), GROUPS[row["group"]])
    if row.get("resumed") is not None:
        c.same("tls.resumed", tls.get("resumed"), bool(row["resumed"]))
    if row["server_hellos"]:
        c.same("tls.ja3s", tls.get("ja3s"), row["server_hellos"][0]["ja3s"])
        c.same("tls.hello_retry_request", tls.get("hello_retry_request"), row["hrr"])
    if row["client_hellos"]:
        c.same("tls.early_data", tls.get("early_data") != "not_offered", row["client_hellos"][0]["early_data"])
    for ours, theirs in (("ClientHello", "client_hello_time"), ("ServerHello", "server_hello_time")):
        if row.get(theirs):
            times = [e["at_ms"] for e in _tls_events(record, True) if e["name"] == ours]
            c.close(f"events.{ours}.at_ms", times[0] if times else None, (ns(row[theirs]) - at_ns(record)) / 1e6)
    if row.get("alpn_selected") is not None:    # decrypted
        sides = {e["from"] for e in _tls_events(record, False) if e["name"] == "Finished"}
        c.same("events.Finished", sides, {"client", "server"})
    theirs = [x["sha256"] for x in row["certs"].get("C" if c.swapped else "S", [])]
    if theirs:
        c.same("certificates.sha256", [x["sha256"] for x in record.get("certificates", [])], theirs)


def compare_quic(c, record, row):
    quic, capture = record.get("quic"), record["capture"]
    if quic is None:
        c.same("quic", None, row["versions"])
        return
    c.same("client", c.swapped, False)
    c.same("capture.packets", capture["packets"], row["datagrams"])
    c.same("quic.original_version", quic.get("original_version"), _quic_version(row["versions"][0]))
    c.same("quic.version", quic.get("version"), _quic_version(row["versions"][-1]))
    c.same("quic.dcid", quic.get("dcid"), row["odcid"])
    c.same("quic.scid", quic.get("scid"), row["client_scid"])
    if row["server_scid"] is not None:
        c.same("quic.server_scid", quic.get("server_scid"), row["server_scid"])
    if row.get("first_c_initial"):
        c.close("milestones.quic_start", record["milestones"].get("quic_start"),
                (ns(row["first_c_initial"]) - at_ns(record)) / 1e6)
    _compare_packets(c, record, row)
    _compare_quic_tls(c, record, row)


COMPARE = {"tls": compare_tls, "ws": compare_ws, "h2": compare_h2}


def disagreements(name, records, all_rows=None):
    """Every difference, and records or rows that have no counterpart."""
    all_rows = rows(name) if all_rows is None else all_rows
    found, matched, by_stream = [], [], {}
    for row in all_rows:
        if row["kind"] != "tcp":
            continue
        record, swapped = find(records, row)
        by_stream[row["stream"]] = record, swapped
        if record is None:
            found.append((row["stream"], "record", None, f"{row['client']} {row['server']}"))
            continue
        matched.append(id(record))
        c = Comparison(name, row["stream"], swapped)
        compare_tcp(c, record, row)
        found += c.found
    for row in all_rows:
        record, swapped = by_stream.get(row.get("stream"), (None, False))
        if row["kind"] in COMPARE and record is not None:
            c = Comparison(name, row["stream"], swapped)
            COMPARE[row["kind"]](c, record, row)
            found += c.found
    for row in (r for r in all_rows if r["kind"] == "quic"):
        record, swapped = find(records, row)
        if record is None:
            found.append((row["conn"], "record", None, f"{row['client']} {row['server']}"))
            continue
        matched.append(id(record))
        c = Comparison(name, row["conn"], swapped)
        compare_quic(c, record, row)
        found += c.found
    for record in records:
        if id(record) not in matched:
            ends = _ends(record)
            found.append((None, "record", f"{ends[0]} {ends[1]} {record['at']}", None))
    return found
