"""`handshake explain`: each topic is a real handshake, and everything said of it is what it was."""
import json
import os
import re
import signal
import subprocess
import sys
import time

import jsonschema
import pytest

from kit.capture import tshark
from kit.lab import Traces, forbidding, own_processes, prefix_of
from kit.probe import ROOT, validate
from kit.process import wait_until

sys.path.insert(0, str(ROOT / "tests" / "report"))
from check_documents import SVG, check_html  # noqa: E402

SCHEMA = json.loads((ROOT / "docs" / "schema" / "explain.schema.json").read_text())
TCP_OPEN = [["CLOSED", "SYN-SENT", "ESTABLISHED"], ["LISTEN", "SYN-RECEIVED", "ESTABLISHED"]]
# Round trips until the application can send, of each connection that is told; None: it cannot.
TOPICS = {
    "tcp": [1], "teardown": [1], "state-machine": [1], "tls1.2": [3], "tls1.3": [2], "resumption": [2, 2],
    "0-rtt": [1], "hello-retry": [3], "quic": [1], "quic-0rtt": [0], "retry": [2], "websocket": [2],
    "http2": [2], "syn-cookies": [1, 1], "fast-open": [2, 1], "failures": [None, None, None, None],
}
PATH_MS = 20
BUSY_MS = 900   # less than the first retransmission of a SYN
BLOCKED = "permits no private network"


@pytest.fixture(params=["root", "nobody"])
def user(request, hs):
    return prefix_of(request.param, hs)


def story_of(text):
    story = json.loads(text)
    jsonschema.validators.validator_for(SCHEMA)(SCHEMA).validate(story)
    for act in story["acts"]:
        validate(act["record"])
    return story


def paths_of(act, machine):
    """The states of client and server, each step checked against the one before."""
    paths = []
    for side in ("client", "server"):
        states = []
        for move in (m for step in act["steps"] for m in step["moves"]):
            if (move["machine"], move["side"]) == (machine, side):
                assert not states or states[-1] == move["from"], (states, move)
                states += [move["to"]] if states else [move["from"], move["to"]]
        paths.append(states)
    return paths


def inner(element):
    return re.sub(r"\s+", " ", "".join(element.itertext()))


def elements(root, cls):
    return [e for e in root.iter() if isinstance(e.tag, str) and cls in e.get("class", "").split()]


def test_topics_are_listed(hs):
    result = hs.run("explain")
    assert result.status == 0 and result.stderr == ""
    names = [line.split()[0] for line in result.stdout.splitlines()]
    assert names == list(TOPICS)
    assert all(len(line) <= 100 and len(line.split()) > 3 for line in result.stdout.splitlines())


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_is_told(hs, anybodys, topic):
    """The object and the page are of one handshake."""
    page = anybodys / "page.html"
    result = hs.run("explain", topic, "--json", "--html", page, prefix=prefix_of("nobody", hs), timeout=30)
    assert result.status == 0 and result.stderr == "", repr(result)
    story = story_of(result.stdout)
    assert story["topic"] == topic and "because" not in story and "private namespaces" in story["where"]
    assert len(story["acts"]) == len(TOPICS[topic])
    for act, round_trips in zip(story["acts"], TOPICS[topic]):
        check_act(act, topic, round_trips)
    root = check_html(page.read_text())
    check_page(root, story)


