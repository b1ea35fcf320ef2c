"""`handshake lab failures`: each class of failure made for real, and told apart."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import jsonschema
import pytest

from kit.capture import tshark
from kit.lab import Traces, forbidding, own_processes, prefix_of
from kit.probe import ROOT, check_sense, validate
from kit.process import wait_until

SCHEMA = json.loads((ROOT / "docs" / "schema" / "lab_failures.schema.json").read_text())
CLASSES = {name: int(status) for name, status in
           re.findall(r"^\| `([a-z0-9_.]+)` \| (\d+) \|", (ROOT / "docs" / "failures.md").read_text(), re.M)}


@pytest.fixture(params=["root", "nobody"])
def user(request, hs):
    return prefix_of(request.param, hs)


def records_of(text):
    """The cases' records, and the one that sums up."""
    *records, summary = [json.loads(line) for line in text.splitlines()]
    jsonschema.validators.validator_for(SCHEMA)(SCHEMA).validate(summary)
    for record in records:
        validate(record)
        check_sense(record)
    return records, summary


def cases_of(hs):
    """{name: class} as --list has them."""
    result = hs.run("lab", "failures", "--list")
    assert result.status == 0 and result.stderr == "", repr(result)
    cases, cls = {}, None
    for line in result.stdout.splitlines():
        if not line.startswith(" "):
            cls = line
        elif line[2] != " ":
            name, done = re.match(r"  (\S+) +(\S.*)$", line).groups()
            assert done and name not in cases
            cases[name] = cls
    return cases


def test_all_are_told_apart(hs, user):
    result = hs.run("lab", "failures", "--json", prefix=user, timeout=90)
    assert result.status == 0, repr(result)
    records, summary = records_of(result.stdout)
    cases = cases_of(hs)
    assert [(r["lab"]["case"], r["lab"]["expected_class"]) for r in records] == list(cases.items())
    for record in records:
        lab, failure = record["lab"], record["failure"]
        assert record["ok"] is False
        assert failure["class"] == lab["expected_class"] and failure["phase"] == lab["expected_phase"]
        assert lab["as_expected"] is True and lab["exit_status"] == CLASSES[failure["class"]]
        assert failure["message"] and failure["advice"]
        # What has an end does not wait for a deadline.
        if lab["exit_status"] != 28:
            assert failure["elapsed_ms"] < 5000, record
        else:
            assert 200 <= failure["elapsed_ms"] < 5000, record
    assert summary["cases"] == summary["as_expected"] == len(cases)
    # Every class of the registry is there, or it says why not.
    made = {r["failure"]["class"] for r in records}
    left = {entry["class"] for entry in summary["not_made"]}
    assert made | left == set(CLASSES) and not made & left and len(left) <= 2
    assert summary["classes"] == len(made) >= 58
    assert summary["path"]["configured"]["rtt_ms"] == 20
    assert summary["took_ms"] < 60_000


def failure_of(records, name):
    return next(r for r in records if r["lab"]["case"] == name)["failure"]


def test_what_is_said_names_the_cause(hs, user):
    chosen = ["udp-blocked", "quic-dropped", "certificate-expired", "websocket-403", "http-on-tls-port",
              "http2-is-http1", "ssh-on-tls-port", "certificate-other-name", "quic-token",
              "host-prohibited", "name-server-fails"]
    result = hs.run("lab", "failures", "--json", *chosen, prefix=user, timeout=60)
    assert result.status == 0, repr(result)
    records, summary = records_of(result.stdout)
    assert {r["lab"]["case"] for r in records} == set(chosen) and "not_made" not in summary
    for name, part in {
            "udp-blocked": "UDP is blocked", "quic-dropped": "TCP on the same port gives no answer either",
            "certificate-expired": "expired 89 days ago", "websocket-403": "403 Forbidden",
            "http-on-tls-port": "this port speaks TLS", "http2-is-http1": 'answers in HTTP/1: "HTTP/1.1 400',
            "ssh-on-tls-port": "SSH-2.0-lab", "quic-token": "INVALID_TOKEN",
            "certificate-other-name": "for other.localhost, not for 10.99.0.2",
            "host-prohibited": "No route to host", "name-server-fails": "SERVFAIL"}.items():
        assert part in failure_of(records, name)["message"], name
    assert "firewall" in failure_of(records, "udp-blocked")["advice"]


