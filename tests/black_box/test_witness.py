"""Other people's eyes: tshark, curl and openssl must see what our records say."""
import re
import subprocess

import pytest

from kit import certs
from kit.capture import Capture, messages, streams
from kit.peers import need


def ours(record):
    """[(from, layer, name)] of a record's events, in the words of kit.capture."""
    found = []
    for event in record["events"]:
        layer, name = event["layer"], event["name"]
        if layer == "tls" and name not in ("ClientHello",) and "lert" in name:
            name = "Alert"
        if layer == "tls" and name == "ApplicationData":
            continue
        if layer == "http2" and "preface" in name.lower():
            continue
        if layer in ("tls", "http2"):
            found.append((event["from"], layer, name))
    return found


def agree(record, theirs):
    mine = ours(record)
    story = f"\nours:   {mine}\ntshark: {theirs}"
    for side in ("client", "server"):
        a = [m for m in mine if m[0] == side]
        b = [m for m in theirs if m[0] == side]
        if side == "server":
            # What still came after we had ended the connection is in the capture alone.
            assert b[:len(a)] == a and all(m[2] in ("Alert", "NewSessionTicket", "DATA", "SETTINGS",
                                                    "GOAWAY") for m in b[len(a):]), story
        else:
            assert a == b, story
    # The order between the sides, up to the client's Finished; later messages may cross. So may what
    # the server says behind its own Finished: it waits for nothing of the client's (0.5-RTT data).
    end = ("client", "tls", "Finished")
    if end in theirs:
        assert ordered(mine, end) == ordered(theirs, end), story


def ordered(messages, end):
    """Those up to `end` whose place among the other side's is settled by what they wait for."""
    kept, server_is_done = [], False
    for message in messages[:messages.index(end) + 1]:
        if message[0] == "client" or not server_is_done:
            kept.append(message)
        server_is_done = server_is_done or message == ("server", "tls", "Finished")
    return kept


def witnessed(hs, tmp_path, port, url, *options):
    keys = tmp_path / "keys"
    twice = "--resume" in options or "--early-data" in options
    for _ in range(3):
        with Capture(tmp_path, port, connections=2 if twice else 1) as capture:
            record = hs.probe_json("--events", "--keylog", keys, *options, url, status=0)
        if capture.is_whole() and not capture.dropped():
            return record, capture.file, keys
    pytest.skip("the capture lost packets three times")


@pytest.mark.parametrize("server_options, options, expected", [
    (["-tls1_3"], [], {"version": "TLSv1.3"}),
    (["-tls1_2"], [], {"version": "TLSv1.2"}),
    (["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"], [],
     {"cipher": "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"}),
    (["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"], [],
     {"cipher": "TLS_CHACHA20_POLY1305_SHA256"}),
    (["-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"], [],
     {"cipher": "TLS_AES_256_GCM_SHA384"}),
    (["-tls1_3", "-groups", "P-384"], ["--groups", "X25519:P-384"], {"hello_retry_request": True}),
    (["-tls1_3", "-verify", "1"], [], {"client_certificate_requested": True}),
], ids=["1.3", "1.2", "1.2-chacha", "1.3-chacha", "1.3-aes256", "retry", "certificate-request"])
def test_tshark_lists_the_same_messages(hs, s_server, certificates, tmp_path, server_options,
                                        options, expected):
    server = s_server(certificates.server, *server_options)
    record, file, keys = witnessed(hs, tmp_path, server.port, f"tls://localhost:{server.port}",
                                   "-4", "--cacert", certificates.ca, *options)
    for key, value in expected.items():
        assert record["tls"][key] == value
    agree(record, messages(file, server.port, keys))


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_tshark_sees_the_resumption(hs, nginx, tmp_path, version):
    record, file, keys = witnessed(hs, tmp_path, nginx.h2, f"https://localhost:{nginx.h2}/", "-4",
                                   "--cacert", nginx.ca, "--resume", "--tls-max", version)
    assert record["tls"]["resumed"] is True and not record.get("certificates")
    stream = streams(file)
    assert len(stream) == 2, "one connection for the ticket, one that is measured"
    theirs = messages(file, nginx.h2, keys, stream[1])
    assert not [m for m in theirs if m[2] == "Certificate"]
    agree(record, theirs)


