"""The command line: bad input, help, output, colour, signals."""
import json
import os
import re
import signal
import subprocess
import time

import pytest

from kit import hostile as h
from kit.probe import check_clean, Result, ROOT, validate
from kit.process import free_port

CAPTURE = ROOT / "tests" / "captures" / "node-java.pcap"


def usage_error(result, *words):
    """Exit 2, one line on stderr that says what and where, nothing on stdout."""
    assert result.status == 2, repr(result)
    assert result.stdout == "", repr(result)
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and lines[0].strip(), repr(result)
    for word in words:
        assert word in lines[0], repr(result)
    assert re.fullmatch(r"[^\x00-\x08\x0b-\x1f\x7f]*", lines[0]), repr(lines[0])


@pytest.mark.parametrize("arguments, words", [
    ([], []), (["prob", "localhost"], ["prob"]), (["--no-such"], ["--no-such"]),
])
def test_bad_command(hs, arguments, words):
    result = hs.run(*arguments)
    assert result.status == 2 and result.stderr, repr(result)
    for word in words:
        assert word in result.stderr


@pytest.mark.parametrize("url, word", [
    ("gopher://localhost/", "gopher"), ("https://", "https://"), ("https:///path", "https:///path"),
    ("https://localhost:0/", "0"), ("https://localhost:65536/", "65536"),
    ("https://localhost:-1/", "-1"), ("https://localhost:https/", "https"),
    ("https://[::1/", "[::1"), ("https://[::g]/", "::g"),
    ("https://local host/", ""), ("https://a\nb/", ""), ("https://\x1b[31mred/", ""),
    ("tcp://localhost", "port"), ("", ""), ("https://" + "a" * 300 + "/", ""),
    ("https://host:443:443/", ""), ("https://user:password@localhost/", ""), ("://x", ""),
    ("https://localhost:99999999999999999999/", ""),
])
def test_bad_url(hs, url, word):
    usage_error(hs.probe("--", url), word)


@pytest.mark.parametrize("arguments, words", [
    (["--no-such-option"], ["--no-such-option"]), (["--connect-timeout"], ["--connect-timeout"]),
    (["--connect-timeout", "fast"], ["--connect-timeout", "fast"]),
    (["--connect-timeout", "-1"], ["--connect-timeout", "-1"]),
    (["--connect-timeout", "nan"], ["--connect-timeout", "nan"]),
    (["--tls-timeout", "1x"], ["--tls-timeout", "1x"]),
    (["--upgrade-timeout", ""], ["--upgrade-timeout"]),
    (["--timeout", "1e999"], ["--timeout"]), (["-m", "soon"], ["-m", "soon"]),
    (["-c", "0"], ["-c"]), (["-c", "many"], ["-c", "many"]), (["--count", "-3"], ["--count"]),
    (["-c", "99999999999999999999"], ["-c"]), (["-i", "x"], ["-i"]), (["--interval", "-1"], ["--interval"]),
    (["-Z"], ["-Z"]), (["--tls-max", "9.9"], ["--tls-max", "9.9"]),
    (["--ciphers", "NO_SUCH_CIPHER"], ["NO_SUCH_CIPHER"]), (["--groups", "no-such-group"], ["no-such-group"]),
    (["--cacert", "/no/such/file"], ["/no/such/file"]), (["--cert", "/no/such/file"], ["/no/such/file"]),
    (["--cacert", "/"], ["/"]), (["--cacert", "/dev/null"], ["/dev/null"]),
    (["--pinnedpubkey", "sha256//not-base64!"], ["not-base64!"]),
    (["--pinnedpubkey", "/no/such/pin"], ["/no/such/pin"]), (["--pinnedpubkey", "sha256//AAAA"], []),
    (["--resolve", "nonsense"], ["nonsense"]), (["--resolve", "a:b:c"], ["a:b:c"]),
    (["--resolve", "localhost:443:not-an-address"], ["not-an-address"]),
    (["--keylog", "/no/such/dir/keys"], ["/no/such/dir/keys"]), (["-o", "/no/such/dir/out"], ["/no/such/dir/out"]),
    (["-w", "%{no_such_variable}"], ["no_such_variable"]), (["--alpn", "a" * 300], []),
    (["--servername", "a" * 300], []), (["--verbose=3"], ["--verbose"]),
    (["--tlsv1.3", "--tls-max", "1.2"], []),
    (["--subprotocol", ""], ["subprotocols"]), (["--subprotocol", "a b"], ["subprotocols"]),
    (["--subprotocol", "a,,b"], ["subprotocols"]), (["--subprotocol", "a,"], ["subprotocols"]),
])
def test_bad_option(hs, arguments, words):
    usage_error(hs.probe(*arguments, "https://localhost:1/"), *words)