@pytest.mark.parametrize("word", ["tls.cert", "quic", "tcp.timed_out", "pin"])
def test_a_choice(hs, user, word):
    result = hs.run("lab", "failures", "--json", word, prefix=user, timeout=60)
    assert result.status == 0, repr(result)
    records, summary = records_of(result.stdout)
    expected = [name for name, cls in cases_of(hs).items()
                if name == word or cls == word or cls.startswith(word + ".")]
    assert [r["lab"]["case"] for r in records] == expected and expected
    assert summary["cases"] == summary["as_expected"] == len(expected)


def test_text(hs, user):
    result = hs.run("lab", "failures", "tcp", "udp-blocked", prefix=user, timeout=60)
    assert result.status == 0, repr(result)
    lines = result.stdout.splitlines()
    assert re.match(r"failures  on a path of 20\.000 ms  in private namespaces \((user namespace|root)\)$",
                    lines[0])
    assert "tcp.refused  exit status 7" in lines and "quic.timed_out  exit status 28" in lines
    assert "  ✓ port-closed" in lines and "✗" not in result.stdout
    assert any(re.match(r"    said       10\.99\.0\.2 port \d+: Connection refused$", line)
               for line in lines)
    assert any(re.match(r"    where      tcp  after \d+\.\d{3} ms", line) for line in lines)
    assert any(re.match(r"(\d+) of \1 told apart  6 classes  in \d+\.\d s$", line) for line in lines)
    assert all(len(line) <= 100 and line == line.rstrip() for line in lines)
    assert "\033" not in result.stdout and "ladder" not in result.stdout


def test_the_ladder(hs, user):
    result = hs.run("lab", "failures", "-v", "tls-reset-after-server-hello", prefix=user, timeout=60)
    assert result.status == 0, repr(result)
    text = result.stdout
    assert "ClientHello" in text and "ServerHello" in text and re.search(r"tcp  RST", text)
    result = hs.run("lab", "failures", "-v", "--json", "tls-reset-after-server-hello", prefix=user,
                    timeout=60)
    (record,), _ = records_of(result.stdout)
    names = [e["name"] for e in record["events"]]
    assert names[-1] == "RST" and "ServerHello" in names


def test_the_path(hs, user):
    result = hs.run("lab", "failures", "--json", "--rtt", "120ms", "port-closed", "certificate-expired",
                    prefix=user, timeout=60)
    (refused, expired), summary = records_of(result.stdout)
    assert summary["path"]["configured"]["rtt_ms"] == 120
    assert 119.9 <= refused["failure"]["elapsed_ms"] < 240
    assert expired["failure"]["elapsed_ms"] >= 239.9