def check_act(act, topic, round_trips):
    assert act["missing"] == [], act
    record, steps = act["record"], act["steps"]
    times = [step["at_ms"] for step in steps if "at_ms" in step]
    assert times == sorted(times) and all(step["seen"] == "encrypted" for step in steps
                                          if step["name"] in ("EncryptedExtensions", "0-RTT"))
    for step in steps:
        assert "why" in step and step["reference"].startswith("RFC "), step
    accounting = record.get("accounting")
    if accounting and "path_rtt_ms" in accounting:
        assert PATH_MS <= accounting["path_rtt_ms"] < PATH_MS + BUSY_MS
    if round_trips is None:
        assert not record["ok"] and record["failure"]["class"] in act["observed"][0]
        assert "outcome" not in act and act["savings"] == []
        return
    assert record["ok"] and accounting["round_trips_to_ready"] == round_trips
    if topic == "teardown":
        assert act["savings"] == [] and "outcome" not in act
        return
    words = f"{round_trips} round trip" if round_trips else "no round trip"
    assert words in act["outcome"]
    # Each wait took the path's round trip, and the rest is a busy machine's.
    least = round_trips * PATH_MS
    assert least <= act["ready_ms"] <= least + BUSY_MS, (act["ready_ms"], accounting)
    for saving in act["savings"]:
        if saving["round_trips"] > 0:
            assert PATH_MS <= saving["ms"] < PATH_MS + BUSY_MS, saving
        else:
            assert round_trips == 0


def check_page(root, story):
    text = inner(root)
    steps = elements(root, "step")
    told = [step for act in story["acts"] for step in act["steps"]]
    assert [inner(elements(s, "what")[0]) for s in steps] == [t["name"] for t in told]
    for element, step in zip(steps, told):
        assert step["from"] in element.get("class").split()
        if "brief" not in element.get("class").split():
            values = [inner(code) for code in element.iter() if str(code.tag).endswith("code")]
            assert values == [re.sub(r"\s+", " ", field["value"]) for field in step["fields"]]
    for act in story["acts"]:
        for sentence in [*act["observed"], *act["savings"]]:
            sentence = sentence if isinstance(sentence, str) else sentence["text"]
            assert re.sub(r"\s+", " ", sentence) in text, sentence
    figures = elements(root, "diagram")
    assert len(figures) == len(story["acts"])
    for figure, act in zip(figures, story["acts"]):
        assert len([g for g in figure.iter(SVG + "g")]) == len(act["steps"])
        drawn = [inner(t) for t in figure.iter(SVG + "text")]
        for number, step in enumerate(act["steps"], 1):
            assert f"{number} {step['name']}" in drawn
            for move in step["moves"]:
                assert move["from"] in drawn and move["to"] in drawn


def test_the_machine_is_drawn_from_its_table(hs, anybodys):
    page = anybodys / "page.html"
    result = hs.run("explain", "state-machine", "--html", page, prefix=prefix_of("nobody", hs))
    assert result.status == 0, repr(result)
    root = check_html(page.read_text())
    table, = elements(root, "machine")
    rules = [[inner(cell) for cell in row] for row in table.iter() if str(row.tag).endswith("}tr")][1:]
    # The text has the same rules, with the same marks.
    lines = result.stdout.splitlines()
    lines = lines[lines.index("  All rules (● the client took it, ◆ the server)") + 1:][:len(rules)]
    for line, (start, event, end, who) in zip(lines, rules):
        assert event in line and line.endswith(f"→ {end}") and line[6:20].strip() in ("", start)
        assert ("●" in line) == (who in ("client", "both")) and ("◆" in line) == (who in ("server", "both"))
    drawing, = elements(root, "drawn-machine")
    texts = [inner(t) for t in drawing.iter(SVG + "text")]
    drawn = [rule for rule in rules if "RST" not in rule[1] and "refused" not in rule[1]]
    for event in {rule[1] for rule in drawn}:
        assert texts.count(event) == sum(rule[1] == event for rule in drawn)
    for state in {state for start, _, end, _ in rules for state in (start, end)}:
        assert state in texts
    taken = [g for g in drawing.iter(SVG + "g") if list(g)[0].tag == SVG + "line" and g.get("class") != "axis"]
    assert len(taken) == sum(bool(rule[3]) for rule in rules) == 10


