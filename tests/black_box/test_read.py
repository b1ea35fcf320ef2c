"""`read` on captures made here and now, of peers that others wrote; tshark is the witness."""
import gzip
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

import pytest

from kit.capture import Capture, messages, tshark
from kit.peers import need
from kit.probe import check_clean, validate
from kit.process import free_port, wait_until


def curl(port, *options, keys=None, path="/"):
    done = subprocess.run([need("curl"), "-s", "-4", "-k", "-o", "/dev/null", *options,
                           f"https://localhost:{port}{path}"], capture_output=True, timeout=20,
                          env={**os.environ, **({"SSLKEYLOGFILE": str(keys)} if keys else {})})
    assert done.returncode == 0, done.stderr


def records_of(hs, *arguments, status=0, **options):
    result = hs.run("read", "--json", *arguments, **options)
    assert result.status == status, repr(result)
    return [validate(json.loads(line)) for line in result.stdout.splitlines()]


def fields(file, query, *names, keylog=None):
    """The values of each packet that the query picks, as lists of strings."""
    out = tshark(file, "-Y", query, "-T", "fields", *[x for n in names for x in ("-e", n)],
                 "-o", "tcp.relative_sequence_numbers:FALSE", keylog=keylog)
    return [line.split("\t") for line in out.splitlines()]


class Recording:
    def __init__(self, file, keys, port):
        self.file, self.keys, self.port = file, keys, port


@pytest.fixture(scope="module")
def recordings(nginx, tmp_path_factory):
    """curl and nginx, TLS 1.2 and 1.3, each with its secrets."""
    made = {}
    for version, options in (("1.2", ["--tls-max", "1.2"]), ("1.3", ["--tlsv1.3"])):
        made[version] = record(nginx, tmp_path_factory, version, options)
    return made


def record(nginx, tmp_path_factory, version, options):
    for _ in range(3):      # a busy machine may lose packets of a capture
        folder = tmp_path_factory.mktemp(f"tls{version}")
        with Capture(folder, nginx.h2) as capture:
            curl(nginx.h2, *options, keys=folder / "keys")
        if capture.is_whole() and not capture.dropped():
            return Recording(capture.file, folder / "keys", nginx.h2)
    pytest.skip("the capture lost packets three times")


@pytest.fixture(params=["1.2", "1.3"])
def recording(request, recordings):
    recordings[request.param].version = request.param
    return recordings[request.param]


# ---- what it says

def test_tcp_as_tshark_has_it(hs, recording):
    record, = records_of(hs, recording.file)
    syn, = fields(recording.file, "tcp.flags.syn==1 && tcp.flags.ack==0", "tcp.seq", "tcp.srcport",
                  "tcp.options.mss_val", "tcp.options.wscale.shift", "frame.time_epoch", "ip.src")
    ack, = fields(recording.file, "tcp.flags.syn==1 && tcp.flags.ack==1", "tcp.seq",
                  "tcp.options.mss_val", "tcp.options.wscale.shift", "frame.time_epoch")
    assert record["client"] == {"address": syn[5], "port": int(syn[1])}
    assert record["target"]["address"] == "127.0.0.1" and record["target"]["port"] == recording.port
    client, server = record["tcp"]["client"], record["tcp"]["server"]
    assert [client["isn"], client["mss"], client["window_scale"]] == [int(x) for x in (syn[0], *syn[2:4])]
    assert [server["isn"], server["mss"], server["window_scale"]] == [int(x) for x in ack[:3]]
    assert record["tcp"]["rtt_server_ms"] == \
        pytest.approx((float(ack[3]) - float(syn[4])) * 1e3, abs=0.0011)
    packets = fields(recording.file, "tcp", "frame.number")
    assert record["capture"]["packets"] == len(packets)
    assert record["capture"]["first_packet"] == 1 and record["capture"]["midstream"] is False
    assert record["tcp"]["ended"] == "client_fin"
    reached = {(s["side"], s["to"]) for s in record["tcp"]["states"]}
    assert {("client", "ESTABLISHED"), ("server", "ESTABLISHED"), ("client", "TIME-WAIT"),
            ("server", "CLOSED")} <= reached


