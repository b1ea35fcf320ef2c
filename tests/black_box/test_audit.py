"""`handshake audit` against what other programs say of the same network namespace."""
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import jsonschema
import pytest

from kit import namespace as ns
from kit.probe import ROOT, Program
from kit.process import Child

SCHEMA = json.loads((ROOT / "docs" / "schema" / "audit.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

# A listener whose queue takes two, since the kernel lets in one more than the backlog, and a third
# client that it drops; then one for IPv6 with a Fast Open queue of 7.
FULL_LISTENER = """
import socket, time
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(1)
clients = [socket.create_connection(s.getsockname(), 5) for _ in range(2)]
third = socket.socket()
third.setblocking(False)
third.connect_ex(s.getsockname())
six = socket.socket(socket.AF_INET6)
six.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 7)
six.bind(("::", 0))
six.listen(200)
print("ready", s.getsockname()[1], six.getsockname()[1], flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    space = ns.Namespace(tmp_path_factory.mktemp("namespace"))
    yield space
    space.stop()


def inside(net, *command):
    done = subprocess.run([*net.prefix, *command], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def set_values(net, **values):
    for name, value in values.items():
        folder = "core" if name == "somaxconn" else "ipv4"
        inside(net, "sh", "-c", f"echo {value} > /proc/sys/net/{folder}/{name}")


@pytest.fixture
def changed(net):
    """changed(name=value, …) for the time of a test."""
    before = {}

    def change(**values):
        for name in values:
            folder = "core" if name == "somaxconn" else "ipv4"
            before.setdefault(name, inside(net, "cat", f"/proc/sys/net/{folder}/{name}").strip())
        set_values(net, **values)
    yield change
    set_values(net, **{name: f"'{value}'" for name, value in before.items()})


def records_of(result):
    assert result.status == 0, repr(result)
    records = [json.loads(line) for line in result.stdout.splitlines()]
    for record in records:
        problems = [f"{list(e.absolute_path)}: {e.message}" for e in VALIDATOR.iter_errors(record)]
        assert not problems, problems
    return records


def audit(hs, prefix=()):
    records = records_of(hs.run("audit", "--json", prefix=prefix))
    assert len(records) == 1
    return records[0]


def finding(record, name):
    return next((f for f in record["findings"] if f["id"] == name), None)


def test_schema_is_strict(hs, net):
    record = audit(hs, net.prefix)
    for spoil in ({"surprise": 1}, {"kind": "watch"}, {"schema": "handshake-audit/0"},
                  {"counters": {"Bogus": 1}}, {"interval_ms": 5}, {"settings": {"x": 1}}):
        assert not VALIDATOR.is_valid({**record, **spoil}), spoil


def test_settings_are_those_of_the_namespace(hs, net):
    record = audit(hs, net.prefix)
    assert len(record["settings"]) >= 15
    for name, value in record["settings"].items():
        said = inside(net, "cat", "/proc/sys/" + name.replace(".", "/")).split()
        value = value if isinstance(value, list) else [value]
        assert [str(v) for v in value] == said, name
    unseen = {u["what"] for u in record["not_seen"]}
    assert not unseen & set(record["settings"])


@pytest.mark.parametrize("name, value, rule", [
    ("tcp_syncookies", 0, "syncookies_off"),
    ("tcp_syncookies", 2, "syncookies_always"),
    ("tcp_fastopen", 0, "fast_open_off"),
    ("tcp_fastopen", 1, "fast_open_server_off"),
    ("tcp_fastopen", 2, "fast_open_client_off"),
    ("tcp_sack", 0, "sack_off"),
    ("tcp_window_scaling", 0, "window_scaling_off"),
    ("tcp_timestamps", 0, "timestamps_off"),
    ("tcp_ecn", 0, "ecn_off"),
    ("tcp_abort_on_overflow", 1, "abort_on_overflow"),
    ("tcp_syn_retries", 1, "syn_retries_few"),
    ("tcp_synack_retries", 9, "synack_retries_many"),
    ("tcp_fin_timeout", 300, "fin_timeout_long"),
    ("tcp_no_metrics_save", 1, "metrics_not_saved"),
    ("somaxconn", 100, "somaxconn_low"),
])
def test_findings_follow_the_settings(hs, net, changed, name, value, rule):
    changed(**{name: value})
    record = audit(hs, net.prefix)
    full = ("net.core." if name == "somaxconn" else "net.ipv4.") + name
    assert record["settings"][full] == value
    found = finding(record, rule)
    assert found and f"{full} is {value}" in found["evidence"]
    # The command that it advises cures it.
    command = re.fullmatch(r"sysctl -w net\.\w+\.(\w+)=(\d+)", found["command"])
    assert command and command[1] == name
    changed(**{name: int(command[2])})
    assert not finding(audit(hs, net.prefix), rule)


def test_port_range(hs, net, changed):
    changed(ip_local_port_range="'40000 40099'")
    record = audit(hs, net.prefix)
    assert record["settings"]["net.ipv4.ip_local_port_range"] == [40000, 40099]
    assert finding(record, "port_range_small")
    assert "100 ports" in hs.run("audit", prefix=net.prefix).stdout


def test_initcwnd_of_the_default_routes(hs, net):
    assert audit(hs, net.prefix)["default_routes"] == []
    inside(net, "ip", "route", "add", "default", "via", ns.SILENT4, "dev", "v0", "initcwnd", "4")
    inside(net, "ip", "-6", "route", "add", "default", "via", ns.SILENT6, "dev", "v0")
    try:
        record = audit(hs, net.prefix)
        assert record["default_routes"] == [
            {"family": "ipv4", "table": 254, "device": "v0", "initcwnd": 4, "initcwnd_is_set": True},
            {"family": "ipv6", "table": 254, "device": "v0", "initcwnd": 10, "initcwnd_is_set": False}]
        assert "initcwnd 4" in finding(record, "initcwnd_low")["evidence"]
    finally:
        inside(net, "ip", "route", "del", "default")
        inside(net, "ip", "-6", "route", "del", "default")
    assert not finding(audit(hs, net.prefix), "initcwnd_low")


def ss_listeners(net):
    """(port, queue, limit, is IPv6) of each, as iproute2 has it."""
    found = set()
    for family in ("-4", "-6"):
        for line in inside(net, "ss", family, "-Hltn").splitlines():
            fields = line.split()
            found.add((int(fields[3].rsplit(":", 1)[1]), int(fields[1]), int(fields[2]),
                       family == "-6"))
    return found


def test_listeners(hs, net, spawn, changed):
    changed(tcp_fastopen=3)
    child = spawn([*net.prefix, sys.executable, "-c", FULL_LISTENER])
    full, six = map(int, child.wait_output(r"^ready (\d+) (\d+)$")[0].groups())
    record = audit(hs, net.prefix)
    by_port = {entry["port"]: entry for entry in record["listeners"]}
    assert {(e["port"], e["queue"], e["limit"], e["family"] == "ipv6")
            for e in record["listeners"]} == ss_listeners(net)
    assert by_port[full]["queue"] == 2 and by_port[full]["limit"] == 1 and by_port[full]["full"]
    assert by_port[full]["address"] == "127.0.0.1" and by_port[full]["fast_open_limit"] == 0
    assert by_port[full]["process"].startswith("python") and by_port[full]["pid"] == child.pid
    assert by_port[six]["limit"] == 200 and not by_port[six]["full"]
    assert by_port[six]["fast_open_limit"] == 7 and by_port[six]["v6_only"] is False
    assert f"127.0.0.1:{full} python" in finding(record, "listener_full")["evidence"]
    assert record["findings"][0]["id"] == "listener_full"
    assert record["counters"]["TcpExtListenOverflows"] >= 1
    drops = finding(record, "listen_drops")
    assert f"ListenDrops {record['counters']['TcpExtListenDrops']} (" in drops["evidence"]
    text = hs.run("audit", prefix=net.prefix).stdout
    assert re.search(rf"^  127\.0\.0\.1:{full} +2 of 1 +full  python\S*  pid {child.pid}$", text, re.M)
    assert re.search(rf"^  \*:{six} +0 of 200 +python\S*  pid {child.pid}  fast open queue 7$", text, re.M)


def test_capped_by_somaxconn(hs, net, spawn, changed):
    changed(somaxconn=64)
    child = spawn([*net.prefix, sys.executable, "-c", FULL_LISTENER])
    six = int(child.wait_output(r"^ready (\d+) (\d+)$")[0][2])
    record = audit(hs, net.prefix)
    assert next(e for e in record["listeners"] if e["port"] == six)["limit"] == 64
    assert f"*:{six}" in finding(record, "backlog_capped")["evidence"]


def nstat(net):
    lines = [line.split() for line in inside(net, "nstat", "-azs").splitlines()]
    return {fields[0]: int(fields[1]) for fields in lines if len(fields) == 3}


def test_counters_are_those_of_nstat(hs, net, spawn):
    spawn([*net.prefix, sys.executable, "-c", FULL_LISTENER]).wait_output("^ready")
    before = nstat(net)
    counters = audit(hs, net.prefix)["counters"]
    after = nstat(net)
    assert len(counters) >= 30
    for name, value in counters.items():    # the same, but for a timer that ran out meanwhile
        assert before[name] <= value <= after[name], name
    same = [name for name in counters if before[name] == after[name]]
    assert len(same) >= 25 and sum(counters[name] > 0 for name in same) >= 3


def test_watch_ends_by_itself(hs, net):
    records = records_of(hs.run("audit", "--watch", "-c", "2", "-i", "0.2", "--json",
                                prefix=net.prefix))
    assert [r["kind"] for r in records] == ["watch", "watch"]
    assert all(150 < r["interval_ms"] < 5000 for r in records)
    assert all(set(r["per_second"]) == set(r["counters"]) for r in records)
    result = hs.run("audit", "--watch", "-c", "2", "-i", "0.2", prefix=net.prefix)
    assert result.status == 0 and len(result.stdout.splitlines()) == 2


def test_watch_tells_rates(hs, net, spawn):
    opener = """
import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(64)
print("ready", flush=True)
while True:
    c = socket.create_connection(s.getsockname()); s.accept()[0].close(); c.close(); time.sleep(0.01)
"""
    spawn([*net.prefix, sys.executable, "-c", opener]).wait_output("^ready$")
    records = records_of(hs.run("audit", "--watch", "-c", "2", "-i", "0.3", "--json",
                                prefix=net.prefix))
    more = records[1]["counters"]["TcpPassiveOpens"] - records[0]["counters"]["TcpPassiveOpens"]
    rate = more / records[1]["interval_ms"] * 1000
    assert rate > 1 and abs(records[1]["per_second"]["TcpPassiveOpens"] - rate) < rate * 0.001 + 0.01
    text = hs.run("audit", "--watch", "-c", "1", "-i", "0.3", prefix=net.prefix).stdout
    assert re.search(r"^\d\d:\d\d:\d\d\.\d{3}  .*PassiveOpens [\d.]+/s", text), text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_watch_until_interrupted(hs, spawn, number):
    child = spawn([hs.binary, "audit", "--watch", "-i", "0.05"], env=hs.env())
    child.wait_output(r"^\d\d:\d\d:", count=2)
    child.signal(number)
    assert child.wait(10) == 0
    assert "Sanitizer" not in child.output()


@pytest.mark.parametrize("arguments, says", [
    (["--bogus"], "--bogus"), (["extra"], "extra"), (["-c", "3"], "needs --watch"),
    (["-i", "1"], "needs --watch"), (["--watch", "-c", "0"], "0"), (["--watch", "-i", "0"], "0"),
    (["--watch", "-i", "x"], "x")])
def test_wrong_usage(hs, arguments, says):
    result = hs.run("audit", *arguments)
    assert result.status == 2 and result.stdout == "" and says in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_full_output_is_an_error(hs):
    done = subprocess.run(["sh", "-c", f"'{hs.binary}' audit > /dev/full"], capture_output=True,
                          text=True, timeout=20, env=hs.env())
    assert done.returncode == 2 and "stdout" in done.stderr


def test_help_lists_it(hs):
    assert re.search(r"^  audit +this host", hs.run("--help").stdout, re.M)
    assert "--watch" in hs.run("audit", "--help").stdout


def test_zeros_only_when_asked(hs, net):
    brief, whole = (hs.run("audit", *more, prefix=net.prefix).stdout for more in ([], ["-v"]))
    assert "SyncookiesFailed" not in brief and "-v shows them" in brief
    assert re.search(r"^  SyncookiesFailed +0 ", whole, re.M)
    assert all(len(line) <= 100 for line in whole.splitlines() if "sysctl" not in line)


def test_colour_only_on_a_terminal(hs, net):
    assert "\033" not in hs.run("audit", prefix=net.prefix, env={"TERM": "xterm"}).stdout

    def on_terminal(**env):
        master, slave = pty.openpty()
        output = b""
        with subprocess.Popen([*net.prefix, hs.binary, "audit"], stdin=slave, stdout=slave,
                              env=hs.env(TERM="xterm", **env)) as process:
            os.close(slave)
            try:
                while chunk := os.read(master, 65536):
                    output += chunk
            except OSError:     # the terminal's other end is closed
                pass
            assert process.wait(10) == 0
        os.close(master)
        return output
    assert b"\033[1msettings" in on_terminal()
    assert b"\033" not in on_terminal(NO_COLOR="1")


def test_unprivileged_user(hs, net, spawn):
    if os.geteuid() != 0 or not shutil.which("runuser"):
        pytest.skip("needs root, to become somebody else")
    child = spawn([*net.prefix, sys.executable, "-c", FULL_LISTENER])
    full = int(child.wait_output(r"^ready (\d+) (\d+)$")[0][1])
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        copy = pathlib.Path(folder) / "handshake"
        shutil.copy(hs.binary, copy)
        program = Program(copy, hs.home)
        prefix = (*net.prefix, "runuser", "-u", "nobody", "--")
        record = audit(program, prefix)
        text = program.run("audit", prefix=prefix).stdout
    mine = next(e for e in record["listeners"] if e["port"] == full)
    assert mine["full"] and "process" not in mine
    unseen = {u["what"]: u["why"] for u in record["not_seen"]}
    assert unseen[f"process of {len(record['listeners'])} listeners"].startswith("this user may not")
    assert re.search(r"^  not seen process of \d+ listeners: this user may not", text, re.M)
    assert record["settings"] == audit(hs, net.prefix)["settings"]


def test_nothing_is_changed(hs, net, tmp_path):
    """No file is opened for writing, and nothing is asked of the kernel but dumps."""
    if not shutil.which("strace"):
        pytest.skip("needs strace")
    log = tmp_path / "strace"
    done = subprocess.run([*net.prefix, "strace", "-f", "-o", log, "-e", "trace=openat,open,sendto",
                           hs.binary, "audit"], capture_output=True, text=True, timeout=30,
                          env=hs.env(ASAN_OPTIONS="detect_leaks=0"))
    assert done.returncode == 0, done.stderr
    lines = log.read_text().splitlines()
    assert not [line for line in lines if "O_WRONLY" in line or "O_RDWR" in line or "O_CREAT" in line]
    sent = [line for line in lines if "sendto(" in line]
    dump = re.compile(r"nlmsg_type=(0x1a|RTM_GETROUTE|0x14|SOCK_DIAG_BY_FAMILY)\b.*"
                      r"nlmsg_flags=NLM_F_REQUEST\|(0x300|NLM_F_DUMP)\b")
    assert len(sent) == 4 and all(dump.search(line) for line in sent), sent