def test_the_first_packet_waits_for_no_neighbour(hs):
    """Neighbours ask each other on their own link, and no part of the path's delay is the client's."""
    def first():
        record = story_of(hs.run("explain", "tcp", "--json").stdout)["acts"][0]["record"]
        return record["tcp"]["rtt_us"] / 1000, record["accounting"]["client_ms"]
    rtt, client = (min(values) for values in zip(*(first() for _ in range(5))))
    assert PATH_MS <= rtt < 1.5 * PATH_MS and client < PATH_MS, (rtt, client)


@pytest.mark.parametrize("topic", TOPICS)
def test_text(hs, topic):
    result = hs.run("explain", topic, prefix=prefix_of("nobody", hs), timeout=30)
    assert result.status == 0 and result.stderr == "", repr(result)
    lines = result.stdout.splitlines()
    assert all(len(line) <= 100 and line == line.rstrip() for line in lines)
    assert "\033" not in result.stdout and "Expected, and not observed" not in result.stdout
    messages = [re.match(r" *(\d+)  client (──────▶|══════▶|◀──────|◀══════) server  (\S.*)", line)
                for line in lines]
    numbers = [int(m[1]) for m in messages if m]
    acts = sum(line.startswith("── ") for line in lines)
    assert acts == len(TOPICS[topic]) == numbers.count(1)
    for at, number in enumerate(numbers):
        assert number == 1 or number == numbers[at - 1] + 1
    for match in filter(None, messages):
        assert ("encrypted" in match[3]) == ("═" in match[2]), match[0]
    assert result.stdout.count("What somebody on the path sees") >= 1
    if topic in ("tcp", "tls1.3", "websocket"):
        assert "  CLOSED" in result.stdout and "LISTEN" in result.stdout
        assert len(re.findall(r"Saves 1 round trip, which took \d+\.\d{3} ms", " ".join(
            result.stdout.split()))) >= 1


# --- independent witnesses ---

def test_tshark_sees_the_same_tcp(hs, user, anybodys):
    packets = anybodys / "packets.pcapng"
    result = hs.run("explain", "state-machine", "--json", "--pcap", packets, prefix=user)
    assert result.status == 0, repr(result)
    act, = story_of(result.stdout)["acts"]
    lines = [line.split("\t") for line in tshark(
        packets, "-o", "tcp.relative_sequence_numbers:FALSE", "-T", "fields", "-e", "frame.time_relative",
        "-e", "ip.src", "-e", "tcp.flags", "-e", "tcp.seq_raw", "-e", "tcp.options.mss_val").splitlines()]
    names = {0x2: "SYN", 0x12: "SYN-ACK", 0x10: "ACK", 0x11: "FIN-ACK"}
    seen = [(names[int(flags, 16)], "client" if source == lines[0][1] else "server")
            for _, source, flags, _, _ in lines]
    told = [(step["name"], step["from"]) for step in act["steps"]]
    # An ACK without any effect on a state is not told.
    assert [s for s in seen if s[0] != "ACK"] == [t for t in told if t[0] != "ACK"]
    fields = [{f["name"]: f["value"] for f in step["fields"]} for step in act["steps"]]
    assert fields[0]["seq"] == f"x ({lines[0][3]})" and fields[0]["mss"] == lines[0][4]
    assert fields[1]["seq"] == f"y ({lines[1][3]})" and fields[1]["mss"] == lines[1][4]
    assert abs(float(lines[1][0]) * 1000 - act["steps"][1]["at_ms"]) < 0.01
    assert act["record"]["tcp"]["client"]["isn"] == int(lines[0][3])
    assert paths_of(act, "TCP") == [
        TCP_OPEN[0] + ["FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT"],
        TCP_OPEN[1] + ["CLOSE-WAIT", "LAST-ACK", "CLOSED"]]


