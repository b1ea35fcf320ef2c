#!/usr/bin/env python3
"""Writes packet_frames.h: frames of every link and tunnel, with what tshark reads in them, and the
seeds of fuzz_packet. Those marked as captured are a Linux kernel's own. Needs tshark."""
import pathlib
import socket
import struct
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE.parent.parent / "fuzz" / "corpus" / "packet"
A4, B4 = "192.0.2.1", "198.51.100.2"
A6, B6 = "2001:db8::1", "2001:db8:1::2"
OUTER = ("10.0.0.1", "10.0.0.2")
TCP, UDP, GRE = 6, 17, 47
COOKED2_BYTE = 20  # what fuzz_packet takes for link type 276
SYN_OPTIONS = bytes.fromhex("020405b40402080a11223344000000000103030a")


def u16(value):
    return struct.pack(">H", value)


def u32(value):
    return struct.pack(">I", value)


def tcp(payload=b"", flags=0x018, options=b""):
    offset = (20 + len(options)) // 4
    return struct.pack(">HHIIHHHH", 51234, 4433, 0x11223344, 0x55667788, offset << 12 | flags,
                       64240, 0, 0) + options + payload


def udp(source, destination, payload):
    return struct.pack(">HHHH", source, destination, 8 + len(payload), 0) + payload


