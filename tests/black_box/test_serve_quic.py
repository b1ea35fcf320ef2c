"""QUIC and HTTP/3 clients that others wrote against `handshake serve`."""
import base64
import hashlib
import json
import os
import re
import signal
import socket
import ssl
import stat
import subprocess
import time

import pytest

from kit.capture import Capture, tshark
from kit.peers import HERE, NODE_MODULES, need, need_node
from kit.process import Child, free_port, free_udp_port, wait_until
from kit.quic import Gtls, Path
from kit.serve import Serve


@pytest.fixture
def server(hs, tmp_path):
    """server(*options, schemes=…) starts one with a state folder of the test's own."""
    servers = []

    def start(*options, schemes=("https3",), **keywords):
        directory = tmp_path / f"server-{len(servers)}"
        directory.mkdir()
        made = Serve(hs, directory, *options, schemes=schemes,
                     env={"XDG_STATE_HOME": tmp_path / "state"}, **keywords)
        servers.append(made)
        return made
    yield start
    for made in servers:
        made.stop()


@pytest.fixture
def gtls(tmp_path):
    return Gtls(tmp_path / "gtls")


def line(server, pattern, count=1):
    """The line of the server that has the pattern."""
    server.child.wait_output(pattern, count=count)
    found = re.findall(rf"^.*{pattern}.*$", server.output(), re.MULTILINE)
    return found[count - 1]


def established(server, count=1):
    return line(server, " handshake in ", count)


# ---- HTTP/3

@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_page(server, gtls, host):
    s = server()
    gtls.get(s.ports["https3"], host=host)
    assert "Your handshake" in gtls.page() and "HTTP/3" in gtls.page()
    assert re.search(r"^#1 https3 v1 Initial from \S+:\d+$", s.output(), re.MULTILINE)
    assert re.search(r"^#1 QUIC v1 TLS_AES_128_GCM_SHA256 x25519 alpn h3 full handshake in "
                     r"\d+\.\d{3} ms$", established(s))
    line(s, r"#1 GET / 200 \d+ bytes on stream 0")
    line(s, r"#1 closed by client \(H3_NO_ERROR\), 1 request, \d+\.\d+ s")


def test_any_address(server, gtls):
    """Answers come from the address that was asked."""
    s = server("--bind", "0.0.0.0")
    for host in ("127.0.0.1", "127.0.0.2"):
        gtls.get(s.ports["https3"], host=host)
        assert "Your handshake" in gtls.page()


def test_json_says_with_what(server, gtls):
    s = server()
    gtls.get(s.ports["https3"], path="/json")
    page = json.loads(gtls.page("/json"))
    assert page["http"] == "HTTP/3" and page["scheme"] == "https"
    assert page["quic"] == {"version": "v1", "retry": False, "token": False}
    assert page["tls"]["alpn"] == "h3" and page["tls"]["version"] == "TLSv1.3"
    assert page["tls"]["resumed"] is False and page["tls"]["handshake_ms"] > 0


def test_status_rules_are_those_of_the_other_versions(server, gtls):
    s = server()
    for method, path, status in (("GET", "/elsewhere", 404), ("POST", "/", 405), ("HEAD", "/", 200)):
        out = gtls.get(s.ports["https3"], "-m", method, path=path)
        assert f"[:status: {status}]" in out, out
        line(s, rf"{method} {path} {status} \d+ bytes")


def test_many_requests_on_one_connection(server, gtls):
    """More than are allowed at once, and more bytes than a window holds."""
    s = server()
    gtls.get(s.ports["https3"], requests=400, timeout=60)
    assert "400 requests" in line(s, "closed by client")
    assert len(re.findall(r"GET / 200", s.output())) == 400


@pytest.mark.parametrize("loss", ["--tx-loss=0.1", "--rx-loss=0.1"])
def test_page_over_a_path_that_loses(server, gtls, loss):
    s = server()
    for _ in range(3):
        gtls.get(s.ports["https3"], loss, requests=20, timeout=60)
        assert "Your handshake" in gtls.page()


@pytest.mark.parametrize("ciphers, name", [
    ("AES-256-GCM", "TLS_AES_256_GCM_SHA384"),
    ("CHACHA20-POLY1305", "TLS_CHACHA20_POLY1305_SHA256")])