def test_bad_certificate_files(hs, certificates, tmp_path):
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    cert, key = certificates.client
    url = "https://localhost:1/"
    for path in (garbage, empty, key):
        usage_error(hs.probe("--cacert", path, url), str(path))
    for path in (garbage, empty):
        usage_error(hs.probe("--cert", path, "--key", key, url), str(path))
        usage_error(hs.probe("--cert", cert, "--key", path, url), str(path))
    usage_error(hs.probe("--cert", cert, url))                         # no key in it
    usage_error(hs.probe("--cert", cert, "--key", certificates.rsa[1], url))   # another's key
    usage_error(hs.probe("--key", key, url))                           # a key alone


def test_no_target(hs):
    usage_error(hs.probe(), "TARGET")


def test_one_bad_target_starts_nothing(hs, hostile):
    server = hostile(h.at_once("silence"))
    usage_error(hs.probe(f"tcp://127.0.0.1:{server.port}", "https://localhost:nonsense/"), "nonsense")
    assert server.connections == 0


@pytest.mark.parametrize("arguments, words", [
    (["--tcp", "70000"], ["--tcp", "70000"]), (["--tls", "x"], ["--tls", "x"]),
    (["--tls"], ["--tls"]), (["--https", "-1"], ["--https"]), (["--no-such"], ["--no-such"]),
    (["--tls", "0", "--cert", "/no/such/cert"], ["/no/such/cert"]),
    (["--tls", "0", "extra"], ["extra"]), (["--tls", "0", "--bind", "not-an-address"], ["not-an-address"]),
])
def test_bad_serve(hs, arguments, words):
    usage_error(hs.run("serve", *arguments, timeout=10), *words)


def test_serve_with_anothers_key(hs, certificates):
    usage_error(hs.run("serve", "--tls", "0", "--cert", certificates.server[0], "--key",
                       certificates.rsa[1], timeout=10), str(certificates.rsa[1]))


def test_serve_on_a_taken_port(hs, hostile):
    server = hostile(h.at_once("silence"))
    result = hs.run("serve", "--tcp", server.port, timeout=10)
    assert result.status == 7 and len(result.stderr.splitlines()) == 1, repr(result)
    assert str(server.port) in result.stderr


# ---- help

@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["probe", "--help"], ["serve", "--help"],
                                       ["explain", "--help"]])
def test_help(hs, arguments):
    result = hs.run(*arguments)
    assert result.status == 0 and result.stderr == "" and len(result.stdout) > 100, repr(result)
    assert all(len(line) <= 100 for line in result.stdout.splitlines())


def test_help_has_every_option_that_the_parser_knows(hs):
    text = hs.run("probe", "--help").stdout
    for option in ("--connect-timeout", "--tls-timeout", "--upgrade-timeout", "--timeout", "--http1.1",
                   "--http2", "--http3", "--quic-versions", "--alpn", "--tlsv1.2", "--tlsv1.3", "--tls-max", "--ciphers", "--groups",
                   "--hello-retry", "--servername", "--resolve", "--cacert", "--cert", "--key", "--insecure",
                   "--pinnedpubkey", "--tcp-fastopen", "--resume", "--early-data", "--count",
                   "--interval", "--json", "--write-out", "--keylog", "--pcap",
                   "--embed-secrets", "--qlog"):
        assert re.search(re.escape(option) + r"\b", text), option
    for absent in ("--html", "--starttls"):
        assert absent not in text, f"{absent} is not there yet"


def test_version(hs):
    result = hs.run("--version")
    assert result.status == 0 and re.search(r"\d+\.\d+\.\d+", result.stdout), repr(result)


# ---- output

def test_default_output_takes_in_the_whole(hs, nginx):
    result = hs.probe("-4", "--cacert", nginx.ca, f"https://localhost:{nginx.h2}/")
    assert result.status == 0 and result.stderr == "", repr(result)
    for word in ("TCP", "TLSv1.3", "h2", "127.0.0.1", "ready", "ms", "TLS_AES_256_GCM_SHA384"):
        assert word in result.stdout, (word, result.stdout)
    assert "\x1b" not in result.stdout
    assert len(result.stdout.splitlines()) < 30
    assert all(len(line) <= 100 for line in result.stdout.splitlines()), result.stdout


def test_verbose_shows_the_ladder(hs, nginx):
    plain = hs.probe("--cacert", nginx.ca, f"https://localhost:{nginx.h2}/").stdout
    ladder = hs.probe("-v", "--cacert", nginx.ca, f"https://localhost:{nginx.h2}/").stdout
    fields = hs.probe("-vv", "--cacert", nginx.ca, f"https://localhost:{nginx.h2}/").stdout
    messages = ["ClientHello", "ServerHello", "EncryptedExtensions", "Certificate",
                "CertificateVerify", "Finished", "SETTINGS"]
    at = [ladder.find(m) for m in messages]
    assert -1 not in at and at == sorted(at), ladder
    assert "EncryptedExtensions" not in plain
    assert len(fields) > len(ladder) * 2
    for field in ("legacy_version", "random", "cipher_suite", "supported_versions", "key_share"):
        assert field in fields, field