def test_tls_as_tshark_has_it(hs, recording):
    record, = records_of(hs, "--events", "--keylog", recording.keys, recording.file)
    assert record["ok"] is True
    tls = record["tls"]
    hello, = fields(recording.file, "tls.handshake.type==1", "tls.handshake.extensions_server_name",
                    "tls.handshake.ja3")
    assert tls["version"] == f"TLSv{recording.version}" and tls["alpn"] == "h2"
    assert [tls["server_name"], tls["ja3"]] == hello
    theirs = messages(recording.file, recording.port, recording.keys)
    ours = [(e["from"], e["layer"], e["name"]) for e in record["events"]
            if e["layer"] in ("tls", "http2") and "preface" not in e["name"]]
    # Behind the response a connection is not decoded any further.
    for side in ("client", "server"):
        mine = [m for m in ours if m[0] == side]
        assert mine == [m for m in theirs if m[0] == side][:len(mine)]
        assert (side, "tls", "Finished") in mine and (side, "http2", "HEADERS") in mine
    assert record["http"]["status"] == 200
    encrypted, = records_of(hs, "--events", recording.file, env={"SSLKEYLOGFILE": None})
    assert "http" not in encrypted and encrypted["tls"]["version"] == tls["version"]


def test_key_log_from_the_environment(hs, recording):
    record, = records_of(hs, recording.file, env={"SSLKEYLOGFILE": recording.keys})
    assert record["http"]["status"] == 200


def test_secrets_within_the_capture(hs, recording, tmp_path):
    with_secrets = tmp_path / "with-secrets.pcapng"
    subprocess.run([need("editcap"), "--inject-secrets", f"tls,{recording.keys}", recording.file,
                    with_secrets], check=True, capture_output=True)
    record, = records_of(hs, with_secrets)
    assert record["http"]["status"] == 200


def test_the_same_from_every_kind_of_file(hs, recording, tmp_path):
    """pcap, pcapng, nanoseconds, gzip and a pipe tell the same."""
    def told(*arguments, **options):
        record, = records_of(hs, *arguments, **options)
        for key in ("vantage", "capture"):
            record.pop(key, None)
        return record
    wanted = told(recording.file)
    for kind in ("pcapng", "nsecpcap", "modpcap"):
        file = tmp_path / kind
        subprocess.run([need("editcap"), "-F", kind, recording.file, file], check=True,
                       capture_output=True)
        assert told(file) == wanted, kind
        zipped = tmp_path / f"{kind}.gz"
        zipped.write_bytes(gzip.compress(file.read_bytes()))
        assert told(zipped) == wanted, f"{kind}, gzipped"
        piped = subprocess.run([hs.binary, "read", "--json", "-"], stdin=open(zipped, "rb"),
                               capture_output=True, env=hs.env())
        assert piped.returncode == 0, piped.stderr
        record = json.loads(piped.stdout)
        assert record["capture"]["file"] == "stdin" and record["tls"] == wanted["tls"]


def test_several_link_types_in_one_file(hs, recording, tmp_path):
    """Ethernet and raw IP in one pcapng, which libpcap refuses."""
    raw = tmp_path / "raw.pcap"
    subprocess.run([need("editcap"), "-C", "14", "-T", "rawip", "-F", "pcap", recording.file, raw], check=True,
                   capture_output=True)
    merged = tmp_path / "merged.pcapng"
    subprocess.run([need("mergecap"), "-a", "-F", "pcapng", "-w", merged, recording.file, raw],
                   check=True, capture_output=True)
    records = records_of(hs, merged)
    assert len(records) == 2 and records[0]["tls"] == records[1]["tls"]


def test_lines_and_summary(hs, recordings):
    files = [recordings["1.2"].file, recordings["1.3"].file]
    result = hs.run("read", *files)
    assert result.status == 0 and result.stderr == ""
    lines = result.stdout.splitlines()
    for version in ("1.2", "1.3"):
        line, = [x for x in lines if f"TLSv{version}" in x]
        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}  127\.0\.0\.1:\d+ → 127\.0\.0\.1:\d+ ",
                        line)
        assert "localhost" in line and "h2" in line and "client_fin" in line or version == "1.3"
    assert "2 connections: 2 completed, 0 failed" in result.stdout
    assert re.search(r"^  TLS +2( +[\d.]+){3}$", result.stdout, re.MULTILINE)


def test_the_ladder(hs, recording):
    result = hs.run("read", "-v", "--keylog", recording.keys, recording.file)
    assert result.status == 0
    for text in ("SYN", "SYN-ACK", "ClientHello", "ServerHello", "Finished", "SETTINGS"):
        assert re.search(rf"\b{text}\b", result.stdout), text
    syn, = fields(recording.file, "tcp.flags.syn==1 && tcp.flags.ack==0", "tcp.seq")
    assert syn[0] in result.stdout      # the ISN
    very = hs.run("read", "-vv", "--keylog", recording.keys, recording.file)
    assert very.status == 0 and len(very.stdout) > 2 * len(result.stdout)