def test_a_long_path(hs, user):
    """TLS 1.3 refuses a client's certificate a round trip after the client has finished."""
    result = hs.run("lab", "failures", "--json", "--rtt", "450ms", "tls.bad_client_auth_cert",
                    "udp-blocked", "quic-stateless-reset", prefix=user, timeout=60)
    assert result.status == 0, repr(result)
    records, _ = records_of(result.stdout)
    assert "UDP is blocked" in failure_of(records, "udp-blocked")["message"]
    assert failure_of(records, "tls-client-certificate-missing")["elapsed_ms"] >= 3 * 450


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("tcpdump"), reason="needs root and tcpdump")
def test_a_witness_sees_the_same(hs, tmp_path):
    """tcpdump at the client's side: what was said to be done was done."""
    file = tmp_path / "lab.pcap"
    mark = "--rtt=499.5ms"
    child = subprocess.Popen([hs.binary, "lab", "failures", mark, "--json",
                              "tls-reset-after-server-hello", "quic-port-closed", "host-prohibited"],
                             env=hs.env(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    tcpdump = None
    try:
        def at_the_client():
            for pid in own_processes(mark):
                links = subprocess.run(["nsenter", "-t", str(pid), "-n", "ip", "-o", "link"],
                                       capture_output=True, text=True)
                if "hs-client" in links.stdout:
                    return pid
            return None
        pid = wait_until(at_the_client, "the client's namespace", 10)
        tcpdump = subprocess.Popen(["nsenter", "-t", str(pid), "-n", "tcpdump", "-i", "hs-client",
                                    "-U", "--immediate-mode", "-w", str(file)],
                                   stderr=subprocess.DEVNULL)
        output, _ = child.communicate(timeout=60)
    finally:
        child.kill()
        child.wait()
        if tcpdump:
            tcpdump.terminate()
            tcpdump.wait()
    assert child.returncode == 0
    records, _ = records_of(output.decode())
    assert len(records) == 3

    def seen(expression, *fields):
        options = [word for field in fields for word in ("-e", field)]
        text = tshark(file, "-Y", expression, "-T", "fields", *options, "-E", "occurrence=f")
        return [line.split("\t") for line in text.splitlines()]

    port = {r["lab"]["case"]: str(r["target"]["port"]) for r in records}
    reset = port["tls-reset-after-server-hello"]
    assert seen(f"tcp.flags.reset == 1 && tcp.srcport == {reset}", "ip.src") == [["10.99.0.2"]]
    assert seen(f"tcp.srcport == {reset} && tcp.len > 0", "tcp.len")
    # Port unreachable; communication administratively filtered (RFC 1812 5.2.7.1).
    codes = {tuple(row) for row in seen("icmp.type == 3", "ip.src", "icmp.code")}
    assert codes == {("10.99.0.2", "3"), ("10.99.0.2", "13")}


@pytest.mark.parametrize("arguments, expect", [
    (["port-close"], "did you mean port-closed?"), (["tls.certs"], "did you mean tls.cert?"),
    (["quic.retry-loop"], "did you mean quic-retry-loop?"), (["nonsense"], "--list names them"),
    ([""], "--list names them"), (["tcp.closed"], "not made here"), (["--rtt", "-1"], "not a time"),
    (["--rtt", "501ms"], "more than 500 ms"), (["--rtt", "10ms,20ms"], "not a time"),
    (["--list", "--json"], "one of them"), (["--target", "192.0.2.1"], "no such option"),
    (["port-closed", "192.0.2.1"], "no such case")])
def test_nonsense_is_refused(hs, arguments, expect):
    result = hs.run("lab", "failures", *arguments)
    assert result.status == 2 and result.stdout == "", repr(result)
    assert len(result.stderr.splitlines()) == 1 and expect in result.stderr, result.stderr


def test_root_needs_no_user_namespace(hs):
    result = hs.run("lab", "failures", "--json", "port-closed", "dns", prefix=forbidding("user"),
                    timeout=60)
    assert result.status == 0, repr(result)
    assert records_of(result.stdout)[1]["namespaces"] == "root"


def test_a_kernel_that_forbids_namespaces(hs):
    result = hs.run("lab", "failures", prefix=forbidding("net"))
    assert result.status == 2 and result.stdout == ""
    assert len(result.stderr.splitlines()) == 1 and "permits no private network" in result.stderr


def test_an_output_that_is_closed_ends_it(hs):
    started = time.monotonic()
    result = subprocess.run(["sh", "-c", f"{hs.binary} lab failures | head -n 1"], env=hs.env(),
                            capture_output=True, text=True, timeout=60)
    assert result.stdout.startswith("failures  on a path") and time.monotonic() - started < 30
    assert result.stderr == ""


@pytest.mark.parametrize("end", [None, signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left(hs, user, end, anybodys):
    mark = f"--rtt={100 + os.getpid() % 390}.5ms"
    resolver = pathlib.Path("/etc/resolv.conf").read_bytes()
    # The short way has cases enough to be met while they run.
    chosen = ["tls.timed_out", "http"] if end is None else []
    traces = Traces(mark, anybodys)
    child = traces.start([*user, hs.binary, "lab", "failures", mark, *chosen], hs)
    # The program, the experiment, the relay, the name server, cases and their far ends.
    _, stderr = traces.end(child, 8, end)
    if end in (signal.SIGINT, signal.SIGTERM):
        assert stderr == b"handshake lab failures: interrupted\n"
    assert pathlib.Path("/etc/resolv.conf").read_bytes() == resolver
