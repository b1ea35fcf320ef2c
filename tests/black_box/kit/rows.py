"""What tshark says of a capture, as rows of the form that foreign.py compares.

A row of kind tcp for each stream, and of kind tls, ws and h2 where there is such a thing in it. Times
are epoch seconds as decimal strings, as tshark prints them; differences are computed from these.
"""
import hashlib
import xml.etree.ElementTree as ET
from decimal import Decimal

from .capture import HANDSHAKE, RETRY, tshark

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
_TCP = ("frame.number", "frame.time_epoch", "frame.len", "frame.cap_len", "tcp.stream", "ip.src", "ip.dst",
        "ipv6.src", "ipv6.dst", "tcp.srcport", "tcp.dstport", "tcp.flags", "tcp.seq_raw", "tcp.ack_raw",
        "tcp.option_kind", "tcp.options.mss_val", "tcp.options.wscale.shift", "tcp.options.tfo.cookie",
        "tcp.analysis.retransmission", "tcp.analysis.spurious_retransmission",
        "tcp.analysis.out_of_order", "tcp.analysis.lost_segment")
_VERSIONS = {0x0300: "SSL3.0", 0x0301: "TLS1.0", 0x0302: "TLS1.1", 0x0303: "TLS1.2", 0x0304: "TLS1.3"}
_PRE_SHARED_KEY = 41


# ---- TCP

class _Packet:
    def __init__(self, value):
        self.value = value
        self.number, self.time = int(value["frame.number"]), value["frame.time_epoch"]
        self.flags = int(value["tcp.flags"], 16)
        self.seq, self.ack = int(value["tcp.seq_raw"]), int(value["tcp.ack_raw"])
        self.source = (value["ip.src"] or value["ipv6.src"]) + "|" + value["tcp.srcport"]
        self.destination = (value["ip.dst"] or value["ipv6.dst"]) + "|" + value["tcp.dstport"]
        self.from_client = None

    def has(self, flags, without=0):
        return self.flags & flags == flags and not self.flags & without


def _packets(file):
    """{stream: its packets}"""
    options = [word for name in _TCP for word in ("-e", name)]
    out = tshark(file, "-Y", "tcp", "-T", "fields", "-E", "separator=;", *options)
    found = {}
    for line in out.splitlines():
        packet = _Packet(dict(zip(_TCP, line.split(";"))))
        found.setdefault(int(packet.value["tcp.stream"]), []).append(packet)
    return found


def _opening(packet):
    """A SYN's or a SYN-ACK's own values."""
    value, kinds = packet.value, packet.value["tcp.option_kind"].split(",")
    row = {"isn": packet.seq, "flags": f"{packet.flags:03x}", "sack": "4" in kinds, "ts": "8" in kinds}
    if value["tcp.options.mss_val"]:
        row["mss"] = int(value["tcp.options.mss_val"])
    if value["tcp.options.wscale.shift"]:
        row["wscale"] = int(value["tcp.options.wscale.shift"])
    if "30" in kinds:
        row["mptcp"] = True
    if "34" in kinds:
        row["tfo"] = value["tcp.options.tfo.cookie"] or "request"
    return row


def _apart(earlier, later):
    return str(Decimal(later.time) - Decimal(earlier.time))


def _round_trips(row, packets, syns, syn_acks):
    # Of a connection that both ends open, the time from the client's own SYN.
    before = [p for p in syns if p.from_client and p.number < syn_acks[0].number]
    acks = [p for p in packets if p.number > syn_acks[0].number and p.from_client
            and p.has(ACK, SYN | RST) and p.ack == (syn_acks[0].seq + 1) % 2**32]
    if before:
        row["rtt_server"] = _apart(before[-1], syn_acks[0])
    if acks:
        row["rtt_client"] = _apart(syn_acks[0], acks[0])
    if before and acks:
        row["handshake"] = _apart(before[0], acks[0])


def _close_order(packets):
    """The first FIN and the first RST of each side, in order."""
    order = []
    for packet in packets:
        side = "client" if packet.from_client else "server"
        for flag, name in ((FIN, "fin"), (RST, "rst")):
            if packet.has(flag) and f"{name}_{side}" not in order:
                order.append(f"{name}_{side}")
    return order


def _tcp_row(stream, packets):
    syns = [p for p in packets if p.has(SYN, ACK)]
    first = syns[0] if syns else packets[0]
    client, server = first.source, first.destination
    for packet in packets:
        packet.from_client = packet.source == client
    syn_acks = [p for p in packets if p.has(SYN | ACK) and not p.from_client]
    row = {"kind": "tcp", "stream": stream, "client": client, "server": server,
           "midstream": not syns and not syn_acks, "first": packets[0].time,
           "frames": [packets[0].number, packets[-1].number], "packets": len(packets),
           "syn_times": [p.time for p in syns if p.from_client],
           "synack_times": [p.time for p in syn_acks],
           "syn_reverse": sum(not p.from_client for p in syns), "close_order": _close_order(packets),
           "truncated_frames": sum(p.value["frame.cap_len"] != p.value["frame.len"] for p in packets)}
    if syns:
        row["syn"] = _opening(syns[0])
    if syn_acks:
        row["synack"] = _opening(syn_acks[0])
        _round_trips(row, packets, syns, syn_acks)
    for name, field in (("retrans", "retransmission"), ("spurious", "spurious_retransmission"),
                        ("ooo", "out_of_order"), ("lost", "lost_segment")):
        row[name] = sum(p.value[f"tcp.analysis.{field}"] != "" for p in packets)
    return row