@pytest.mark.parametrize("peer, port", [("nginx", "h2"), ("haproxy", "h2")])
def test_tshark_lists_the_same_frames(hs, request, tmp_path, peer, port):
    server = request.getfixturevalue(peer)
    port = getattr(server, port)
    record, file, keys = witnessed(hs, tmp_path, port, f"https://localhost:{port}/", "-4",
                                   "--cacert", server.ca)
    assert record["tls"]["alpn"] == "h2"
    theirs = messages(file, port, keys)
    assert ("server", "http2", "SETTINGS") in theirs
    agree(record, theirs)


def test_early_data_is_seen_on_the_wire(hs, nginx, tmp_path):
    record, file, keys = witnessed(hs, tmp_path, nginx.h2,
                                   f"https://localhost:{nginx.h2}/", "-4", "--cacert", nginx.ca,
                                   "--early-data")
    assert record["tls"]["early_data"] == "accepted"
    theirs = messages(file, nginx.h2, keys, streams(file)[1])
    assert ("client", "tls", "EndOfEarlyData") in theirs
    agree(record, theirs)


# ---- certificates

@pytest.mark.parametrize("name", ["server", "rsa", "ed25519"])
def test_certificate_facts_are_openssls(hs, s_server, certificates, name):
    cert = getattr(certificates, name)
    server = s_server(cert)
    record = hs.probe_json("--cacert", certificates.ca, f"tls://localhost:{server.port}",
                           status=0)
    leaf, facts = record["certificates"][0], certs.describe(cert[0])
    assert leaf["sha256"].replace(":", "").lower() == facts["sha256"]
    assert leaf["pin"] == facts["pin"]
    assert leaf["serial"].replace(":", "").lower().lstrip("0") == facts["serial"].lstrip("0")
    assert any("localhost" in n for n in leaf["names"])
    assert any("127.0.0.1" in n for n in leaf["names"])


def test_the_pin_of_the_record_is_accepted(hs, s_server, certificates):
    server = s_server(certificates.server)
    pin = certs.describe(certificates.server[0])["pin"]
    record = hs.probe_json("--cacert", certificates.ca, "--pinnedpubkey", pin,
                           f"tls://localhost:{server.port}", status=0)
    assert record["certificates"][0]["pin"] == pin


def test_chain_is_listed_as_sent(hs, s_server, certificates):
    server = s_server(certificates.chain_missing, "-cert_chain", certificates.middle)
    record = hs.probe_json("--cacert", certificates.ca, f"tls://localhost:{server.port}",
                           status=0)
    assert len(record["certificates"]) == 2
    assert record["certificates"][0]["issuer"] == record["certificates"][1]["subject"]


# ---- curl and openssl s_client

CURL_FORMAT = "%{http_code} %{http_version} %{ssl_verify_result} %{remote_ip} %{remote_port} " \
              "%{scheme} %{num_connects}"


def curl(*arguments, env=None):
    return subprocess.run([need("curl"), "-s", "-o", "/dev/null", *map(str, arguments)],
                          capture_output=True, text=True, timeout=30, env=env)


@pytest.mark.parametrize("peer, attribute, options", [
    ("nginx", "h2", []), ("nginx", "h2", ["--http1.1"]), ("nginx", "tls12", []), ("nginx", "h1", []),
    ("haproxy", "h2", []), ("node_server", "tls", ["--http1.1"])])
def test_negotiated_as_curl_negotiates(hs, request, peer, attribute, options):
    server = request.getfixturevalue(peer)
    url = f"https://localhost:{getattr(server, attribute)}/"
    theirs = curl("-4", "-v", "--cacert", server.ca, "-w", "%{http_code} %{http_version}", *options, url)
    record = hs.probe_json("-4", "--cacert", server.ca, *options, url, status=0)
    status, version = theirs.stdout.split()
    assert str(record["http"]["status"]) == status
    assert record["http"]["version"] == {"1.1": "HTTP/1.1", "2": "HTTP/2"}[version]
    tls = record["tls"]
    line = next(l for l in theirs.stderr.splitlines() if "SSL connection using" in l)
    assert tls["version"] in line
    if tls["version"] == "TLSv1.3":
        assert tls["cipher"] in line, line


def test_write_out_means_what_curls_does(hs, nginx):
    url = f"https://localhost:{nginx.h2}/"
    theirs = curl("-4", "--cacert", nginx.ca, "-w", CURL_FORMAT, url)
    mine = hs.probe("-4", "--cacert", nginx.ca, "-w", CURL_FORMAT, url)
    assert mine.status == 0 and mine.stdout.casefold().split() == theirs.stdout.casefold().split(), repr(mine)