@pytest.mark.parametrize("topic, paths", [
    ("tls1.3", [["START", "WAIT_SH", "WAIT_EE", "WAIT_CERT_CR", "WAIT_CV", "WAIT_FINISHED", "CONNECTED"],
                ["START", "RECVD_CH", "NEGOTIATED", "WAIT_FLIGHT2", "WAIT_FINISHED", "CONNECTED"]]),
    ("tls1.2", [[], []]),
    ("hello-retry", [["START", "WAIT_SH", "START", "WAIT_SH", "WAIT_EE", "WAIT_CERT_CR", "WAIT_CV",
                      "WAIT_FINISHED", "CONNECTED"],
                     ["START", "RECVD_CH", "START", "RECVD_CH", "NEGOTIATED", "WAIT_FLIGHT2",
                      "WAIT_FINISHED", "CONNECTED"]])])
def test_tshark_sees_the_same_tls(hs, anybodys, topic, paths):
    packets = anybodys / "packets.pcapng"
    result = hs.run("explain", topic, "--json", "--pcap", packets, prefix=prefix_of("nobody", hs))
    assert result.status == 0, repr(result)
    act, = story_of(result.stdout)["acts"]
    kinds = {1: "ClientHello", 2: "ServerHello", 4: "NewSessionTicket", 8: "EncryptedExtensions",
             11: "Certificate", 12: "ServerKeyExchange", 14: "ServerHelloDone", 15: "CertificateVerify",
             16: "ClientKeyExchange", 20: "Finished"}
    out = tshark(packets, "-d", "tcp.port==853,tls", "-Y", "tls.handshake", "-T", "fields", "-e",
                 "tls.handshake.type", "-e", "tls.handshake.random")
    seen = [kinds[int(kind)] for line in out.splitlines() for kind in line.split("\t")[0].split(",")]
    told = [step["name"].replace("HelloRetryRequest", "ServerHello") for step in act["steps"]
            if step["layer"] == "tls" and step["name"] not in ("Alert", "ChangeCipherSpec")]
    assert seen == told
    randoms = [r for line in out.splitlines() for r in line.split("\t")[1].split(",") if r]
    values = [field["value"] for step in act["steps"] for field in step["fields"] if field["name"] == "random"]
    assert len(randoms) >= 2
    for value in values:
        assert any(r.replace(":", "").startswith(value.split("…")[0]) for r in randoms), (value, randoms)
    assert paths_of(act, "TLS") == paths
    # What crossed in plain is what tshark reads without the secrets.
    plain = tshark(packets, "-d", "tcp.port==853,tls", "-o", "tls.keylog_file:/dev/null", "--enable-heuristic",
                   "tls_tcp", "-Y", "tls.handshake.type==11", "-T", "fields", "-e", "frame.number")
    assert plain or topic != "tls1.2"
    assert ({s["seen"] for s in act["steps"] if s["name"] == "Certificate"} ==
            {"in plain" if topic == "tls1.2" else "encrypted"})


def test_tshark_sees_the_same_quic(hs, anybodys):
    packets = anybodys / "packets.pcapng"
    result = hs.run("explain", "retry", "--json", "--pcap", packets, prefix=prefix_of("nobody", hs))
    assert result.status == 0, repr(result)
    act, = story_of(result.stdout)["acts"]
    out = tshark(packets, "-Y", "quic.long.packet_type==3 || quic.long.packet_type_v2==0", "-T", "fields", "-e",
                 "quic.retry_token")
    token = next(f["value"] for step in act["steps"] if step["name"] == "Retry" for f in step["fields"]
                 if f["name"] == "token")
    tokens = {t.replace(":", "") for t in out.split() if t}
    assert any(len(t) == 2 * int(token) for t in tokens), (token, tokens)
    assert act["record"]["quic"]["retry"] is True