def test_ciphers(server, gtls, ciphers, name):
    s = server()
    gtls.get(s.ports["https3"], f"--ciphers=NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+{ciphers}")
    assert name in established(s) and "Your handshake" in gtls.page()


def test_key_update_and_another_port_of_the_client(server, gtls):
    s = server()
    gtls.get(s.ports["https3"], "--key-update=100ms", "--change-local-addr=200ms",
             "--delay-stream=500ms")
    assert "Your handshake" in gtls.page()
    line(s, r"closed by client \(H3_NO_ERROR\), 1 request")


# ---- resumption

def keep(server, gtls, count=1):
    """A first connection, from which session, parameters and token are kept."""
    gtls.get(server.ports["https3"], *gtls.keeping(), "--wait-for-ticket")
    assert "full" in established(server, count)
    wait_until(lambda: gtls.token.exists() and gtls.session.exists(), "session and token")


def test_resumed(server, gtls):
    s = server()
    keep(s, gtls)
    out = gtls.get(s.ports["https3"], *gtls.keeping(), "--disable-early-data")
    assert "[:status: 200]" in out
    assert " resumed handshake in " in established(s, 2)
    line(s, r"#2 GET / 200 \d+ bytes on stream 0$")   # not in 0-RTT packets


def test_early_data(server, gtls):
    s = server()
    keep(s, gtls)
    gtls.get(s.ports["https3"], *gtls.keeping(), path="/json")
    assert established(s, 2).endswith(", address known by a token, early data accepted")
    line(s, r"GET /json 200 \d+ bytes on stream 0 \(early data\)")
    page = json.loads(gtls.page("/json"))
    assert page["tls"]["early_data"] == "accepted" and page["tls"]["resumed"] is True
    assert page["quic"]["token"] is True


def test_unsafe_request_in_early_data_is_put_off(server, gtls):
    """RFC 8470 5.2."""
    s = server()
    keep(s, gtls)
    gtls.get(s.ports["https3"], *gtls.keeping(), "-m", "POST")
    line(s, r"POST / 425 \d+ bytes on stream 0 \(early data\)")


def test_early_data_cannot_be_replayed(server, gtls):
    """RFC 9001 9.2: the same datagrams once more are another connection, whose 0-RTT is refused."""
    s = server()
    relay = Path(s.ports["https3"])
    try:
        keep(s, gtls)
        gtls.get(relay.port, *gtls.keeping(), path="/json")
        assert "early data accepted" in established(s, 2)
        line(s, "closed by client", 2)
        line(s, "#2 closed by client")
        time.sleep(1)   # that connection's closing period
        answers = relay.repeat(relay.sent)
        line(s, "#3 https3 v1 Initial")
        assert sum(map(len, answers)) > 500, "the server's flight, to a ClientHello that it took up"
        assert s.output().count("GET /json") == 1, s.output()
    finally:
        relay.stop()


def test_early_data_of_a_former_server_is_rejected(server, gtls):
    """Which it accepted is forgotten with it (RFC 8446 8.2): tickets are good, early data is not."""
    first = server()
    port = first.ports["https3"]
    keep(first, gtls)
    first.stop()
    second = server(ports={"https3": port})
    gtls.get(port, *gtls.keeping())
    assert " resumed " in established(second) and "early data rejected" in established(second)
    assert "(early data)" not in second.output()
    line(second, r"GET / 200")


# ---- addresses

def test_retry(server, gtls):
    s = server("--retry")
    out = gtls.get(s.ports["https3"], path="/json")
    assert "[:status: 200]" in out
    line(s, r"^https3 answered 127\.0\.0\.1:\d+ with Retry$")
    assert ", after Retry" in established(s)
    assert json.loads(gtls.page("/json"))["quic"]["retry"] is True


def test_token_spares_the_retry_also_after_a_restart(server, gtls):
    """RFC 9000 8.1.3; the key that made it is kept."""
    first = server("--retry")
    port = first.ports["https3"]
    keep(first, gtls)
    gtls.get(port, f"--token-file={gtls.token}")
    assert established(first, 2).endswith(", address known by a token")
    first.stop()
    second = server("--retry", ports={"https3": port})
    gtls.get(port, f"--token-file={gtls.token}")
    assert established(second).endswith(", address known by a token")
    assert "Retry" not in second.output()


