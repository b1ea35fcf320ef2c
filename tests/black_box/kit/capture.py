"""A capture of a test's own connection, and what tshark reads in it."""
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import time
import xml.etree.ElementTree as ET

import pytest

from .process import Child

HANDSHAKE = {
    0: "HelloRequest", 1: "ClientHello", 2: "ServerHello", 4: "NewSessionTicket",
    5: "EndOfEarlyData", 8: "EncryptedExtensions", 11: "Certificate", 12: "ServerKeyExchange",
    13: "CertificateRequest", 14: "ServerHelloDone", 15: "CertificateVerify",
    16: "ClientKeyExchange", 20: "Finished", 22: "CertificateStatus", 24: "KeyUpdate",
}
FRAMES = {0: "DATA", 1: "HEADERS", 2: "PRIORITY", 3: "RST_STREAM", 4: "SETTINGS",
          5: "PUSH_PROMISE", 6: "PING", 7: "GOAWAY", 8: "WINDOW_UPDATE", 9: "CONTINUATION"}
# RFC 8446 4.1.3: the random of a ServerHello that is a HelloRetryRequest.
RETRY = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"


class Capture:
    """tcpdump on loopback for one port; `with` starts it, and ends it when all is on disk. UDP says
    of no connection that it is over: there `settled` does, a function of the file's bytes."""

    def __init__(self, directory, port, options=(), connections=1, protocol="tcp", settled=None):
        self.connections = connections
        self.settled = settled
        if not shutil.which("tcpdump", path="/usr/bin:/usr/sbin:/sbin"):
            pytest.skip("tcpdump is not installed")
        self.file = pathlib.Path(directory) / f"port-{port}.pcap"
        self.port = port
        command = ["tcpdump", "-i", "lo", "-n", "-U", "--immediate-mode", "-s", "0", *options, "-w",
                   self.file, protocol, "port", str(port)]
        if os.geteuid() != 0:
            pytest.skip("a capture on loopback needs root")
        self.child = Child(command, pathlib.Path(directory) / "tcpdump.log")
        try:
            self.child.wait_output("listening on")
        except AssertionError as e:
            self.child.stop()
            pytest.skip(f"no capture on loopback here: {e}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._settle()
        self.child.signal(signal.SIGINT)
        self.child.wait(10)
        self.child.stop()

    def dropped(self):
        """Whether packets are missing from it: a busy machine, not somebody's fault."""
        found = re.search(r"(\d+) packets? dropped by kernel", self.child.output())
        return bool(found and int(found.group(1)))

    def is_whole(self):
        """Whether as many connections as there should be are in it, each with both its ends."""
        begun, ended = set(), set()
        for flow, flags in _tcp_flags(self.file.read_bytes() if self.file.exists() else b""):
            if flags & 0x12 == 0x02:
                begun.add(flow)
            if flags & 0x04:
                ended |= {flow, flow[::-1]}
            elif flags & 0x01:
                ended.add(flow)
        return len(begun) >= self.connections and all(
            flow in ended and flow[::-1] in ended for flow in begun)

    def _settle(self):
        """Until every connection's end is on disk: tcpdump may lag behind what it has caught."""
        deadline = time.monotonic() + 10
        while not self.is_whole() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.1)   # the last ACK


def _tcp_flags(data):
    """((source port, destination port), flags) of each TCP packet of a pcap of loopback."""
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        packet = data[at + 16:at + 16 + length]
        at += 16 + length
        if len(packet) < length:
            return
        kind = packet[12:14]
        start = 14 + (packet[14] & 15) * 4 if kind == b"\x08\x00" else 54
        if len(packet) >= start + 14:
            yield struct.unpack_from(">HH", packet, start), packet[start + 13]


def tshark(file, *options, keylog=None):
    if not shutil.which("tshark"):
        pytest.skip("tshark is not installed")
    keys = ["-o", f"tls.keylog_file:{keylog}"] if keylog else []
    done = subprocess.run(["tshark", "-n", "-r", str(file), *keys, *options], capture_output=True,
                          text=True, timeout=120,
                          env={**os.environ, "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0, done.stderr
    return done.stdout


def streams(file):
    """TCP stream numbers in the capture, in order of their SYN."""
    out = tshark(file, "-Y", "tcp.flags.syn==1 && tcp.flags.ack==0", "-T", "fields", "-e",
                 "tcp.stream")
    return [int(line) for line in out.split()]


def messages(file, port, keylog=None, stream=0):
    """[(from, layer, name)] of one TCP stream, in order: TLS messages and HTTP/2 frames."""
    pdml = tshark(file, "-d", f"tcp.port=={port},tls", "-Y", f"tcp.stream=={stream} && tls", "-T",
                  "pdml", "-J", "tcp tls http2", keylog=keylog)
    found = []
    for packet in ET.fromstring(pdml).iter("packet"):
        source = next(f.get("show") for f in packet.iter("field") if f.get("name") == "tcp.srcport")
        side = "server" if int(source) == port else "client"
        for field in packet.iter("field"):
            name, show = field.get("name"), field.get("show")
            if name == "tls.handshake.type":
                found.append((side, "tls", HANDSHAKE.get(int(show), f"type {show}")))
            elif name == "tls.handshake.random" and found[-1][2] == "ServerHello":
                if (field.get("value") or "").lower() == RETRY:
                    found[-1] = (side, "tls", "HelloRetryRequest")
            elif name == "tls.change_cipher_spec":
                found.append((side, "tls", "ChangeCipherSpec"))
            elif name == "tls.alert_message.level":
                found.append((side, "tls", "Alert"))
            elif name == "http2.type":
                found.append((side, "http2", FRAMES.get(int(show), f"type {show}")))
    return found