def test_failure_says_what_where_when_and_what_to_do(hs, certificates, s_server):
    server = s_server(certificates.expired)
    result = hs.probe("--cacert", certificates.ca, f"https://localhost:{server.port}/")
    text = result.stdout + result.stderr
    assert result.status == 60
    for word in ("tls.cert.date_invalid", "expired", "renew"):
        assert word in text, repr(result)
    assert "TCP" in text, "the phases before it"


@pytest.mark.parametrize("env, colour", [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)])
def test_colour_only_on_a_terminal(hs, nginx, env, colour):
    import pty
    try:
        leader, follower = pty.openpty()
    except OSError as error:
        pytest.skip(f"no pseudo-terminal here: {error}")
    child = subprocess.Popen(
        [hs.binary, "probe", "--cacert", str(nginx.ca), f"https://localhost:{nginx.h2}/"],
        stdin=subprocess.DEVNULL, stdout=follower, stderr=follower,
        env={**hs.env(), "TERM": "xterm-256color", **env})
    os.close(follower)
    out = b""
    while True:
        try:
            data = os.read(leader, 65536)
        except OSError:
            break
        if not data:
            break
        out += data
    os.close(leader)
    assert child.wait(20) == 0
    assert (b"\x1b[" in out) == colour, out


def test_output_file(hs, nginx, tmp_path):
    out = tmp_path / "out"
    result = hs.probe("--json", "-o", out, "--cacert", nginx.ca, f"https://localhost:{nginx.h2}/")
    assert result.status == 0 and result.stdout == "", repr(result)
    validate(json.loads(out.read_text()))


def test_full_disk_is_said(hs, nginx):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    result = hs.probe("-o", "/dev/full", "--cacert", nginx.ca, f"https://localhost:{nginx.h2}/")
    assert result.status != 0 and len(result.stderr.splitlines()) == 1, repr(result)
    done = subprocess.run(f"'{hs.binary}' probe --json http://127.0.0.1:{nginx.http}/ >/dev/full",
                          shell=True, capture_output=True, text=True, env=hs.env())
    assert done.returncode != 0 and len(done.stderr.splitlines()) == 1, done


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_closed_standard_streams(hs, nginx, closed):
    """As under a daemon: nothing that is opened later takes their place."""
    result = hs.probe("--json", "--cacert", nginx.ca, f"https://localhost:{nginx.h2}/",
                      prefix=["sh", "-c", f'exec "$@" {closed}', "sh"])
    lost = ">&-" in closed
    assert result.status == (2 if lost else 0), repr(result)
    assert bool(result.stdout) != lost, repr(result)
    assert len(result.stderr.splitlines()) == (1 if lost and "2>" not in closed else 0), repr(result)


def test_full_disk_under_the_key_log_is_said(hs, nginx):
    url = f"https://localhost:{nginx.h2}/"
    usage_error(hs.probe("--cacert", nginx.ca, "--keylog", "/dev/full", url), "/dev/full")
    usage_error(hs.probe("--cacert", nginx.ca, url, env={"SSLKEYLOGFILE": "/dev/full"}), "/dev/full")


def test_json_keeps_events_for_verbose_and_events(hs, nginx):
    url = f"https://localhost:{nginx.h2}/"
    assert "events" not in hs.probe_json("--cacert", nginx.ca, url, status=0)
    for option in ("--events", "-v"):
        record = hs.probe_json(option, "--cacert", nginx.ca, url, status=0)
        assert len(record["events"]) > 8


# ---- key log

def test_keylog_is_appended_to_and_private_to_the_option(hs, nginx, tmp_path):
    keys, other = tmp_path / "keys", tmp_path / "other"
    url = f"https://localhost:{nginx.h2}/"
    keys.write_text("# kept\n")
    hs.probe_json("--cacert", nginx.ca, "--keylog", keys, url, env={"SSLKEYLOGFILE": other}, status=0)
    first = keys.read_text()
    assert first.startswith("# kept\n") and "CLIENT_TRAFFIC_SECRET_0" in first
    assert not other.exists(), "--keylog wins over the environment"
    hs.probe_json("--cacert", nginx.ca, url, env={"SSLKEYLOGFILE": keys}, status=0)
    second = keys.read_text()
    assert second.startswith(first) and second.count("CLIENT_HANDSHAKE_TRAFFIC_SECRET") == 2
    hs.probe_json("--cacert", nginx.ca, "--tls-max", "1.2", "--keylog", keys, url, status=0)
    assert re.search(r"^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$", keys.read_text(), re.M)