def test_key_file(hs, server, tmp_path):
    server()
    keys = list((tmp_path / "state").rglob("quic-key"))
    assert len(keys) == 1 and keys[0].stat().st_size == 32
    assert stat.S_IMODE(keys[0].stat().st_mode) == 0o600
    keys[0].chmod(0o644)
    result = hs.run("serve", "--https3", "0", env={"XDG_STATE_HOME": tmp_path / "state"})
    assert result.status == 2 and "quic-key: others may read" in result.stderr, repr(result)
    keys[0].chmod(0o600)
    keys[0].write_bytes(b"short")
    result = hs.run("serve", "--https3", "0", env={"XDG_STATE_HOME": tmp_path / "state"})
    assert result.status == 2 and "damaged" in result.stderr, repr(result)


def test_own_certificate_without_a_folder(hs, certificates, tmp_path, gtls):
    """The key is then new with each start, and that is said."""
    cert, key = certificates.rsa
    s = Serve(hs, tmp_path, "--cert", cert, "--key", key, schemes=("https3",),
              env={"XDG_STATE_HOME": None, "HOME": None})
    try:
        gtls.get(s.ports["https3"])
        assert "QUIC tokens end with this server: " in s.output()
        assert "Your handshake" in gtls.page()
    finally:
        s.stop()


# ---- versions

def test_version_2_and_negotiation(server, gtls):
    s = server()
    port = s.ports["https3"]
    gtls.get(port, "--version=v2")
    assert " QUIC v2 " in established(s, 1)
    gtls.get(port, "--version=v1", "--preferred-versions=v2,v1", "--available-versions=v2,v1")
    assert " QUIC v2 " in established(s, 2), "moved to v2 (RFC 9368 2.3)"
    gtls.get(port, "--version=v1")
    assert " QUIC v1 " in established(s, 3)
    out = gtls.get(port, "--version=0x1a2a3a4a")
    assert "VERSION_NEGOTIATION" in out.upper(), out
    line(s, r"^https3 answered 127\.0\.0\.1:\d+ with Version Negotiation$")


@pytest.mark.parametrize("served, version, other", [("v1", "v1", "v2"), ("v2", "v2", "v1")])
def test_one_version_alone(server, gtls, served, version, other):
    s = server("--quic-versions", served)
    gtls.get(s.ports["https3"], f"--version={version}")
    assert f" QUIC {version} " in established(s)
    out = gtls.get(s.ports["https3"], f"--version={other}", f"--available-versions={other}",
                   f"--preferred-versions={other}")
    assert "VERSION_NEGOTIATION" in out.upper(), out


# ---- what is spoken

def test_both_services_on_one_port(hs, server, gtls):
    port = free_udp_port()
    s = server(schemes=("quic", "https3"), ports={"quic": port, "https3": port})
    assert s.ports == {"quic": port, "https3": port}
    gtls.get(port)
    assert "alpn h3" in established(s) and "Your handshake" in gtls.page()


def test_one_number_for_tcp_and_udp(server, gtls):
    port = free_port()
    s = server(schemes=("https", "https3"), ports={"https": port, "https3": port})
    gtls.get(port)
    assert "HTTP/3" in gtls.page()
    done = subprocess.run(["curl", "-sS", "--http2", "--cacert", str(s.ca), s.url("https")],
                          capture_output=True, text=True, timeout=30)
    assert "HTTP/2" in done.stdout, done


@pytest.mark.parametrize("options, problem", [
    (["--quic", "0", "--quic-alpn", "h3"], "quic-alpn: h3 is what --https3 serves"),
    (["--https3", "0", "--quic-versions", "v3"], "quic-versions: 'v3' is not v1 or v2"),
    (["--https3", "65536"], "https3")])
def test_options_that_cannot_be(hs, options, problem):
    result = hs.run("serve", *options)
    assert result.status == 2 and problem in result.stderr, repr(result)


def test_a_port_that_is_taken(hs):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        result = hs.run("serve", "--https3", port)
    assert result.status == 7, repr(result)
    assert f"https3: cannot listen on UDP 127.0.0.1:{port}" in result.stderr, repr(result)


def test_alpn_mismatch(server, gtls):
    """The echo alone does not speak h3."""
    s = server("--quic-alpn", "echo", schemes=("quic",))
    gtls.get(s.ports["quic"])
    line(s, r"#1 QUIC handshake failed: tls\.alpn_mismatch, sent alert no_application_protocol "
            r"\(120\)")
    line(s, "#1 closed by server")