# ---- which connections

@pytest.fixture(scope="module")
def mixed(nginx, tmp_path_factory):
    """Three connections: curl's, one refused by TLS (no shared version), one of plain HTTP."""
    folder = tmp_path_factory.mktemp("mixed")
    with Capture(folder, nginx.tls12) as capture:
        curl(nginx.tls12, keys=folder / "keys")
        failed = subprocess.run([need("curl"), "-s", "-k", "--tlsv1.3",
                                 f"https://localhost:{nginx.tls12}/"], capture_output=True)
        assert failed.returncode == 35
        curl(nginx.tls12, "--resolve", f"other.test:{nginx.tls12}:127.0.0.1", "-H", "Host: other.test",
             keys=folder / "keys")
    return Recording(capture.file, folder / "keys", nginx.tls12)


def test_filters(hs, mixed):
    everything = records_of(hs, mixed.file)
    assert len(everything) == 3
    failed, = records_of(hs, "--failed", mixed.file)
    assert failed["failure"]["class"] == "tls.version_mismatch"
    assert len(records_of(hs, "--port", mixed.port, mixed.file)) == 3
    assert records_of(hs, "--port", 9, mixed.file) == []
    client = everything[1]["client"]["port"]
    assert [r["client"]["port"] for r in records_of(hs, "--port", client, mixed.file)] == [client]
    assert len(records_of(hs, "--host", "127.0.0.1", mixed.file)) == 3
    assert len(records_of(hs, "--host", "LOCALHOST", mixed.file)) == 3
    assert records_of(hs, "--host", "192.0.2.1", mixed.file) == []
    assert records_of(hs, "--slower-than", 60000, mixed.file) == []
    times = sorted(r["ready_ms"] if r["ok"] else r["failure"]["elapsed_ms"] for r in everything)
    slower = records_of(hs, "--slower-than", (times[1] + times[2]) / 2, mixed.file)
    assert len(slower) == 1
    assert len(records_of(hs, "-c", 2, mixed.file)) == 2


def test_failures_are_data(hs, mixed):
    result = hs.run("read", "--failed", mixed.file)
    assert result.status == 0
    assert "tls.version_mismatch" in result.stdout and "1 failed" in result.stdout


def test_half_open_and_unanswered(hs, tmp_path):
    """A SYN to a queue that is full has no answer; the summary says who sent it."""
    file = tmp_path / "syn.pcap"
    packets = []
    for i in range(12):
        source = socket.inet_aton(f"192.0.2.{1 + i % 3}")
        packets.append(ip_packet(source, socket.inet_aton("198.51.100.9"), 5000 + i, 443, 2, 100 + i))
    packets.append(ip_packet(socket.inet_aton("192.0.2.9"), socket.inet_aton("198.51.100.9"), 77, 443, 2, 5))
    packets.append(ip_packet(socket.inet_aton("198.51.100.9"), socket.inet_aton("192.0.2.9"), 443, 77, 18, 9, 6))
    file.write_bytes(raw_pcap(packets, step=20))
    result = hs.run("read", file)
    assert result.status == 0
    assert "SYN without an answer: 12" in result.stdout
    for i in range(3):
        assert re.search(rf"^  192\.0\.2\.{i + 1} +4$", result.stdout, re.MULTILINE)
    assert "half-open (SYN-ACK not acknowledged): 1" in result.stdout
    assert re.search(r"^  192\.0\.2\.9 +1$", result.stdout, re.MULTILINE)


def test_what_had_to_go_is_counted(hs, tmp_path):
    """As many connections under way as do not go into --memory: each is told, some before their end."""
    file = tmp_path / "many.pcap"
    server, count = socket.inet_aton("198.51.100.9"), 12000
    clients = [(socket.inet_aton(f"192.0.2.{1 + i % 200}"), 1024 + i) for i in range(count)]
    file.write_bytes(raw_pcap([ip_packet(a, server, p, 443, 2, 7) for a, p in clients] +
                              [ip_packet(server, a, 443, p, 18, 9, 8) for a, p in clients], step=0))
    result = hs.run("read", "--memory", "64M", file)
    assert f"{count} connections" in result.stdout and "for want of memory" not in result.stdout
    result = hs.run("read", "--memory", "1M", file)
    evicted = re.search(r"^(\d+) connections ended early for want of memory", result.stdout, re.MULTILINE)
    assert result.status == 0 and evicted and int(evicted[1]) > 1000, result.stdout[-2000:]
    told = [line for line in result.stdout.splitlines() if " → " in line and line[0] != "#"]
    total = re.search(r"; (\d+) connections", result.stdout)
    assert len(told) == int(total[1]) >= count
    result = hs.run("read", "--json", "--memory", "1M", file)
    assert "for want of memory" in result.stderr


