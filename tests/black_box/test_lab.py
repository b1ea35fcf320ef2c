"""`handshake lab`: what a SYN flood does, in namespaces that leave nothing behind."""
import json
import os
import re
import signal

import jsonschema
import pytest

from kit.lab import Traces, prefix_of
from kit.probe import ROOT

SCHEMA = json.loads((ROOT / "docs" / "schema" / "lab.schema.json").read_text())


@pytest.fixture(params=["root", "nobody"])
def user(request, hs):
    return prefix_of(request.param, hs)


def rows_of(text):
    validator = jsonschema.validators.validator_for(SCHEMA)(SCHEMA)
    rows = [json.loads(line) for line in text.splitlines()]
    for row in rows:
        validator.validate(row)
    return rows


def test_cookies_decide(hs, user):
    result = hs.run("lab", "synflood", "--json", "--rate", 3000, "--seconds", 1, "--backlog", 64,
                    prefix=user, timeout=60)
    assert result.status == 0, repr(result)
    rows = rows_of(result.stdout)
    assert [r["tcp_syncookies"] for r in rows] == [0, 1, 2]
    for row in rows:
        counters, honest = row["counters"], row["honest"]
        assert row["backlog"] == 64 and honest["during"]["attempts"] >= 20
        assert 1000 <= row["flood"]["sent"] <= 3100 and row["flood"]["refused"] == 0, row["flood"]
        assert honest["before"]["success"] >= 0.95, honest["before"]
        for phase in honest.values():
            assert phase["connected"] == sum(o["connected"] for o in phase["options"].values())
            if phase["connected"]:
                assert 0 < phase["p50_ms"] <= phase["p90_ms"] <= phase["p99_ms"] < 900
            else:
                assert "p50_ms" not in phase
        served = sum(phase["connected"] for phase in honest.values())
        tried = sum(phase["attempts"] for phase in honest.values())
        if row["tcp_syncookies"] == 0:
            assert honest["during"]["success"] < 0.5, honest
            assert honest["after"]["success"] < 0.5, honest
            assert counters["SyncookiesSent"] == counters["SyncookiesRecv"] == 0
            # What was neither dropped nor served lies in the queue.
            assert counters["ListenDrops"] >= row["flood"]["sent"] - 64 > 0
            assert 32 <= row["half_open"]["max"] <= 65
        else:
            assert honest["during"]["success"] >= 0.99, honest
            assert honest["after"]["success"] >= 0.99, honest
            assert counters["SyncookiesSent"] >= row["flood"]["sent"] - 66 > 0
            assert 0 < counters["SyncookiesRecv"] <= tried
            assert counters["TCPReqQFullDoCookies"] == counters["SyncookiesSent"]
            assert counters["TCPReqQFullDrop"] == 0
        if row["tcp_syncookies"] == 2:
            assert row["half_open"]["max"] == 0
            assert served <= counters["SyncookiesRecv"] <= tried


def test_a_cookie_has_no_room_for_options(hs, user):
    result = hs.run("lab", "synflood", "--json", "--rate", 3000, "--seconds", 0.5, "--backlog", 64,
                    "--cookies", "0,2", prefix=user, timeout=60)
    without, always = rows_of(result.stdout)
    options = always["honest"]["during"]["options"]
    plain, stamped = options["without_timestamps"], options["with_timestamps"]
    assert plain["connected"] > 0 and plain["window_scale"] == plain["sack"] == 0
    assert stamped["connected"] > 0
    assert stamped["window_scale"] == stamped["sack"] == stamped["connected"]
    for kind in without["honest"]["before"]["options"].values():
        assert kind["window_scale"] == kind["sack"] == kind["connected"] > 0


def test_a_flood_that_fits_into_the_queue_hurts_nobody(hs, user):
    result = hs.run("lab", "synflood", "--json", "--rate", 100, "--seconds", 1, "--backlog", 4096,
                    "--cookies", "0", prefix=user, timeout=60)
    row, = rows_of(result.stdout)
    assert row["honest"]["during"]["success"] >= 0.99 and row["counters"]["ListenDrops"] == 0
    assert 50 <= row["half_open"]["max"] <= 110
    assert "room for the whole flood" in row["honest"]["during"]["explanation"]


def test_text(hs, user):
    result = hs.run("lab", "synflood", "--rate", 3000, "--seconds", 0.5, "--backlog", "64",
                    "--cookies", "0,1", prefix=user, timeout=60)
    assert result.status == 0, repr(result)
    lines = result.stdout.splitlines()
    assert re.match(r"SYN flood  3000 SYN/s for 0\.5 s  in private namespaces \((user namespace|root)\)$",
                    lines[0])
    assert [line for line in lines if line.startswith("tcp_")] == \
        ["tcp_syncookies 0  backlog 64", "tcp_syncookies 1  backlog 64"]
    assert all(len(line) <= 100 and line == line.rstrip() for line in lines)
    for label in ("flood", "before", "during", "after", "half-open", "options", "counted", "never"):
        assert sum(line.startswith(f"  {label} ") for line in lines) == 2, label
    assert "\033" not in result.stdout


@pytest.mark.parametrize("arguments, expect", [
    ([], "EXPERIMENT is missing"), (["nonsense"], "no such experiment"),
    (["synflood", "--rate", "0"], "from 1 to 20000"),
    (["synflood", "--rate", "-1"], "from 1 to 20000"),
    (["synflood", "--rate", "20001"], "from 1 to 20000"),
    (["synflood", "--seconds", "0"], "from 0.1 to 10"),
    (["synflood", "--seconds", "10.1"], "from 0.1 to 10"),
    (["synflood", "--seconds", "-1"], "not a number of seconds"),
    (["synflood", "--backlog", "0"], "from 8 to 4096"),
    (["synflood", "--backlog", "128,"], "from 8 to 4096"),
    (["synflood", "--backlog", "9,9,9,9,9"], "more than 4"),
    (["synflood", "--cookies", "3"], "from 0 to 2"),
    (["synflood", "192.0.2.1"], "one argument too many"),
    (["synflood", "--target", "192.0.2.1"], "no such option")])
def test_nonsense_is_refused(hs, arguments, expect):
    result = hs.run("lab", *arguments)
    assert result.status == 2 and result.stdout == ""
    assert len(result.stderr.splitlines()) == 1 and expect in result.stderr


@pytest.mark.parametrize("end", [None, signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left(hs, user, end, anybodys):
    mark = f"--rate={2000 + os.getpid() % 1000}"
    traces = Traces(mark, anybodys)
    seconds = "0.3" if end is None else "8"
    child = traces.start([*user, hs.binary, "lab", "synflood", mark, "--seconds", seconds, "--backlog",
                          "64", "--cookies", "1"], hs)
    # The program, the experiment, the flood.
    stdout, stderr = traces.end(child, 3, end, 0.2)
    if end in (signal.SIGINT, signal.SIGTERM):
        assert stderr == b"handshake lab synflood: interrupted\n" and stdout == b""