def test_alt_svc(server):
    s = server(schemes=("http", "https", "https3"))
    told = f'h3=":{s.ports["https3"]}"; ma=300'
    for scheme, option in (("https", "--http1.1"), ("https", "--http2"), ("http", "--http1.1")):
        done = subprocess.run(
            ["curl", "-sS", "-i", option, "--cacert", str(s.ca), s.url(scheme)],
            capture_output=True, text=True, timeout=30)
        fields = dict(f.lower().split(": ", 1) for f in done.stdout.split("\n\n")[0]
                      .split("\n")[1:] if f)
        assert fields.get("alt-svc") == (told if scheme == "https" else None), done.stdout


def test_no_alt_svc_without_http3(server):
    s = server(schemes=("https", "quic"))
    done = subprocess.run(["curl", "-sS", "-i", "--cacert", str(s.ca), s.url("https")],
                          capture_output=True, text=True, timeout=30)
    assert " 200" in done.stdout and "alt-svc" not in done.stdout.lower(), done.stdout


def test_curl_http3(server):
    version = subprocess.run([need("curl"), "--version"], capture_output=True, text=True).stdout
    if "HTTP3" not in version:
        pytest.skip("this build of curl has no HTTP/3")
    s = server()
    done = subprocess.run(["curl", "-sS", "--http3-only", "--cacert", str(s.ca), "-w",
                           "\n%{http_version} %{http_code}", s.url("https3")],
                          capture_output=True, text=True, timeout=30)
    assert done.stdout.splitlines()[-1] == "3 200", done


def test_chromium(server, tmp_path):
    chromium = need("chromium")
    s = server(schemes=("https", "https3"))
    with socket.create_connection(("127.0.0.1", s.ports["https"])) as plain:
        context = ssl.create_default_context(cafile=s.ca)
        with context.wrap_socket(plain, server_hostname="localhost") as tls:
            leaf = ssl.DER_cert_to_PEM_cert(tls.getpeercert(binary_form=True))
    public = subprocess.run(["openssl", "x509", "-noout", "-pubkey"], input=leaf.encode(),
                            capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public,
                         capture_output=True, check=True).stdout
    spki = base64.b64encode(hashlib.sha256(der).digest()).decode()
    done = subprocess.run(
        [need_node("playwright-core"), HERE / "peers" / "browser_http3.js", NODE_MODULES, chromium,
         str(s.ports["https3"]), spki], capture_output=True, text=True, timeout=120,
        env={**os.environ, "HOME": str(tmp_path)})
    assert done.stdout.splitlines() == ["page 200 h3 HTTP/3"] * 2, (done, s.output())
    line(s, r"QUIC v1 \S+ \S+ alpn h3 full handshake")


# ---- hostile datagrams, and the end

def test_garbage_disturbs_nobody(server, gtls):
    s = server()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as garbage:
        garbage.connect(("127.0.0.1", s.ports["https3"]))
        for size in (0, 1, 7, 20, 100, 1199, 1200, 1452, 9000, 60000):
            for first in (0x00, 0x40, 0x80, 0xc0, 0xe0, 0xff):
                garbage.send((bytes([first, 0, 0, 0, 1, 8]) + os.urandom(size))[:size])
                garbage.send((bytes([first]) + os.urandom(size))[:size])
    gtls.get(s.ports["https3"])
    assert "Your handshake" in gtls.page()


def test_stateless_reset_after_a_restart(server, gtls, tmp_path):
    """RFC 9000 10.3: the client learns from the next server that its connection is gone."""
    first = server()
    port = first.ports["https3"]
    client = Child([gtls.binary, "--no-quic-dump", "--no-http-dump", "--delay-stream=3s",
                    "--sni=localhost", "127.0.0.1", port, f"https://localhost:{port}/"],
                   tmp_path / "client.log", cwd=tmp_path)
    try:
        established(first)
        first.child.signal(signal.SIGKILL)   # without a word
        first.child.wait()
        first.stop = lambda: None
        second = server(ports={"https3": port})
        line(second, r"answered 127\.0\.0\.1:\d+ with stateless reset")
        client.wait(15)
        client.wait_output("pkt rx 0 SR token=")
        client.wait_output("ERR_DRAINING")
    finally:
        client.stop()


