"""A name server for names under .test: python3 fake_dns.py [PORT]

    nx.test NXDOMAIN · fail.test SERVFAIL · refused.test REFUSED · silent.test no answer
    v4.test 127.0.0.1 · v6.test ::1 · both.test both · empty.test no records
    dead6.test silent fd00:9::2 and 127.0.0.1 · slow6.test 127.0.0.1, its AAAA never answered
"""
import ipaddress
import socket
import struct
import sys

A, AAAA = 1, 28
CODES = {"nx": 3, "fail": 2, "refused": 5}
RECORDS = {
    "v4": {A: "127.0.0.1"}, "v6": {AAAA: "::1"}, "both": {A: "127.0.0.1", AAAA: "::1"},
    "dead6": {A: "127.0.0.1", AAAA: "fd00:9::2"}, "slow6": {A: "127.0.0.1", AAAA: None}, "empty": {},
}


def answer(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    question = query[12:at + 5]
    kind = struct.unpack(">H", query[at + 1:at + 3])[0]
    name = labels[0]
    if name == "silent":
        return None
    code, records = CODES.get(name, 0), RECORDS.get(name)
    if code == 0 and records is None:
        code = 3
    data = b""
    if code == 0 and kind in records:
        if records[kind] is None:
            return None
        packed = ipaddress.ip_address(records[kind]).packed
        data = b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(packed)) + packed
    return query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, 1 if data else 0, 0, 0) + \
        question + data


def main():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 53))
    print("ready", flush=True)
    while True:
        query, client = sock.recvfrom(4096)
        reply = answer(query)
        if reply:
            sock.sendto(reply, client)


if __name__ == "__main__":
    main()