# ---- what is in the streams

def _all(node, name):
    return [f for f in node.iter("field") if f.get("name") == name]


def _show(node, name):
    return next((f.get("show") for f in _all(node, name)), None)


def _number(node, name):
    show = _show(node, name)
    return int(show, 0) if show else None


def _raw(node, name):
    return next((bytes.fromhex(f.get("value")) for f in _all(node, name)), None)


def _client_hello(row, node, time):
    if not row["client_hellos"]:
        name = _raw(node, "tls.handshake.extensions_server_name")
        row.update(sni=name.decode() if name else None, ja3=_show(node, "tls.handshake.ja3"),
                   client_hello_time=time)
    row["client_hellos"] += 1
    row["session_id"] = _show(node, "tls.handshake.session_id")


def _server_hello(row, node, time):
    version = _number(node, "tls.handshake.extensions.supported_version") \
        or _number(node, "tls.handshake.version")
    row["server_hellos"] += 1
    row["version"] = _VERSIONS.get(version, f"0x{version:04x}")
    row["cipher"] = f"{_number(node, 'tls.handshake.ciphersuite'):04x}"
    row["ja3s"], row["server_hello_time"] = _show(node, "tls.handshake.ja3s"), time
    group = _number(node, "tls.handshake.extensions_key_share_group")
    if group is not None:
        row["group"] = f"{group:04x}"
    if version == 0x0304:
        kinds = {int(f.get("show")) for f in _all(node, "tls.handshake.extension.type")}
        row["resumed"] = _PRE_SHARED_KEY in kinds
    else:
        # RFC 5246 7.3: with the client's own session ID, the server resumes that session.
        ours = _show(node, "tls.handshake.session_id")
        row["resumed"] = bool(ours) and ours == row["session_id"]


def _handshake(row, side, node, time):
    kind = _number(node, "tls.handshake.type")
    if kind is None:
        return      # encrypted, and no secret for it
    name = HANDSHAKE.get(kind, f"type {kind}")
    if name == "ServerHello" and _raw(node, "tls.handshake.random").hex() == RETRY:
        name, row["hrr"] = "HelloRetryRequest", True
    row["messages"].append(f"{side}:{name}")
    if name == "ClientHello":
        _client_hello(row, node, time)
    elif name == "ServerHello":
        _server_hello(row, node, time)
    elif name == "Certificate":
        row["certs"][side] = [{"sha256": hashlib.sha256(bytes.fromhex(f.get("value"))).hexdigest()}
                              for f in _all(node, "tls.handshake.certificate")]
    if name in ("ServerHello", "EncryptedExtensions"):
        alpn = _raw(node, "tls.handshake.extensions_alpn_str")
        if alpn:
            row["alpn_selected"] = alpn.decode()
    # What only a secret brings to light.
    row["decrypted"] |= name in ("Finished", "EncryptedExtensions", "EndOfEarlyData")


def _tls(row, side, node, time):
    for field in node.iter("field"):
        if field.get("name") == "tls.handshake":
            _handshake(row, side, field, time)
        elif field.get("name") == "tls.change_cipher_spec":
            row["messages"].append(f"{side}:ChangeCipherSpec")
        elif field.get("name") == "tls.alert_message":
            level = _number(field, "tls.alert_message.level")
            if level is not None:
                row["messages"].append(f"{side}:Alert")
                row["alerts"].append({"side": side, "level": level,
                                      "desc": _number(field, "tls.alert_message.desc")})


def _upgrade(row, node):
    if _show(node, "http.sec_websocket_key"):
        row["request"] = {"key": _show(node, "http.sec_websocket_key")}
    if _show(node, "http.response.code") and "request" in row and "response" not in row:
        row["status"] = _number(node, "http.response.code")
        row["response"] = {name: _show(node, f"http.sec_websocket_{name}")
                           for name in ("accept", "protocol", "extensions")}


def _empty_tls(stream):
    return {"kind": "tls", "stream": stream, "midstream": False, "messages": [], "client_hellos": 0,
            "server_hellos": 0, "hrr": False, "certs": {}, "alerts": [], "decrypted": False}


def _contents(file, clients, keylog):
    out = tshark(file, "-Y", "tls or http or http2", "-T", "pdml", "-J",
                 "frame ip ipv6 tcp tls http http2", keylog=keylog)
    tls, ws, h2 = {}, {}, {}
    for packet in ET.fromstring(out).iter("packet"):
        stream, time = _number(packet, "tcp.stream"), _show(packet, "frame.time_epoch")
        source = (_show(packet, "ip.src") or _show(packet, "ipv6.src")) + "|" + _show(packet, "tcp.srcport")
        side = "C" if source == clients[stream] else "S"
        for layer in packet.findall("proto"):
            if layer.get("name") == "tls":
                _tls(tls.setdefault(stream, _empty_tls(stream)), side, layer, time)
            elif layer.get("name") == "http":
                _upgrade(ws.setdefault(stream, {"kind": "ws", "stream": stream}), layer)
            elif layer.get("name") == "http2" and _all(layer, "http2.magic"):
                h2[stream] = {"kind": "h2", "stream": stream, "preface": True}
    for row in tls.values():
        row.pop("session_id", None)
    return [*tls.values(), *(row for row in ws.values() if "response" in row), *h2.values()]


def rows(file, keylog=None):
    streams = [_tcp_row(stream, packets) for stream, packets in sorted(_packets(file).items())]
    return streams + _contents(file, {row["stream"]: row["client"] for row in streams}, keylog)