def test_the_kernel_vouches_for_cookies(hs, user):
    result = hs.run("explain", "syn-cookies", "--json", prefix=user)
    assert result.status == 0, repr(result)
    stamped, plain = story_of(result.stdout)["acts"]
    for act in (stamped, plain):
        said = " ".join(act["observed"])
        assert "SyncookiesSent 1:" in said and "SyncookiesRecv 1:" in said and "stayed in LISTEN" in said
        assert paths_of(act, "TCP") == TCP_OPEN
    assert "window scaling yes, SACK yes, timestamps yes" in stamped["observed"][-1]
    assert "window scaling no, SACK no, timestamps no" in plain["observed"][-1]
    offered = {f["name"]: f["value"] for f in stamped["steps"][0]["fields"]}
    stamp = next(f["value"] for f in stamped["steps"][1]["fields"] if f["name"] == "ts")
    assert int(stamp) & 15 == int(offered["wscale"]) and int(stamp) & 16, (stamp, offered)
    names = {f["name"] for f in plain["steps"][1]["fields"]}
    assert "wscale" not in names and "sack" not in names and "ts" not in names


def test_fast_open_is_the_kernels(hs, user):
    result = hs.run("explain", "fast-open", "--json", prefix=user)
    assert result.status == 0, repr(result)
    first, second = story_of(result.stdout)["acts"]
    cookie = [f["value"] for act in (first, second) for step in act["steps"] for f in step["fields"]
              if f["name"] == "tfo"]
    assert cookie[0] == "cookie requested" and cookie[1] == cookie[2]
    assert second["observed"] == ["The client's kernel says that data in the SYN was acknowledged."]
    names = [step["name"] for step in second["steps"]]
    assert names.index("ClientHello") < names.index("SYN-ACK")
    assert second["record"]["tcp"]["fast_open"] == "syn_data_acknowledged"


def test_failures_are_told_apart(hs):
    result = hs.run("explain", "failures", "--json", prefix=prefix_of("nobody", hs))
    acts = story_of(result.stdout)["acts"]
    assert [act["record"]["failure"]["class"] for act in acts] == [
        "tcp.refused", "tls.cert.name_invalid", "tls.not_tls", "tcp.timed_out"]
    last = [[step["name"] for step in act["steps"]] for act in acts]
    assert last[0] == ["SYN", "RST"] and "Alert" in last[1] and last[3] == ["SYN", "SYN"]
    assert acts[3]["steps"][1]["at_ms"] >= 1000
    assert paths_of(acts[3], "TCP") == [["CLOSED", "SYN-SENT"], []]


# --- where namespaces are forbidden ---

def test_loopback_in_place_of_namespaces(hs, tmp_path):
    forbid = forbidding("net")
    for topic in ("tls1.3", "retry", "quic-0rtt", "failures"):
        result = hs.run("explain", topic, "--json", prefix=forbid, env={"TMPDIR": tmp_path})
        assert result.status == 0 and result.stderr == "", repr(result)
        story = story_of(result.stdout)
        assert story["where"] == "on loopback" and BLOCKED in story["because"]
        assert os.listdir(tmp_path) == []
    text = hs.run("explain", "http2", prefix=forbid, env={"TMPDIR": tmp_path}).stdout
    assert "On loopback, where round trips hardly show" in text
    page = tmp_path / "page.html"
    assert hs.run("explain", "0-rtt", "--html", page, prefix=forbid, env={"TMPDIR": tmp_path}).status == 0
    assert "Not to scale" in inner(check_html(page.read_text()))


@pytest.mark.parametrize("topic", ["syn-cookies", "fast-open", "tcp"])
def test_what_loopback_cannot_show(hs, tmp_path, topic):
    """The user of the test's own namespace may not capture."""
    result = hs.run("explain", topic, prefix=forbidding("net"), env={"TMPDIR": tmp_path})
    assert result.status == 2 and result.stdout == ""
    assert len(result.stderr.splitlines()) == 1 and BLOCKED in result.stderr
    assert os.listdir(tmp_path) == []