def test_idle(server, gtls, tmp_path):
    """The shorter of both ends' timeouts (RFC 9000 10.1)."""
    s = server()
    port = s.ports["https3"]
    client = Child([gtls.binary, "-q", "--timeout=1s", "--sni=localhost", "127.0.0.1", port,
                    f"https://localhost:{port}/"], tmp_path / "client.log", cwd=tmp_path)
    try:
        seconds = float(re.search(r"([\d.]+) s$", line(
            s, r"#1 closed by server \(idle\), 1 request, ")).group(1))
        assert 0.9 < seconds < 10
    finally:
        client.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stop_with_a_client_connected(server, gtls, tmp_path, number):
    s = server()
    port = s.ports["https3"]
    client = Child([gtls.binary, "--no-quic-dump", "--no-http-dump", "--sni=localhost",
                    "127.0.0.1", port, f"https://localhost:{port}/"],
                   tmp_path / "client.log", cwd=tmp_path)
    try:
        line(s, "GET / 200")
        started = time.monotonic()
        s.child.signal(number)
        assert s.child.wait(10) == 0, s.output()
        assert time.monotonic() - started < 3
        line(s, "stopping, 1 connection open")
        line(s, r"closed by server \(the server stops\), 1 request")
        client.wait_output(r"frm rx \d+ 1RTT STREAM\(0x\w+\) id=0x3 fin=0 offset=\d+ len=3 ")  # GOAWAY
        client.wait_output(r"frm rx \d+ 1RTT CONNECTION_CLOSE\(0x1d\) error_code=\S*\(0x100\)")
    finally:
        client.stop()


# ---- this project's own probe, whose record is of what crossed the wire

def probe(hs, server, *options, scheme="https3"):
    wanted = ["--http3"] if scheme == "https3" else []
    return hs.probe_json("-4", *wanted, "--cacert", server.ca, *options, server.url(scheme),
                         status=0)


def test_own_probe(hs, server):
    s = server(schemes=("quic", "https3"))
    record = probe(hs, s)
    assert record["quic"]["original_version"] == "v1" and record["quic"]["version"] == "v2"
    assert record["quic"]["retry"] is False and record["quic"]["new_tokens"] >= 1
    assert record["phases"]["quic"]["round_trips"] == 1
    assert record["tls"]["alpn"] == "h3" and record["tls"]["verify"] == "ok"
    assert record["http"]["status"] == 200
    assert record["quic"]["close"]["from"] == "client"
    line(s, r"#1 closed by client \(H3_NO_ERROR\), 1 request")
    record = probe(hs, s, "--alpn", "echo", scheme="quic")
    assert record["tls"]["alpn"] == "echo" and record["quic"]["handshake_confirmed"] is True
    assert "alpn echo full handshake" in established(s, 2)


def test_own_probe_once_more(hs, server):
    s = server("--retry")
    record = probe(hs, s)
    assert record["quic"]["retry"] is True and record["phases"]["quic"]["round_trips"] == 2
    record = probe(hs, s, "--resume")
    assert record["tls"]["resumed"] is True
    assert record["quic"]["retry"] is False and record["quic"]["token"] is True
    record = probe(hs, s, "--early-data")
    assert record["quic"]["early_data"] == "accepted" and record["http"]["status"] == 200
    line(s, r"GET / 200 \d+ bytes on stream 0 \(early data\)")


# ---- a witness

def test_tshark_reads_the_same(server, gtls, tmp_path):
    s = server()
    port = s.ports["https3"]
    with Capture(tmp_path, port, protocol="udp",
                 settled=lambda data: len(data) > 5000) as capture:
        gtls.get(port)
        line(s, "closed by client")
    out = tshark(capture.file, "-d", f"udp.port=={port},quic", "-T", "fields", "-e",
                 "quic.long.packet_type", "-e", "tls.handshake.type", "-e", "http3.frame_type",
                 "-e", "quic.frame_type", keylog=gtls.keylog)
    types = {number for row in out.splitlines() for number in row.split("\t")[1].split(",")}
    assert {"1", "2", "8", "11", "15", "20", "4"} <= types, out    # to Finished, and the ticket
    assert any(row.split("\t")[2] for row in out.splitlines()), "HTTP/3 frames are decrypted"
    frames = {number for row in out.splitlines() for number in row.split("\t")[3].split(",")}
    assert "30" in frames and "7" in frames, "HANDSHAKE_DONE and NEW_TOKEN: " + out