def ip_packet(source, destination, sport, dport, flags, seq, ack=0):
    tcp = struct.pack(">HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 1024, 0, 0)
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + source + destination + tcp


def raw_pcap(packets, step=1, link_type=101):
    out = struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, link_type)
    for i, packet in enumerate(packets):
        out += struct.pack("<IIII", 1700000000 + i * step, 0, len(packet), len(packet)) + packet
    return out


# ---- --pcap

def test_packets_are_written_back(hs, mixed, tmp_path):
    out = tmp_path / "out.pcapng"
    records = records_of(hs, "--failed", "--pcap", out, mixed.file)
    ports = {int(p) for row in fields(out, "tcp", "tcp.srcport", "tcp.dstport") for p in row}
    assert ports == {mixed.port, records[0]["client"]["port"]}
    again, = records_of(hs, out)
    for key in ("client", "target", "tls", "failure", "at"):
        assert again[key] == records[0][key]
    nothing = tmp_path / "nothing.pcapng"
    assert records_of(hs, "--port", 9, "--pcap", nothing, mixed.file) == []
    assert fields(nothing, "tcp", "frame.number") == []


@pytest.mark.parametrize("way", ["file", "pipe"])
def test_packets_with_their_secrets(hs, mixed, tmp_path, way):
    out = tmp_path / "out.pcapng"
    arguments = [hs.binary, "read", "--json", "--keylog", mixed.keys, "--pcap", out, "--embed-secrets",
                 "--port", str(records_of(hs, mixed.file)[0]["client"]["port"]),
                 mixed.file if way == "file" else "-"]
    with open(mixed.file, "rb") as stdin:
        if way == "pipe":
            with subprocess.Popen(["cat"], stdin=stdin, stdout=subprocess.PIPE) as cat:
                done = subprocess.run(arguments, stdin=cat.stdout, capture_output=True, env=hs.env())
        else:
            done = subprocess.run(arguments, capture_output=True, env=hs.env())
    assert done.returncode == 0, done.stderr
    assert fields(out, "http2.type==4", "frame.number")       # decrypted without any other key log
    again, = records_of(hs, out)
    assert again["http"]["status"] == 200
    # Only the secrets of that connection are in it.
    secrets = tshark(out, "-q", "-z", "expert") and open(out, "rb").read()
    assert secrets.count(b"CLIENT_RANDOM ") == 1
    assert open(mixed.keys).read().count("CLIENT_RANDOM ") == 2


def test_the_input_is_not_overwritten(hs, mixed, tmp_path):
    file = tmp_path / "copy.pcap"
    shutil.copy(mixed.file, file)
    before = file.read_bytes()
    result = hs.run("read", "--pcap", file, file)
    assert result.status == 2 and file.read_bytes() == before


# ---- live

def live(hs, spawn, *options, env=None):
    if os.geteuid() != 0:
        pytest.skip("a live capture needs root")
    child = spawn([hs.binary, "read", "-i", "lo", *options], env=hs.env(**(env or {})))
    # The device is open as soon as the process has given its privileges up.
    wait_until(lambda: child.process.poll() is not None or "Seccomp:\t2" in
               open(f"/proc/{child.pid}/status").read(), "the sandbox")
    return child


def test_live(hs, nginx, spawn):
    child = live(hs, spawn, "--filter", f"tcp port {nginx.h2}", "--json")
    with open(f"/proc/{child.pid}/status") as lines:
        status = lines.read()
    assert not re.search(r"^Uid:\s+0", status, re.MULTILINE), "privileges were kept"
    assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)
    curl(nginx.h2, "--tls-max", "1.2")
    wait_until(lambda: child.output().count("\n"), "the record of the connection")
    child.signal(signal.SIGINT)
    assert child.wait() == 0
    record = validate(json.loads(child.output().splitlines()[0]))
    assert record["capture"]["file"] == "lo" and record["tls"]["alpn"] == "h2"
    assert record["tcp"]["rtt_server_ms"] > 0