# ---- many probes

def test_count(hs, nginx):
    result = hs.probe("-c", "4", "-i", "0.05", "--cacert", nginx.ca, f"https://localhost:{nginx.h2}/")
    assert result.status == 0
    assert re.search(r"min/avg/max/mdev", result.stdout), result.stdout
    records, result = hs.probe_records("-c", "3", "-i", "0.05", "--cacert", nginx.ca,
                                       f"https://localhost:{nginx.h2}/")
    assert len(records) == 3 and all(r["ok"] for r in records)


@pytest.mark.parametrize("number, status", [(signal.SIGINT, (0, 130))])
def test_interrupt_prints_the_summary(hs, nginx, number, status):
    child = subprocess.Popen(
        [hs.binary, "probe", "-c", "1000", "-i", "0.2", "--cacert", str(nginx.ca),
         f"https://localhost:{nginx.h2}/"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=hs.env())
    time.sleep(1.5)
    child.send_signal(number)
    started = time.monotonic()
    out, err = child.communicate(timeout=10)
    result = Result(child.returncode, out.decode(), err.decode(), 0)
    check_clean(result)
    assert time.monotonic() - started < 3
    assert "min/avg/max/mdev" in result.stdout and result.status in status, repr(result)


def test_interrupt_of_one_probe_ends_at_once(hs, hostile):
    server = hostile(h.at_once("silence"))
    child = subprocess.Popen([hs.binary, "probe", f"https://127.0.0.1:{server.port}/"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, env=hs.env())
    time.sleep(0.7)
    child.send_signal(signal.SIGINT)
    started = time.monotonic()
    out, err = child.communicate(timeout=10)
    check_clean(Result(child.returncode if child.returncode >= 0 else 130, out.decode(), err.decode(), 0))
    assert time.monotonic() - started < 3
    assert child.returncode != 0


def test_count_of_failures_gives_their_status(hs):
    result = hs.probe("-c", "2", "-i", "0.01", f"tcp://127.0.0.1:{free_port()}")
    assert result.status == 7 and result.stdout.count("tcp.refused") >= 2, repr(result)


def without_a_reader(hs, arguments, lines):
    """Runs it with a stdout whose reader leaves after so many lines: (status, stderr)."""
    reader, writer = os.pipe()
    if lines == 0:
        os.close(reader)
    child = subprocess.Popen([hs.binary, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=writer,
                             stderr=subprocess.PIPE, text=True, env=hs.env())
    os.close(writer)
    if lines > 0:
        with os.fdopen(reader, "rb", buffering=0) as stdout:
            while lines > 0:
                lines -= stdout.read(1) in (b"\n", b"")
    _, stderr = child.communicate(timeout=60)
    return child.returncode, stderr


@pytest.mark.parametrize("arguments", [
    "--help", "help probe", "--version", "probe --help", "explain", "explain tls1.3", "lab failures --list",
    "lab compare --rtt 1ms -c 1", "audit", "audit --json", "audit --watch -i 0.01",
    "probe {url}", "probe --json {url} {url}", "probe -c 3 -i 0.01 {url}", "probe -w %{{url}} {url}",
    "compare -c 1 {url}", "compare --json -c 1 {url}", "read {capture}", "read --json {capture}",
    "read -vv {capture}", "serve --tcp 0",
])
def test_a_reader_that_left_ends_it_quietly(hs, nginx, arguments):
    """Without a line, and with the status of a program that SIGPIPE ended, as the shell tells it."""
    arguments = arguments.format(url=f"http://127.0.0.1:{nginx.http}/", capture=CAPTURE).split()
    assert without_a_reader(hs, arguments, lines=0) == (141, "")


@pytest.mark.parametrize("arguments", [
    ["probe", "-c", "100000", "-i", "0.01"], ["probe", "--json", "-c", "100000", "-i", "0.01"],
    ["compare", "--json", "-c", "1000"],
])
def test_a_reader_that_leaves_in_the_middle_ends_it_quietly(hs, nginx, arguments):
    assert without_a_reader(hs, [*arguments, f"http://127.0.0.1:{nginx.http}/"], lines=1) == (141, "")


def test_a_full_disk_is_still_said(hs):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    for arguments in (["--help"], ["explain"], ["lab", "failures", "--list"], ["read", CAPTURE]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([hs.binary, *arguments], stdin=subprocess.DEVNULL, stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=60, env=hs.env())
        assert done.returncode == 2 and "stdout: No space left" in done.stderr, (arguments, done)
        assert len(done.stderr.splitlines()) == 1, (arguments, done)
