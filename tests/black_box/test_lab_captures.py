"""Captures of real peers, recorded by tests/captures/make: `read` says what tshark says of them."""
import json
import re
import subprocess

import pytest

from kit import foreign
from kit.peers import need
from kit.probe import ROOT, validate

FOLDER = ROOT / "tests" / "captures"
FILES = sorted(p.name for p in FOLDER.iterdir() if p.name.endswith((".pcap", ".pcapng", ".pcap.gz")))

# What each kind is there for; tshark's rows say it too, but not in these words.
STORIES = {
    "openssl-tls13-early-data": lambda r: r[-1]["tls"]["early_data"] == "accepted",
    "tcp-fast-open": lambda r: [x["tcp"]["client"]["fast_open"] for x in r] ==
    ["cookie_requested", "cookie_used"],
    "tcp-refused": lambda r: r[0]["failure"]["class"] == "tcp.refused",
    "tcp-refused-ipv6": lambda r: r[0]["failure"]["class"] == "tcp.refused",
    "tcp-silence": lambda r: r[0]["failure"]["class"] == "tcp.timed_out",
    "tcp-simultaneous-close": lambda r: reached(r[0], "CLOSING") == {"client", "server"},
    "tcp-client-closes": lambda r: reached(r[0], "TIME-WAIT") == {"client"},
    "tcp-server-closes": lambda r: reached(r[0], "TIME-WAIT") == {"server"},
    "openssl-alert-expired": lambda r: (r[0]["tls"]["alert"]["from"], r[0]["tls"]["alert"]["number"]) ==
    ("client", 45),
    "openssl-alert-no-common-cipher": lambda r: (r[0]["tls"]["alert"]["from"],
                                                 r[0]["tls"]["alert"]["number"]) == ("server", 40),
    "node-ws": lambda r: r[0]["websocket"]["accepted"] is True,
    "node-wss": lambda r: r[0]["websocket"]["accepted"] is True,
}


def reached(record, state):
    return {step["side"] for step in record["tcp"]["states"] if step["to"] == state}


def base(name):
    return name.split(".")[0]


def options(name):
    keylog = FOLDER / f"{base(name)}.keylog"
    return ["--keylog", keylog] if keylog.exists() else []


def rows(name):
    text = (FOLDER / f"{base(name)}.expected.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_the_folder_is_whole():
    sizes = {p.name: p.stat().st_size for p in FOLDER.iterdir()}
    assert len(FILES) >= 40 and sum(sizes.values()) < 400_000
    assert all(size <= 20_000 for name, size in sizes.items() if name in FILES), sizes
    expected = {f"{base(name)}.expected.jsonl" for name in FILES}
    assert expected == {name for name in sizes if name.endswith(".expected.jsonl")}
    assert {base(n) for n in sizes if n.endswith(".keylog")} <= {base(name) for name in FILES}
    assert set(STORIES) <= {base(name) for name in FILES}


@pytest.mark.parametrize("name", FILES)
def test_capture(hs, name):
    result = hs.run("read", "--json", "--events", *options(name), FOLDER / name)
    assert result.status == 0, repr(result)
    records = [validate(json.loads(line)) for line in result.stdout.splitlines()]
    found = {(base(name), stream, field): f"ours {ours!r}, tshark's {theirs!r}"
             for stream, field, ours, theirs in foreign.disagreements(name, records, rows(name))}
    assert not found, found
    if base(name) in STORIES:
        assert STORIES[base(name)](records), records


@pytest.mark.parametrize("name", [name for name in FILES if options(name)])
def test_without_the_secrets(hs, name):
    """What is in the clear is the same; the rest is left out, not guessed."""
    whole, plain = ([json.loads(line) for line in hs.run(
        "read", "--json", *keys, FOLDER / name, env={"SSLKEYLOGFILE": None}).stdout.splitlines()]
        for keys in (options(name), []))
    assert len(whole) == len(plain)
    for one, other in zip(whole, plain):
        assert one["tcp"] == other["tcp"]
        for field in ("version", "cipher", "ja3", "ja3s", "ja4", "server_name"):
            assert one.get("tls", {}).get(field) == other.get("tls", {}).get(field), field
        assert "http" not in other


RESUMED = [name for name in FILES if base(name) in ("gnutls-tls12-resumed", "openssl-tls12",
                                                    "openssl-tls12-session-id")]


@pytest.mark.parametrize("name", RESUMED)
def test_the_keys_of_the_full_handshake_are_enough(hs, name, tmp_path):
    """Up to TLS 1.2 a session that goes on has its master secret: found by ticket or by ID, and written
    out so that the packets of the resumed connection alone can be decrypted."""
    lines = (FOLDER / f"{base(name)}.keylog").read_text().splitlines(True)
    keys, out, second = tmp_path / "keys", tmp_path / "out.pcapng", tmp_path / "second.pcapng"
    keys.write_text([line for line in lines if line.startswith("CLIENT_RANDOM ")][0])
    result = hs.run("read", "--json", "--events", "--keylog", keys, "--pcap", out, "--embed-secrets",
                    FOLDER / name)
    assert result.status == 0, repr(result)
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [record["tls"]["resumed"] for record in records] == [False, True]
    for record in records:
        finished = [event["from"] for event in record["events"] if event["name"] == "Finished"]
        assert sorted(finished) == ["client", "server"], record["events"]

    random = re.search(r"CLIENT_RANDOM (\w+) (\w+)", keys.read_text())
    written = re.findall(rb"CLIENT_RANDOM (\w{64}) (\w{96})\n", out.read_bytes())
    assert len(written) == 2 and {secret for _, secret in written} == {random[2].encode()}
    assert {name for name, _ in written} > {random[1].encode()}
    tshark = need("tshark")
    subprocess.run([tshark, "-r", out, "-Y", "tcp.stream == 1", "-w", second], check=True,
                   stderr=subprocess.DEVNULL)
    keys.write_text("".join(f"CLIENT_RANDOM {name.decode()} {secret.decode()}\n" for name, secret in written))
    seen = subprocess.run([tshark, "-r", second, "-o", f"tls.keylog_file:{keys}", "-T", "fields", "-e",
                           "tls.handshake.type"], check=True, capture_output=True, text=True).stdout
    assert re.findall(r"\b20\b", seen) == ["20", "20"], seen