def checksum(header):
    total = sum(struct.unpack(f">{len(header) // 2}H", header))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def ip4(protocol, payload, ends=(A4, B4), options=b"", total=None):
    total = 20 + len(options) + len(payload) if total is None else total
    first = struct.pack(">BBHHHBB", 0x45 + len(options) // 4, 0, total, 7, 0x4000, 64, protocol)
    rest = socket.inet_aton(ends[0]) + socket.inet_aton(ends[1]) + options
    return first + u16(checksum(first + b"\0\0" + rest)) + rest + payload


def ip6(next_header, payload, ends=(A6, B6), length=None):
    length = len(payload) if length is None else length
    return struct.pack(">IHBB", 6 << 28, length, next_header, 64) + \
        b"".join(socket.inet_pton(socket.AF_INET6, end) for end in ends) + payload


def ethernet(ethertype, payload):
    return bytes.fromhex("020000000002020000000001") + u16(ethertype) + payload


def snap(ethertype, payload):
    return bytes.fromhex("aaaa03000000") + u16(ethertype) + payload


def pppoe(payload):
    return bytes.fromhex("11000007") + u16(len(payload)) + payload


def label(value, is_last):
    return u32(value << 12 | is_last << 8 | 64)


def attribute(kind, value):
    return struct.pack("<HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def wlan(payload, control="8801", qos="0000", extra=""):
    macs = bytes.fromhex("020000000001" "020000000002" "020000000003")
    return bytes.fromhex(control + "0000") + macs + bytes.fromhex("1000" + extra + qos) + payload


def gre(ethertype, payload, flags=0, fields=b""):
    return u16(flags) + u16(ethertype) + fields + payload


def vxlan(payload, reserved="000000"):
    return udp(49152, 4789, bytes.fromhex("08" + reserved + "00002a00") + payload)


def geneve(ethertype, payload, options=b""):
    header = struct.pack(">BBHI", len(options) // 4, 0, ethertype, 42 << 8)
    return udp(49152, 6081, header + options + payload)


def gtp(payload, flags=0x30, optional=b""):
    header = struct.pack(">BBHI", flags, 255, len(optional) + len(payload), 42)
    return udp(2152, 2152, header + optional + payload)


def nsh(payload, next_protocol):
    return struct.pack(">BBBB", 0x0f, 0xc6, 1, next_protocol) + bytes(20) + payload


def gpe(payload, next_protocol):
    return udp(49152, 4790, bytes.fromhex("0c0000") + bytes([next_protocol]) + u32(42 << 8) + payload)


def ayiya(payload):
    identity = socket.inet_pton(socket.AF_INET6, A6)
    return udp(49152, 5072, bytes.fromhex("42522129") + u32(1) + identity + bytes(20) + payload)


def through(protocol, payload):
    """Over the outer addresses, on Ethernet."""
    return ethernet(0x0800, ip4(protocol, payload, OUTER))


S4 = ip4(TCP, tcp(options=SYN_OPTIONS, flags=0x002))
D4 = ip4(TCP, tcp(b"hello"))
D6 = ip6(TCP, tcp(b"hello"))
E4, E6 = ethernet(0x0800, D4), ethernet(0x86dd, D6)
NESTED = D4
for _ in range(8):
    NESTED = ip4(4, NESTED, OUTER)


def header6(next_header, rest):
    return bytes([next_header]) + bytes.fromhex(rest)


# hop-by-hop options, routing, destination options, an only fragment, authentication
EXTENDED6 = ip6(0, header6(43, "00050200000100") + header6(60, "02000000000000") +
                socket.inet_pton(socket.AF_INET6, A6) + header6(44, "00010400000000") +
                header6(51, "00000001020304") + header6(TCP, "0400000000000100000002") + bytes(12) +
                tcp(b"hello"))
JUMBO = ip6(0, header6(TCP, "00c204") + u32(100000) + tcp(b"hello"), length=0)

# name, link type, bytes; and where it differs, the length that the frame had on the wire.
FRAMES = [
    ("ethernet", 1, ethernet(0x0800, S4)),
    ("ethernet, IPv6", 1, E6),
    ("ethernet, padded to 60 bytes", 1, ethernet(0x0800, ip4(TCP, tcp(flags=0x110))) + bytes(6)),
    ("ethernet, UDP", 1, ethernet(0x0800, ip4(UDP, udp(40000, 53, b"question")))),
    ("ethernet, UDP with bytes behind it", 1,
     ethernet(0x0800, ip4(UDP, udp(40000, 53, b"question") + b"surplus"))),
    ("ethernet, cut in the payload", 1, ethernet(0x0800, ip4(TCP, tcp(bytes(1000))))[:100], 1054),
    ("802.1Q", 1, ethernet(0x8100, u16(5) + u16(0x0800) + D4)),
    ("QinQ", 1, ethernet(0x88a8, u16(5) + u16(0x8100) + u16(6) + u16(0x86dd) + D6)),
    ("QinQ of old", 1, ethernet(0x9100, u16(5) + u16(0x8100) + u16(6) + u16(0x0800) + D4)),
    ("LLC and SNAP", 1, ethernet(len(snap(0x0800, D4)), snap(0x0800, D4)) + bytes(4)),
    ("LLC alone", 1, ethernet(len(D4) + 3, bytes.fromhex("060603") + D4)),
    ("802.1Q, SNAP", 1, ethernet(0x8100, u16(5) + u16(len(D4) + 8) + snap(0x0800, D4))),
    ("VN-Tag", 1, ethernet(0x8926, bytes(4) + u16(0x0800) + D4)),
    ("MAC in MAC", 1, ethernet(0x88e7, bytes(4) + E4)),
    ("FabricPath", 1, ethernet(0x8903, bytes.fromhex("0040") + E4 + b"FCS.")),
    ("PPPoE", 1, ethernet(0x8864, pppoe(u16(0x0021) + D4))),
    ("PPPoE, IPv6", 1, ethernet(0x8864, pppoe(u16(0x0057) + D6))),
    ("MPLS", 1, ethernet(0x8847, label(16, 1) + D4)),
    ("MPLS, two labels", 1, ethernet(0x8848, label(16, 0) + label(17, 1) + D6)),
    ("MPLS, ethernet behind a control word", 1, ethernet(0x8847, label(20, 1) + bytes(4) + E4)),
    ("MPLS, ethernet", 1, ethernet(0x8847, label(21, 1) + E4)),
    ("cooked, captured", 113, bytes.fromhex(
        "0004000100066a44dd91ad3c000086dd6004a4910028064020010db800010000000000000000000120010db8"
        "000100000000000000000002db4811515a4416ea00000000a002fd205ba50000020405a00402080ab41ec509"
        "000000000103030a")),
    ("cooked, 802.2", 113, bytes.fromhex("00000001000602000000000100000004") + snap(0x0800, D4)),
    ("cooked v2, captured", 276, bytes.fromhex(
        "080000000000000300010406d2e27529119900004500003cc79e400040061eb3c6336401c6336402a0cc1151"
        "1bb5211f00000000a002faf054990000020405b40402080afe73f87a000000000103030a")),
    ("raw", 101, D4),
    ("raw, IPv6", 101, D6),
    ("IPv4", 228, D4),
    ("IPv6", 229, D6),
    ("BSD loopback", 0, struct.pack("<I", 2) + D4),
    ("BSD loopback, the other order", 0, struct.pack(">I", 2) + D4),
    ("NetBSD loopback, IPv6", 0, struct.pack("<I", 24) + D6),
    ("FreeBSD loopback, IPv6", 0, struct.pack("<I", 28) + D6),
    ("Darwin loopback, IPv6", 0, struct.pack("<I", 30) + D6),
    ("OpenBSD loopback", 108, struct.pack(">I", 2) + D4),
    ("PPP", 9, bytes.fromhex("ff030021") + D4),
    ("PPP, compressed", 9, bytes.fromhex("21") + D4),
    ("PPP, IPv6", 9, bytes.fromhex("0057") + D6),
    ("PPP, MPLS", 9, bytes.fromhex("ff030281") + label(16, 1) + D4),
    ("PPP over a serial line", 50, bytes.fromhex("ff030021") + D4),
    ("HDLC over a serial line", 50, bytes.fromhex("0f000800") + D4),
    ("HDLC", 104, bytes.fromhex("8f0086dd") + D6),
    ("NFLOG", 239, bytes.fromhex("02000001") + attribute(1, bytes.fromhex("08000300")) +
     attribute(10, b"log\0\0") + attribute(9, D4)),
    ("802.11", 105, wlan(snap(0x0800, D4), control="0801", qos="")),
    ("802.11, QoS", 105, wlan(snap(0x86dd, D6))),
    ("802.11, QoS and HT control", 105, wlan(snap(0x0800, D4), control="8881", qos="000000000000")),
    ("802.11, four addresses", 105, wlan(snap(0x0800, D4), control="8803", extra="020000000004")),
    ("802.11, aggregate", 105, wlan(bytes.fromhex("020000000001020000000002") +
                                    u16(len(D4) + 8) + snap(0x0800, D4), qos="8000")),
    ("radiotap", 127, bytes.fromhex("00000800") + bytes(4) + wlan(snap(0x0800, D4))),
    ("radiotap, padded", 127, bytes.fromhex("00001900030000a000000020") + bytes(4) +
     bytes(8) + bytes.fromhex("20") + wlan(bytes(2) + snap(0x0800, D4))),
    ("IPv4 options", 1,
     ethernet(0x0800, ip4(TCP, tcp(b"hello"), options=bytes.fromhex("94040000")))),
    ("IPv4 without a length", 1, ethernet(0x0800, ip4(TCP, tcp(b"hello"), total=0))),
    ("IPv4 authentication header", 1, ethernet(0x0800, ip4(51, bytes.fromhex(
        "0604000000000001000000020102030405060708090a0b0c") + tcp(b"hello")))),
    ("IPv6 extension headers", 1, ethernet(0x86dd, EXTENDED6)),
    ("IPv6 jumbo", 1, ethernet(0x86dd, JUMBO), 14 + 40 + 100000),
    ("IP in IP", 1, through(4, D4)),
    ("6in4", 1, through(41, D6)),
    ("4in6", 1, ethernet(0x86dd, ip6(4, D4))),
    ("6in6", 1, ethernet(0x86dd, ip6(41, D6, (B6, A6)))),
    ("eight tunnels", 1, ethernet(0x0800, NESTED)),
    ("EtherIP", 1, through(97, bytes.fromhex("3000") + E4)),
    ("MPLS in IP", 1, through(137, label(16, 1) + D4)),
    ("GRE", 1, through(GRE, gre(0x0800, D4))),
    ("GRE, all fields", 1, through(GRE, gre(0x86dd, D6, 0xb000, bytes(12)))),
    ("GRE over IPv6, ethernet", 1, ethernet(0x86dd, ip6(GRE, gre(0x6558, E4, 0x2000, bytes(4))))),
    ("PPTP", 1, through(GRE, gre(0x880b, bytes.fromhex("ff030021") + D4, 0x3081,
                                 u16(len(D4) + 4) + bytes(10)))),
    ("ERSPAN I", 1, through(GRE, gre(0x88be, E4))),
    ("ERSPAN II", 1, through(GRE, gre(0x88be, bytes.fromhex("1005000100000000") + E4, 0x1000,
                                      bytes(4)))),
    ("ERSPAN III", 1, through(GRE, gre(0x22eb, bytes.fromhex("200500010000000000000000") + E4,
                                       0x1000, bytes(4)))),
    ("ERSPAN III with a subheader", 1,
     through(GRE, gre(0x22eb, bytes.fromhex("200500010000000000000001") +
                      bytes.fromhex("0c00000000000000") + E4, 0x1000, bytes(4)))),
    ("WCCP 1", 1, through(GRE, gre(0x883e, D4))),
    ("WCCP 2", 1, through(GRE, gre(0x883e, bytes.fromhex("00001234") + D4))),
    ("access point", 1, through(GRE, gre(0x8200, wlan(snap(0x0800, D4))))),
    ("VXLAN, captured", 1, bytes.fromhex(
        "6e1439f62ca8be154247382708004500006e3d9e00004011b8ddc0000201c0000202ce8112b5005a720c0800"
        "000000002a007aa222f64b4ed2e27529119908004500003cc79e400040061eb3c6336401c6336402a0cc1151"
        "1bb5211f00000000a002faf054990000020405b40402080afe73f87a000000000103030a")),
    ("VXLAN over IPv6, captured", 1, bytes.fromhex(
        "be15424738276e1439f62ca886dd60000000005a114020010db800000000000000000000000220010db80000"
        "00000000000000000001ed3112b5005a05c00800000000002b006a44dd91ad3c624c86955e9486dd60094174"
        "0014064020010db800010000000000000000000220010db80001000000000000000000011151db4800000000"
        "5a4416eb501400005b910000")),
    ("VXLAN, reserved bits set", 1, through(UDP, vxlan(E4, reserved="ffffff"))),
    ("VXLAN, UDP", 1, through(UDP, vxlan(ethernet(0x0800, ip4(UDP, udp(40000, 53, b"question")))))),
    ("Geneve, ethernet behind options", 1,
     through(UDP, geneve(0x6558, E6, bytes.fromhex("0102800111223344")))),
    ("Geneve, IP", 1, through(UDP, geneve(0x0800, D4))),
    ("GTP", 1, through(UDP, gtp(D4))),
    ("GTP, sequence number", 1, through(UDP, gtp(D6, 0x32, bytes.fromhex("00010000")))),
    ("GTP, extension headers", 1, through(UDP, gtp(D4, 0x34, bytes.fromhex(
        "00000085" "01000985" "0201020304050600")))),
    ("Teredo", 1, through(UDP, udp(49152, 3544, D6))),
    ("Teredo, authentication and origin", 1, through(UDP, udp(3544, 49152, bytes.fromhex(
        "000100001122334455667788" "00" "0000ec78f5ffff9a") + D6))),
    ("VXLAN, the port of old", 1, through(UDP, udp(49152, 8472, vxlan(E4)[8:]))),
    ("VXLAN-GPE, IP", 1, through(UDP, gpe(D4, 1))),
    ("VXLAN-GPE, ethernet", 1, through(UDP, gpe(E6, 3))),
    ("VXLAN-GPE, NSH", 1, through(UDP, gpe(nsh(D4, 1), 4))),
    ("NSH", 1, ethernet(0x894f, nsh(E4, 3))),
    ("MPLS in UDP", 1, through(UDP, udp(49152, 6635, label(16, 1) + D4))),
    ("L2TP", 1, through(UDP, udp(1701, 1701, bytes.fromhex("000200010002ff030021") + D4))),
    ("L2TP, all fields", 1, through(UDP, udp(1701, 1701, bytes.fromhex("4a02") + u16(18 + len(D4)) + bytes.fromhex(
        "00010002" "00030004" "0002" "0000" "0021") + D4))),
    ("AYIYA", 1, through(UDP, ayiya(D6))),
    ("tunnels in tunnels", 1, ethernet(0x8100, u16(5) + u16(0x0800) + ip4(UDP, vxlan(
        ethernet(0x86dd, ip6(GRE, gre(0x0800, ip4(41, ip6(UDP, gtp(D4))))))), OUTER))),
]

HEAD = """\
/* Frames of every link and tunnel, and what tshark reads in the innermost packet. Written by
 * make_packet_frames.py. */
/* clang-format off */
static const struct packet_frame {
    const char *name;
    int link;
    const char *hex;
    uint8_t family;
    hs_packet_kind kind;
    const char *source;
    const char *destination;
    uint16_t source_port;
    uint16_t destination_port;
    uint32_t sequence;
    uint32_t acknowledgment;
    uint16_t flags;
    uint16_t window;
    uint32_t payload_length;
} packet_frames[] = {
"""

FIELDS = ["frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.srcport",
          "tcp.dstport", "udp.srcport", "udp.dstport", "tcp.seq_raw", "tcp.ack_raw", "tcp.flags",
          "tcp.window_size_value", "tcp.len", "udp.length"]


def write_pcap(path, frames):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, frames[0][1]))
        for frame in frames:
            wire = frame[3] if len(frame) > 3 else len(frame[2])
            out.write(struct.pack("<IIII", 1, 0, len(frame[2]), wire) + frame[2])


def witness(frames):
    """What tshark reads: of a value that stands in a frame several times, the last."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "frames.pcap"
        write_pcap(path, frames)
        command = ["tshark", "-r", str(path), "-T", "fields", "-E", "occurrence=l",
                   "-d", "mpls.label==20,pwethcw", "-d", "mpls.label==21,pwethnocw",
                   "-d", "udp.port==8472,vxlan"]
        for field in FIELDS:
            command += ["-e", field]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [dict(zip(FIELDS, line.split("\t"))) for line in out.splitlines()]


def row(frame, seen):
    layers = seen["frame.protocols"].split(":")
    transport = [name for name in layers if name in ("tcp", "udp")][-1]
    family = [name for name in layers if name in ("ip", "ipv6")][-1]
    length = int(seen["tcp.len"]) if transport == "tcp" else int(seen["udp.length"]) - 8
    tcp_values = ["0"] * 4
    if transport == "tcp":
        names = ("seq_raw", "ack_raw", "flags", "window_size_value")
        tcp_values = [seen[f"tcp.{name}"] for name in names]
    kind = f"HS_PACKET_{transport.upper()}"
    ends = [family[-1] if family == "ipv6" else "4", kind,
            f'"{seen[family + ".src"]}"', f'"{seen[family + ".dst"]}"']
    values = [seen[transport + ".srcport"], seen[transport + ".dstport"], *tcp_values, str(length)]
    text = frame[2].hex()
    lines = [f'     "{text[i:i + 80]}"' for i in range(0, len(text), 80)]
    return "\n".join([f'    {{"{frame[0]}", {frame[1]},', *lines]) + \
        f",\n     {', '.join(ends)},\n     {', '.join(values)}}},\n"


def main():
    rows = [None] * len(FRAMES)
    for link in sorted({frame[1] for frame in FRAMES}):
        places = [i for i, frame in enumerate(FRAMES) if frame[1] == link]
        seen = witness([FRAMES[i] for i in places])
        for i, values in zip(places, seen, strict=True):
            try:
                rows[i] = row(FRAMES[i], values)
            except (IndexError, ValueError) as error:
                raise SystemExit(f"{FRAMES[i][0]}: {error}: {values}") from error
    (HERE / "packet_frames.h").write_text(HEAD + "".join(rows) + "};\n")
    CORPUS.mkdir(parents=True, exist_ok=True)
    for name, link, data, *_ in FRAMES:
        file = "".join(c if c.isalnum() else "_" for c in name.lower())
        (CORPUS / file).write_bytes(bytes([link if link < 256 else COOKED2_BYTE]) + data)


if __name__ == "__main__":
    main()