def test_loopback_with_the_right_to_capture(hs, tmp_path):
    """In a network namespace of the test's own, which is the last one that may be made."""
    own = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c",
           'ip link set lo up && echo 0 >/proc/sys/user/max_net_namespaces && exec "$@"', "sh"]
    if subprocess.run([*own, "true"], capture_output=True).returncode != 0:
        pytest.skip("this system permits no user namespaces")
    result = hs.run("explain", "state-machine", "--json", prefix=own, env={"TMPDIR": tmp_path})
    assert result.status == 0 and result.stderr == "", repr(result)
    story = story_of(result.stdout)
    act, = story["acts"]
    assert story["where"] == "on loopback" and act["missing"] == [] and act["observed"] == []
    assert [path[:3] for path in paths_of(act, "TCP")] == TCP_OPEN
    result = hs.run("explain", "failures", "--json", prefix=own, env={"TMPDIR": tmp_path})
    assert [act["record"]["failure"]["class"] for act in story_of(result.stdout)["acts"]] == [
        "tcp.refused", "tls.cert.name_invalid", "tls.not_tls"]
    assert os.listdir(tmp_path) == []


# --- nothing is left ---

@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left(hs, user, anybodys, end):
    mark = f"--output={anybodys / 'text'}"
    folder = anybodys / "folder"
    folder.mkdir()
    traces = Traces(mark, folder)
    child = traces.start([*user, hs.binary, "explain", "failures", mark], hs)
    # The program, the story's process, the relay and two servers.
    stdout, stderr = traces.end(child, 5, end, 0.3)
    if end != signal.SIGKILL:
        assert stderr == b"handshake explain: interrupted\n" and stdout == b""


@pytest.mark.parametrize("delay", [0.05, 0.15, 0.3])
def test_nothing_is_left_on_loopback(hs, tmp_path, delay):
    out = tmp_path / "text"
    folder = tmp_path / "tmp"
    folder.mkdir()
    child = subprocess.Popen([*forbidding("net"), hs.binary, "explain", "quic", f"--output={out}"],
                             env=hs.env(TMPDIR=folder), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    mark = f"--output={out}"
    try:
        wait_until(lambda: child.poll() is not None or own_processes(mark), "the program", 10)
        time.sleep(delay)
        child.send_signal(signal.SIGINT)
        _, stderr = child.communicate(timeout=20)
    finally:
        child.kill()
        child.wait()
    assert child.returncode in (0, 130), stderr
    wait_until(lambda: not own_processes(mark), "its processes to be gone", 3)
    assert os.listdir(folder) == []


# --- the command line ---

@pytest.mark.parametrize("arguments, words", [
    (["tls13"], ["tls13", "perhaps tls1.3"]), (["0rtt"], ["perhaps 0-rtt"]), (["TCP"], ["TCP"]),
    (["nonsense"], ["no such topic", "listed"]), ([""], ["no such topic"]), (["\x1b[31m"], ["no such topic"]),
    (["tcp", "quic"], ["one argument too many"]), (["tcp", "--pcap"], ["--pcap"]),
    (["tcp", "--html", "/nowhere/page.html"], ["--html", "/nowhere/page.html"]),
    (["tcp", "--pcap", "/nowhere/p"], ["--pcap", "/nowhere/p"]), (["tcp", "-o", "/"], ["--output"]),
    (["tcp", "--text"], ["--text"])])
def test_nonsense_is_refused(hs, arguments, words):
    result = hs.run("explain", *arguments)
    assert result.status == 2 and result.stdout == "", repr(result)
    line, = result.stderr.splitlines()
    assert "\x1b" not in line and all(word in line for word in words), line


def test_a_full_disk_is_told(hs):
    for option in ("--output", "--html", "--pcap"):
        result = hs.run("explain", "tcp", option, "/dev/full", prefix=prefix_of("root", hs))
        assert result.status == 2 and f"{option}: '/dev/full' could not be written" in result.stderr, repr(result)


def test_output_goes_to_a_file(hs, anybodys):
    out = anybodys / "text"
    result = hs.run("explain", "tcp", "-o", out, prefix=prefix_of("nobody", hs))
    assert result.status == 0 and result.stdout == result.stderr == ""
    assert out.read_text().startswith("How TCP opens a connection\n")