@pytest.mark.parametrize("peer, attribute", [("nginx", "h2"), ("nginx", "tls12"), ("nginx", "http")])
def test_times_are_cumulative_and_of_curls_order(hs, request, peer, attribute):
    server = request.getfixturevalue(peer)
    scheme = "http" if attribute == "http" else "https"
    url = f"{scheme}://localhost:{getattr(server, attribute)}/"
    names = ["time_namelookup", "time_connect", "time_appconnect", "time_pretransfer",
             "time_starttransfer", "time_total"]
    form = " ".join("%{" + n + "}" for n in names)
    theirs = dict(zip(names, map(float, curl("-4", "--cacert", server.ca, "-w", form, url).stdout.split())))
    result = hs.probe("-4", "--cacert", server.ca, "-w", form, url)
    mine = dict(zip(names, map(float, result.stdout.split())))
    assert len(mine) == len(names), repr(result)
    order = [n for n in names if scheme == "https" or n != "time_appconnect"]
    values = [mine[n] for n in order]
    assert values == sorted(values), mine
    if scheme == "http":
        assert mine["time_appconnect"] == 0 == theirs["time_appconnect"]
    for name in names:
        assert abs(mine[name] - theirs[name]) < 0.5, (name, mine, theirs)


def test_write_out_of_failures(hs, certificates, s_server):
    from kit.process import free_port
    result = hs.probe("-w", "%{exitcode} %{http_code}\\n", f"https://127.0.0.1:{free_port()}/")
    assert result.status == 7 and result.stdout.split() == ["7", "000"], repr(result)
    server = s_server(certificates.expired)
    result = hs.probe("-w", "%{exitcode} %{ssl_verify_result}\\n", "--cacert", certificates.ca,
                      f"tls://localhost:{server.port}")
    assert result.status == 60 and result.stdout.split() == ["60", "10"], repr(result)


def test_write_out_escapes(hs, nginx):
    url, form = f"https://localhost:{nginx.h2}/", r"a\tb\n%%{x}\\ %% \q %"
    result = hs.probe("--cacert", nginx.ca, "-w", form, url)
    assert result.stdout == curl("--cacert", nginx.ca, "-w", form, url).stdout, repr(result)


@pytest.mark.parametrize("version", ["-tls1_3", "-tls1_2"])
def test_group_cipher_and_signature_are_openssls(hs, s_server, certificates, version):
    server = s_server(certificates.server, version)
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"localhost:{server.port}", "-CAfile",
         str(certificates.ca), "-groups", "P-256"], input="Q\n", capture_output=True, text=True,
        timeout=20)
    record = hs.probe_json("--cacert", certificates.ca, "--groups", "P-256",
                           f"tls://localhost:{server.port}", status=0)
    text = done.stdout
    assert re.search(r"(Server|Peer) Temp Key: ECDH, prime256v1", text), text
    assert record["tls"]["group"] == "secp256r1"
    assert "Peer signing digest: SHA256" in text
    assert record["tls"]["signature"] == "ecdsa_secp256r1_sha256"
    if version == "-tls1_3":
        assert record["tls"]["cipher"] in text
    else:
        assert record["tls"]["cipher"] == "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
        assert "ECDHE-ECDSA-AES256-GCM-SHA384" in text


def test_tcp_facts_are_plausible(hs, nginx):
    record = hs.probe_json("-4", "--cacert", nginx.ca, f"https://localhost:{nginx.h2}/", status=0)
    assert 0 < record["tcp"]["rtt_us"] < 100_000
    assert 0 < record["phases"]["tcp"]["ms"] < 500
    assert record["target"]["address"] == "127.0.0.1"


def test_the_record_agrees_with_the_capture_on_times(hs, nginx, tmp_path):
    """ClientHello out to the server's first byte in: by our stamps and by tcpdump's."""
    from kit.capture import tshark
    record, file, _ = witnessed(hs, tmp_path, nginx.h2, f"https://localhost:{nginx.h2}/", "-4",
                                "--cacert", nginx.ca)
    rows = [line.split() for line in tshark(
        file, "-Y", "tcp.len>0", "-T", "fields", "-e", "frame.time_epoch", "-e",
        "tcp.srcport").splitlines()]
    out = next(float(t) for t, p in rows if int(p) != nginx.h2)
    back = next(float(t) for t, p in rows if int(p) == nginx.h2)
    wait = (back - out) * 1000
    events = record["events"]
    mine = next(e["at_ms"] for e in events if e["from"] == "server") - \
        next(e["at_ms"] for e in events if e["from"] == "client")
    assert abs(mine - wait) < 20, (mine, wait)