def test_live_with_keys(hs, nginx, spawn, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("")
    child = live(hs, spawn, "--filter", f"tcp port {nginx.h2}", "--json", "--keylog", keys)
    curl(nginx.h2, keys=keys)
    wait_until(lambda: child.output().count("\n"), "the record of the connection")
    child.signal(signal.SIGTERM)
    assert child.wait() == 0
    assert json.loads(child.output().splitlines()[0])["http"]["status"] == 200


def test_live_ends_by_itself(hs, nginx, spawn):
    child = live(hs, spawn, "--filter", f"tcp port {nginx.h2}", "--duration", "2")
    started = time.monotonic()
    curl(nginx.h2)
    assert child.wait(20) == 0 and time.monotonic() - started < 15
    assert "1 connection: 1 completed" in child.output()
    child = live(hs, spawn, "--filter", f"tcp port {nginx.h2}", "-c", "1")
    curl(nginx.h2)
    assert child.wait(20) == 0


def test_what_the_kernel_dropped_is_counted(hs, spawn):
    """More comes than the ring holds while nobody reads it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as source:
        sink.bind(("127.0.0.1", 0))
        port = sink.getsockname()[1]
        child = live(hs, spawn, "--filter", f"udp port {port}")
        child.signal(signal.SIGSTOP)
        for _ in range(4000):
            source.sendto(b"x" * 60000, ("127.0.0.1", port))
        child.signal(signal.SIGCONT)
    child.signal(signal.SIGINT)
    assert child.wait(20) == 0
    dropped = re.search(r"^(\d+) packets dropped by the kernel", child.output(), re.MULTILINE)
    assert dropped and int(dropped[1]) > 100, child.output()


def test_live_in_a_namespace_of_ones_own(hs, spawn, tmp_path):
    """Root there is nobody elsewhere: no other user to become, but capabilities to give away."""
    prefix = ["unshare", "-Urn"]
    if subprocess.run([*prefix, "true"], capture_output=True).returncode != 0:
        pytest.skip("this machine does not permit user namespaces")
    result = hs.run("read", "-i", "lo", "--duration", "0.3", prefix=[*prefix, "sh", "-c", 'ip link set lo up; exec "$@"', "sh"])
    assert result.status == 0, repr(result)


@pytest.mark.parametrize("arguments, words", [
    (["-i", "no-such-device"], "no such device"),
    (["-i", "lo", "--filter", "tcp prot 443"], "--filter"),
])
def test_bad_devices(hs, arguments, words):
    result = hs.run("read", *arguments)
    assert result.status == 2 and words in result.stderr
    assert len(result.stderr.splitlines()) == 1


# ---- bad input

def test_bad_files(hs, tmp_path, recordings):
    empty, garbage = tmp_path / "empty", tmp_path / "garbage"
    empty.write_bytes(b"")
    garbage.write_bytes(os.urandom(5000))
    short = tmp_path / "short"
    short.write_bytes(recordings["1.3"].file.read_bytes()[:11])
    for file in (tmp_path / "missing", tmp_path, empty, garbage, short):
        result = hs.run("read", file)
        assert result.status == 2, repr(result)
        assert len(result.stderr.splitlines()) == 1 and str(file) in result.stderr, repr(result)
        assert result.stdout == ""
    # One of them among good ones is said, and the good ones count.
    result = hs.run("read", "--json", garbage, recordings["1.3"].file)
    assert result.status == 0 and len(result.stdout.splitlines()) == 1
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [
    [], ["-i", "lo", "FILE"], ["--duration", "1", "FILE"], ["--filter", "tcp", "FILE"],
    ["--embed-secrets", "FILE"], ["--memory", "5", "FILE"], ["--memory", "12Q", "FILE"],
    ["--slower-than", "fast", "FILE"], ["--port", "70000", "FILE"], ["--keylog", "/missing", "FILE"],
    ["--pcap", "/missing/x", "FILE"], ["-o", "/missing/x", "FILE"], ["-c", "0", "FILE"],
])
def test_usage(hs, recordings, arguments):
    file = recordings["1.3"].file
    result = hs.run("read", *[file if a == "FILE" else a for a in arguments])
    assert result.status == 2 and len(result.stderr.splitlines()) == 1, repr(result)


def test_a_cut_file_counts_up_to_the_cut(hs, recordings, tmp_path):
    whole = recordings["1.3"].file.read_bytes()
    cut = tmp_path / "cut"
    cut.write_bytes(whole[:len(whole) - 7])
    result = hs.run("read", "--json", cut)
    assert result.status == 0 and len(result.stdout.splitlines()) == 1
    line, = result.stderr.splitlines()
    assert "damaged after packet" in line


def test_what_could_not_be_read_is_said(hs, recordings, tmp_path):
    unknown = tmp_path / "unknown.pcap"
    unknown.write_bytes(raw_pcap([b"x" * 60] * 3, link_type=147))
    result = hs.run("read", unknown)
    assert result.status == 0 and "3 packets whose link type is not decoded" in result.stdout
    result = hs.run("read", "--json", unknown)
    assert result.stdout == "" and "3 packets whose link type" in result.stderr
    assert "\n3 packets, 0 of TCP; 0 connections: " in hs.run("read", unknown).stdout
    unknown.write_bytes(raw_pcap([b"x" * 60], link_type=147))
    result = hs.run("read", unknown)
    assert "\n1 packet, 0 of TCP; " in result.stdout, repr(result)
    assert "\n1 packet whose link type is not decoded\n" in result.stdout, repr(result)
    snapped = tmp_path / "snapped.pcap"
    subprocess.run([need("editcap"), "-s", "40", "-F", "pcap", recordings["1.3"].file, snapped],
                   check=True, capture_output=True)
    result = hs.run("read", snapped)
    assert result.status == 0 and "cut within a header" in result.stdout


def test_every_cut_and_many_changes(hs, recordings, tmp_path):
    """200 cuts and 200 seeded changes of a capture: a result each time, and no crash."""
    import random
    whole = recordings["1.3"].file.read_bytes()
    chance = random.Random(7)
    file = tmp_path / "changed"
    for i in range(400):
        data = bytearray(whole if i >= 200 else whole[:len(whole) * i // 200])
        if i >= 200:
            for _ in range(chance.randrange(1, 20)):
                data[chance.randrange(24, len(data))] = chance.randrange(256)
        file.write_bytes(data)
        result = hs.run("read", "--json", "--events", "--keylog", recordings["1.3"].keys, file)
        assert result.status in (0, 2), repr(result)
        for line in result.stdout.splitlines():
            validate(json.loads(line))


@pytest.mark.parametrize("back", [1, 5])
def test_a_clock_that_is_set_back(hs, recordings, tmp_path, back):
    """By so many seconds, before any packet or for one alone: the records keep to their schema."""
    for recording in recordings.values():
        whole, file = recording.file.read_bytes(), tmp_path / "set-back"
        assert whole[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1")
        at, places = 24, []
        while at + 16 <= len(whole):
            places.append(at)
            at += 16 + struct.unpack_from("<I", whole, at + 8)[0]
        syn = bytearray(whole[places[0]:places[1]])
        struct.pack_into("<I", syn, 0, struct.unpack_from("<I", syn, 0)[0] + back)
        for end in (places[3], len(whole)):
            file.write_bytes(whole[:24] + syn + whole[24:end])
            assert records_of(hs, file)[0]["tcp"]["syn_retransmits"] == 1
        for first in range(len(places)):
            for those in (places[first:], places[first:first + 1]):
                data = bytearray(whole)
                for place in those:
                    struct.pack_into("<I", data, place, struct.unpack_from("<I", data, place)[0] - back)
                file.write_bytes(data)
                assert records_of(hs, "--events", "--keylog", recording.keys, file)


# ---- output

def test_output_file(hs, recording, tmp_path):
    out = tmp_path / "out"
    result = hs.run("read", "-o", out, "--json", recording.file)
    assert result.status == 0 and result.stdout == "" and json.loads(out.read_text())


def test_broken_output(hs, recording):
    with open("/dev/full", "w") as full:
        done = subprocess.run([hs.binary, "read", "--json", recording.file], stdout=full,
                              stderr=subprocess.PIPE, text=True, env=hs.env())
    assert done.returncode == 2 and "stdout" in done.stderr


def test_ctrl_c_on_a_pipe(hs, recording, spawn, tmp_path):
    """What has been read counts, also where the rest never comes."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    child = spawn([hs.binary, "read", fifo], env=hs.env())
    with open(fifo, "wb") as out:
        out.write(recording.file.read_bytes()[:-1])
        out.flush()
        time.sleep(0.5)
        child.signal(signal.SIGINT)
        assert child.wait(10) == 0
    assert "1 connection" in child.output()
