"""The failure matrix: one row a test.

A row says which server, which probe, and what the record must say of it: class, phase, exit status,
the alert or the verify result where there is one, and which earlier phases must still be reported.
"""
import ssl
import time

import pytest

from kit import hostile as h
from kit.process import free_port

V13, V12 = ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2
SHORT = 0.6       # the deadline under test, seconds
SLACK = 2.0       # a sanitized program on a busy machine

STATUS = {
    "dns.name_not_resolved": 6, "dns.failed": 6, "dns.timed_out": 28,
    "tcp.refused": 7, "tcp.timed_out": 28, "tcp.reset": 7, "tcp.closed": 52,
    "tcp.address_unreachable": 7, "tcp.failed": 7,
    "tls.timed_out": 28, "tls.closed": 35, "tls.reset": 56, "tls.version_mismatch": 35,
    "tls.cipher_mismatch": 35, "tls.alpn_mismatch": 35, "tls.unrecognized_name": 35,
    "tls.not_tls": 35, "tls.bad_client_auth_cert": 35, "tls.alert": 35, "tls.protocol.error": 35,
    "tls.cert.name_invalid": 60, "tls.cert.date_invalid": 60, "tls.cert.authority_invalid": 60,
    "tls.cert.self_signed": 60, "tls.cert.weak": 60, "tls.cert.invalid": 60,
    "tls.cert.pinned_key_not_in_cert_chain": 90,
    "http.response.invalid": 8, "http.timed_out": 28, "http.reset": 56, "http.closed": 52,
    "websocket.status": 22, "websocket.bad_accept": 22, "websocket.bad_upgrade": 22,
    "websocket.subprotocol_mismatch": 22, "websocket.timed_out": 28, "websocket.closed": 52,
    "websocket.reset": 56, "websocket.protocol.error": 8,
    "http2.protocol.error": 16, "http2.timed_out": 28, "http2.goaway": 56, "http2.closed": 52,
    "http2.reset": 56, "abandoned": 28,
}

# The phases that come before a phase, for a URL's scheme.
BEFORE = {
    "tcp": [], "tls": ["tcp"], "settings": ["tcp", "tls"],
    "upgrade": ["tcp"], "response": ["tcp"],
}


def judge(record, result, classes, phase, scheme, alert=None, verify=None, deadline=None):
    classes = (classes,) if isinstance(classes, str) else classes
    failure = record["failure"]
    assert failure["class"] in classes, failure
    assert result.status == STATUS[failure["class"]], (failure, result)
    if phase:
        phases = (phase,) if isinstance(phase, str) else phase
        assert failure["phase"] in phases, failure
    if alert is not None:
        assert failure.get("alert") == alert, failure
    if verify is not None:
        expected = verify if isinstance(verify, tuple) else (verify,)
        assert failure.get("verify") in expected, failure
    if deadline is not None:
        assert deadline * 1000 <= failure["elapsed_ms"] <= (deadline + SLACK) * 1000, failure
    else:
        assert failure["elapsed_ms"] < 5000, failure
    before = list(BEFORE.get(failure["phase"], []))
    if scheme in ("https", "wss") and failure["phase"] in ("upgrade", "response"):
        before.append("tls")
    for earlier in before:
        assert "ms" in record["phases"][earlier], \
            f"phase {earlier} came before {failure['phase']}: {record['phases']}"
    assert result.seconds < (deadline or 5) + SLACK + 1


def run(hs, classes, phase, url, *options, **expected):
    records, result = hs.probe_records(*options, url)
    assert len(records) == 1 and not records[0]["ok"], repr(result)
    judge(records[0], result, classes, phase, url.split(":")[0], **expected)
    # The same in words: the class, a sentence, and an advice, no stack of numbers.
    return records[0]


# ---- names and addresses

def test_name_not_resolved(hs):
    run(hs, ("dns.name_not_resolved", "dns.failed", "dns.timed_out"), "dns",
        "https://does-not-exist.invalid/", "--connect-timeout", "3")


@pytest.mark.parametrize("host, word", [("fe80::1%nosuch", "nosuch"), ("fe80::1", "link-local")])
def test_zone_that_is_no_interface(hs, host, word):
    """That is this host's affair, and no name server's."""
    record = hs.probe_json(f"https://[{host}]:9/", status=2)
    assert record["failure"]["class"] == "local" and word in record["failure"]["message"], record


def test_zone_stays_at_this_host(hs, nginx):
    record = hs.probe_json("--cacert", nginx.ca, "--events", f"https://[::1%25lo]:{nginx.h2}/", status=0)
    said = [e["detail"][":authority"] for e in record["events"] if ":authority" in e.get("detail", {})]
    assert said == [f"[::1]:{nginx.h2}"], record["events"]



@pytest.mark.parametrize("option, host", [("-6", "127.0.0.1"), ("-4", "[::1]")])
def test_address_of_the_other_family(hs, option, host):
    record = run(hs, "dns.name_not_resolved", "dns", f"tcp://{host}:9", option)
    assert "dns" not in record["phases"], "nobody was asked"


@pytest.mark.parametrize("scheme", ["tcp", "tls", "http", "https", "ws", "wss"])
def test_refused(hs, scheme):
    record = run(hs, "tcp.refused", "tcp", f"{scheme}://127.0.0.1:{free_port()}")
    assert record["failure"]["errno"] in (111, "ECONNREFUSED")
    assert record["target"]["attempts"], "the address that was tried is part of the record"
    assert record["accounting"]["loss_ms"] == 0, "a refusal is an answer"


def test_every_address_refused(hs):
    record = run(hs, "tcp.refused", "tcp", f"https://localhost:{free_port()}")
    tried = {a["address"] for a in record["target"]["attempts"]}
    assert tried == {"127.0.0.1", "::1"}
    assert all(a["failure"] == "tcp.refused" for a in record["target"]["attempts"])


# ---- the TLS handshake ends too early: (stage, end) → class

ENDS = {"reset": "tls.reset", "close": "tls.closed", "silence": "tls.timed_out"}
STAGES = {
    "at_once": lambda context, end: h.at_once(end),
    "after_client_hello": lambda context, end: h.after_client_hello(end),
    "after_server_hello": lambda context, end: h.after_part_of_flight(context, h.first_record, end),
    "within_a_record": lambda context, end: h.after_part_of_flight(context, h.half_a_record, end),
    "before_the_end": lambda context, end: h.after_part_of_flight(context, h.all_but_the_end, end),
}


@pytest.mark.parametrize("scheme, version", [("tls", V13), ("https", V13), ("https", V12),
                                             ("wss", V13)], ids=lambda v: getattr(v, "name", v))
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("stage", STAGES)
def test_tls_ends_early(hs, hostile, certificates, stage, end, scheme, version):
    context = h.server_context(certificates.server, version)
    server = hostile(STAGES[stage](context, end))
    classes = ENDS[end]
    if (stage, end) == ("at_once", "reset"):
        classes = ("tls.reset", "tcp.reset")   # whichever the kernel tells first
    record = run(hs, classes, ("tls", "tcp") if stage == "at_once" else "tls",
                 f"{scheme}://127.0.0.1:{server.port}", "--cacert", certificates.ca,
                 "--tls-timeout", SHORT, deadline=SHORT if end == "silence" else None)
    if stage in ("after_server_hello", "before_the_end") and end != "reset":
        assert record["tls"]["version"] == {V13: "TLSv1.3", V12: "TLSv1.2"}[version]
    assert record["failure"].get("last_event") or stage == "at_once"


def test_closed_with_the_client_hello_unread(hs, hostile):
    """Such a close is a reset on the wire (RFC 9293 3.6.1)."""
    server = hostile(h.close_unread)
    record = run(hs, "tls.reset", "tls", f"https://127.0.0.1:{server.port}/")
    assert record["failure"]["errno"] in (104, "ECONNRESET")


@pytest.mark.parametrize("number, cls", [(80, "tls.alert"), (10, "tls.alert"),
                                         (86, "tls.version_mismatch")],
                         ids=["internal_error", "unexpected_message", "inappropriate_fallback"])
def test_alert_of_the_server(hs, hostile, number, cls):
    server = hostile(h.says(b"\x15\x03\x03\x00\x02\x02" + bytes([number]), "close", True))
    record = run(hs, cls, "tls", f"https://127.0.0.1:{server.port}/", alert=number)
    assert record["tls"]["alert"]["from"] == "server"


# ---- the application answers nothing

@pytest.mark.parametrize("end", ["reset", "close", "silence"])
@pytest.mark.parametrize("scheme, family, stage", [
    ("http", "http", "request"), ("ws", "websocket", "request"),
    ("https", "http", "tls"), ("https", "http", "request over TLS"),
    ("wss", "websocket", "tls"), ("wss", "websocket", "request over TLS")])
def test_application_ends_early(hs, hostile, certificates, scheme, family, stage, end):
    context = h.server_context(certificates.server, V13, ["http/1.1"])
    behave = {"request": lambda: h.after_request(end), "tls": lambda: h.after_tls(context, end),
              "request over TLS": lambda: h.after_request_over_tls(context, end)}[stage]()
    server = hostile(behave)
    cls = family + {"reset": ".reset", "close": ".closed", "silence": ".timed_out"}[end]
    run(hs, cls, {"http": "response", "websocket": "upgrade"}[family],
        f"{scheme}://127.0.0.1:{server.port}/", "--http1.1", "--cacert", certificates.ca,
        "--upgrade-timeout", SHORT, deadline=SHORT if end == "silence" else None)


# ---- certificates

@pytest.mark.parametrize("name, cls, verify", [
    ("expired", "tls.cert.date_invalid", 10), ("not_yet_valid", "tls.cert.date_invalid", 9),
    ("self_signed", "tls.cert.self_signed", 18), ("unknown_ca", "tls.cert.authority_invalid", (20, 21)),
    ("chain_missing", "tls.cert.authority_invalid", (20, 21)),
    ("other_name", "tls.cert.name_invalid", (62, 64)), ("weak", "tls.cert.weak", 66)])
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_bad_certificate(hs, s_server, certificates, name, cls, verify, version):
    server = s_server(getattr(certificates, name), version, "-cipher", "DEFAULT@SECLEVEL=0")
    url = f"tls://localhost:{server.port}"
    record = run(hs, cls, "tls", url, "--cacert", certificates.ca, verify=verify)
    assert record["certificates"], "what was sent is shown even where it is not accepted"
    # -k: what verification says is reported, and the handshake goes on.
    record = hs.probe_json(url, "--cacert", certificates.ca, "-k", status=0)
    assert record["ok"]


def test_ip_not_in_certificate(hs, s_server, certificates):
    server = s_server(certificates.other_name)
    run(hs, "tls.cert.name_invalid", "tls", f"https://127.0.0.1:{server.port}/", "--cacert",
        certificates.ca, verify=(62, 64))


def test_wrong_pin(hs, s_server, certificates):
    server = s_server(certificates.server)
    run(hs, "tls.cert.pinned_key_not_in_cert_chain", "tls", f"https://localhost:{server.port}/",
        "--cacert", certificates.ca, "--pinnedpubkey",
        "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")


# ---- nothing in common

@pytest.mark.parametrize("server_options, options, cls, alert", [
    (["-tls1_2"], ["--tlsv1.3"], "tls.version_mismatch", 70),
    (["-tls1_3"], ["--tls-max", "1.2"], "tls.version_mismatch", 70),
    (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"],
     ["--ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384"], "tls.cipher_mismatch", 40),
    (["-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"],
     ["--ciphers", "TLS_CHACHA20_POLY1305_SHA256", "--tlsv1.3"], "tls.cipher_mismatch", 40),
    (["-tls1_3", "-groups", "P-384"], ["--groups", "X25519"], "tls.cipher_mismatch", 40),
    (["-tls1_2", "-sigalgs", "RSA+SHA256"], [], "tls.cipher_mismatch", 40),
    (["-alpn", "h2"], ["--alpn", "chat"], "tls.alpn_mismatch", 120),
], ids=["server-1.2", "server-1.3", "cipher-1.2", "cipher-1.3", "group", "signature",
        "alpn"])
def test_nothing_in_common(hs, s_server, certificates, server_options, options, cls, alert):
    server = s_server(certificates.server, *server_options)
    record = run(hs, cls, "tls", f"tls://localhost:{server.port}", "--cacert", certificates.ca,
                 *options, alert=alert)
    assert record["tls"]["alert"], record["tls"]


def test_alpn_that_the_server_ignores(hs, s_server, certificates):
    server = s_server(certificates.server)
    record = hs.probe_json(f"tls://localhost:{server.port}", "--cacert", certificates.ca, "--alpn",
                           "chat", status=0)
    assert "alpn" not in record["tls"]


def test_old_server(hs, s_server, certificates):
    """A TLS 1.0 server is refused by default, and can be probed where that is asked for."""
    old = "ALL:@SECLEVEL=0"
    server = s_server(certificates.server, "-tls1", "-cipher", old)
    url = f"tls://localhost:{server.port}"
    run(hs, "tls.version_mismatch", "tls", url, "--cacert", certificates.ca)
    record = hs.probe_json(url, "--cacert", certificates.ca, "--tlsv1.0", "--ciphers", old, status=0)
    assert record["tls"]["version"] == "TLSv1.0"


def test_name_refused(hs, s_server, certificates):
    server = s_server(certificates.server, "-servername", "only.handshake.test",
                      "-servername_fatal", "-cert2", certificates.server[0], "-key2",
                      certificates.server[1])
    run(hs, "tls.unrecognized_name", "tls", f"https://localhost:{server.port}/", "--cacert",
        certificates.ca, alert=112)


@pytest.mark.parametrize("version, alert", [("-tls1_2", 40), ("-tls1_3", 116)])
@pytest.mark.parametrize("scheme", ["tls", "https"])
def test_client_certificate_required(hs, s_server, certificates, version, alert, scheme):
    server = s_server(certificates.server, version, "-Verify", "1", "-verify_return_error",
                      "-CAfile", certificates.ca)
    record = run(hs, "tls.bad_client_auth_cert", None, f"{scheme}://localhost:{server.port}",
                 "--cacert", certificates.ca, alert=alert)
    assert record["tls"]["client_certificate_requested"] is True
    cert, key = certificates.client
    record = hs.probe_json(f"tls://localhost:{server.port}", "--cacert", certificates.ca, "--cert",
                           cert, "--key", key, status=0)
    assert record["tls"]["client_certificate_requested"] is True


# ---- another protocol on the port

@pytest.mark.parametrize("data, first", [
    (b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", True),
    (b"220 mail.test ESMTP\r\n", False), (b"SSH-2.0-OpenSSH_9.2\r\n", False),
    (bytes(range(200, 256)) * 20, True), (b"\x00" * 4096, True),
], ids=["http", "smtp", "ssh", "garbage", "zeros"])
@pytest.mark.parametrize("scheme", ["tls", "https", "wss"])
def test_plaintext_on_a_tls_port(hs, hostile, data, first, scheme):
    server = hostile(h.says(data, "close", first))
    run(hs, "tls.not_tls", "tls", f"{scheme}://127.0.0.1:{server.port}", "--tls-timeout", "3")


@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_tls_on_a_plaintext_port(hs, s_server, certificates, scheme):
    server = s_server(certificates.server)
    run(hs, ("http.response.invalid", "http.closed", "websocket.closed"),
        ("response", "upgrade"), f"{scheme}://127.0.0.1:{server.port}/", "--upgrade-timeout", "3")


@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_garbage_for_an_answer(hs, hostile, scheme):
    server = hostile(h.answers(b"\xff\xfe\x00garbage\r\n\r\n" * 10, "close"))
    run(hs, "http.response.invalid", ("response", "upgrade"),
        f"{scheme}://127.0.0.1:{server.port}/")


# ---- WebSocket

@pytest.mark.parametrize("behave, cls", [
    (h.upgrades(status="403 Forbidden", upgrade=None, connection=None, accept=""),
     "websocket.status"),
    (h.upgrades(status="301 Moved Permanently", upgrade=None, connection=None, accept="",
                extra="Location: http://elsewhere.test/"), "websocket.status"),
    (h.upgrades(status="200 OK", upgrade=None, connection=None, accept=""), "websocket.status"),
    (h.upgrades(accept="AAAAAAAAAAAAAAAAAAAAAAAAAAA="), "websocket.bad_accept"),
    (h.upgrades(accept=""), "websocket.bad_accept"),
    (h.upgrades(upgrade=None), "websocket.bad_upgrade"),
    (h.upgrades(extra="Sec-WebSocket-Extensions: permessage-deflate"), "websocket.bad_upgrade"),
    (h.upgrades(upgrade="h2c"), "websocket.bad_upgrade"),
    (h.upgrades(connection=None), "websocket.bad_upgrade"),
    (h.upgrades(connection="close"), "websocket.bad_upgrade"),
    (h.upgrades(extra="Sec-WebSocket-Protocol: not-offered"), "websocket.subprotocol_mismatch"),
], ids=["403", "301", "200", "wrong-accept", "no-accept", "no-upgrade", "extension", "other-upgrade",
        "no-connection", "connection-close", "subprotocol"])
def test_refused_upgrade(hs, hostile, behave, cls):
    server = hostile(behave)
    record = run(hs, cls, "upgrade", f"ws://127.0.0.1:{server.port}/chat",
                 "--upgrade-timeout", "3")
    assert record["websocket"]["status"] in (101, 200, 301, 403)


@pytest.mark.parametrize("path, status", [("/forbidden", 403), ("/moved", 301)])
def test_refused_upgrade_by_nginx(hs, nginx, path, status):
    record = run(hs, "websocket.status", "upgrade", f"ws://localhost:{nginx.http}{path}")
    assert record["websocket"]["status"] == status


def test_websocket_dies_after_the_upgrade(hs, hostile):
    server = hostile(h.upgrades(then=h.Peer.close))
    run(hs, "websocket.closed", ("response", "upgrade"), f"ws://127.0.0.1:{server.port}/")
    server = hostile(h.upgrades(then=h.Peer.reset))
    run(hs, ("websocket.reset", "websocket.closed"), ("response", "upgrade"),
        f"ws://127.0.0.1:{server.port}/")


def test_websocket_silence_after_the_upgrade(hs, hostile):
    server = hostile(h.upgrades())
    run(hs, "websocket.timed_out", ("response", "upgrade"), f"ws://127.0.0.1:{server.port}/",
        "--upgrade-timeout", SHORT, deadline=SHORT)


@pytest.mark.parametrize("data", [b"\xff" * 64, b"\x8a\xff" + b"\xff" * 8 + b"abcd", b"\x8a\x7f" + b"\xff" * 8],
                         ids=["reserved", "masked-and-endless", "length-over-63-bits"])
def test_broken_websocket_frames(hs, hostile, data):
    def then(peer):
        peer.recv()
        peer.send(data)
        peer.close()
    server = hostile(h.upgrades(then=then))
    run(hs, "websocket.protocol.error", ("response", "upgrade"), f"ws://127.0.0.1:{server.port}/",
        "--upgrade-timeout", "3")


# ---- HTTP/2

@pytest.mark.parametrize("data, end, classes, phase", [
    (h.SETTINGS + h.goaway(0), "close", "http2.goaway", ("settings", "response")),
    (h.SETTINGS + h.goaway(11, text=b"calm down"), "close", "http2.goaway", ("settings", "response")),
    (h.goaway(13), "silence", ("http2.goaway", "http2.protocol.error"), ("settings", "response")),
    (b"", "silence", "http2.timed_out", "settings"),
    (h.SETTINGS + h.SETTINGS_ACK, "silence", "http2.timed_out", "response"),
    (b"", "close", "http2.closed", "settings"),
    (b"", "reset", "http2.reset", "settings"),
    (h.SETTINGS + h.SETTINGS_ACK, "close", "http2.closed", "response"),
    (b"HTTP/1.1 400 Bad Request\r\n\r\n", "close", "http2.protocol.error", "settings"),
    (h.frame(0, 0, 1, b"data first"), "silence", "http2.protocol.error", "settings"),
    (h.SETTINGS + h.frame(4, 0, 0, b"12345"), "silence", "http2.protocol.error",
     ("settings", "response")),
    (b"\xff\xff\xff\x04\x00\x00\x00\x00\x00", "silence", "http2.protocol.error", "settings"),
    (h.SETTINGS + h.frame(1, 5, 1, b"\x82"), "silence", "http2.protocol.error", "response"),
    (h.SETTINGS + h.frame(1, 5, 1, b"\x08\x03abc"), "silence", "http2.protocol.error", "response"),
    (h.SETTINGS + h.frame(1, 5, 1, b"\x88\x00\x01A\x01b"), "silence", "http2.protocol.error",
     "response"),
], ids=["goaway-no-error", "goaway-calm", "goaway-first", "silence", "silence-after-settings",
        "closed", "reset", "closed-after-settings", "http1-answer", "data-first", "bad-settings",
        "oversize-frame", "no-status", "status-in-letters", "name-in-capitals"])
def test_http2(hs, hostile, certificates, data, end, classes, phase):
    context = h.server_context(certificates.server, V13, ["h2"])
    server = hostile(h.http2(context, data, end))
    timed = "http2.timed_out" in classes
    record = run(hs, classes, phase, f"https://127.0.0.1:{server.port}/", "--cacert", certificates.ca,
                 "--http2", "--upgrade-timeout", SHORT if timed else 3, deadline=SHORT if timed else None)
    if timed:
        words = "gave no answer" if phase == "settings" else "sent its SETTINGS, and no response"
        assert words in record["failure"]["message"], record["failure"]


@pytest.mark.parametrize("said, words", [
    (b"", "gave no answer to the HTTP/1.1 request"),
    (b"HTTP/1.1 200 OK\r\nServer: half", "began its response, and did not finish the head of it"),
], ids=["nothing", "half-a-head"])
def test_http1_that_comes_to_a_halt(hs, hostile, said, words):
    server = hostile(h.says(said, "silence", True))
    record = run(hs, "http.timed_out", "response", f"http://127.0.0.1:{server.port}/",
                 "--upgrade-timeout", SHORT, deadline=SHORT)
    assert words in record["failure"]["message"], record["failure"]


@pytest.mark.parametrize("option, words", [([], "agreed on HTTP/2"), (["--http2"], "was asked in HTTP/2")])
def test_http1_for_http2(hs, hostile, certificates, option, words):
    """Only ALPN is an agreement; with prior knowledge the client just begins."""
    said = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    if option:
        server, url = hostile(h.says(said, "close", True)), "http://127.0.0.1"
    else:
        server = hostile(h.http2(h.server_context(certificates.server, V13, ["h2"]), said))
        url = "https://127.0.0.1"
    record = hs.probe_json("--cacert", certificates.ca, *option, f"{url}:{server.port}/", status=16)
    assert f"{words} and answers in HTTP/1" in record["failure"]["message"], record["failure"]


ANSWER = h.frame(1, 4 | 1, 1, b"\x88")      # HEADERS of stream 1, its last: status 200


@pytest.mark.parametrize("last", [1, 2**31 - 1])
def test_http2_graceful_goaway(hs, hostile, certificates, last):
    """A GOAWAY without an error does not end the streams up to the one that it names."""
    context = h.server_context(certificates.server, V13, ["h2"])
    server = hostile(h.http2(context, h.SETTINGS + h.goaway(0, last) + ANSWER))
    record = hs.probe_json("--cacert", certificates.ca, f"https://127.0.0.1:{server.port}/", status=0)
    assert record["http"]["status"] == 200
    server = hostile(h.http2(context, h.SETTINGS + h.goaway(0, last), "close"))
    run(hs, "http2.closed", "response", f"https://127.0.0.1:{server.port}/", "--cacert", certificates.ca)


@pytest.mark.parametrize("first", [True, False], ids=["before the client's", "after it"])
def test_http2_goodbye_is_no_announcement(hs, hostile, certificates, first):
    """Apache and lighttpd answer the client's GOAWAY with their own: that announces nothing."""
    def behave(peer):
        peer.handshake(h.server_context(certificates.server, V13, ["h2"]))
        peer.tls_recv()
        goodbye = h.goaway(0, 1)
        peer.tls.sendall(h.SETTINGS + (goodbye if first else b"") + ANSWER)
        while h.frame(7, 0, 0)[3:9] not in peer.tls_recv():     # the client's GOAWAY
            pass
        if not first:
            peer.tls.sendall(goodbye)
        peer.close()
    server = hostile(behave)
    record = hs.probe_json("--cacert", certificates.ca, f"https://127.0.0.1:{server.port}/", status=0)
    assert ("goaway" in record["http2"]) == first, record["http2"]
    assert any(f["id"] == "goaway" for f in record["findings"]) == first, record["findings"]


def test_last_request_of_an_nginx_connection(hs, nginx):
    record = hs.probe_json("--cacert", nginx.ca, f"https://localhost:{nginx.last_request}/", status=0)
    assert record["http"]["status"] == 200 and record["http"]["version"] == "HTTP/2"


# ---- hostile bytes: a failure record, no hang, bounded memory

def test_one_byte_at_a_time_is_still_a_handshake(hs, hostile, certificates):
    """A slow peer is no broken peer."""
    context = h.server_context(certificates.server, V13, ["http/1.1"])

    def behave(peer):
        peer.send_slowly(peer.first_flight(context), 0)
        peer.silence()
    server = hostile(behave)
    records, result = hs.probe_records("--cacert", certificates.ca, "--upgrade-timeout", SHORT,
                                       f"https://127.0.0.1:{server.port}/")
    record = records[0]
    assert record["failure"]["class"] == "http.timed_out", record["failure"]
    assert record["tls"]["version"] == "TLSv1.3" and record["certificates"]


def test_one_byte_at_a_time_for_ever(hs, hostile, certificates):
    context = h.server_context(certificates.server, V13)

    def behave(peer):
        peer.send_slowly(peer.first_flight(context), 0.05)
    server = hostile(behave)
    record = run(hs, "tls.timed_out", "tls", f"https://127.0.0.1:{server.port}/", "--cacert",
                 certificates.ca, "--tls-timeout", SHORT, deadline=SHORT)
    # Something came, and that is what is said.
    assert "did not finish the TLS handshake" in record["failure"]["message"], record["failure"]
    assert f"{record['bytes_received']} byte" in record["failure"]["message"], record["failure"]


@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_endless_headers(hs, hostile, scheme):
    server = hostile(h.endless_headers)
    started = time.monotonic()
    records, result = hs.probe_records("--upgrade-timeout", "5", f"{scheme}://127.0.0.1:{server.port}/")
    record = records[0]
    if record["ok"]:  # HTTP: the status line is all that is waited for
        assert scheme == "http" and record["http"]["status"] == 200
    else:
        judge(record, result, ("http.response.invalid", "http.timed_out", "websocket.timed_out",
                               "websocket.status"), None, scheme)
    assert time.monotonic() - started < 8


@pytest.mark.parametrize("data", [
    b"\x16\x03\x03\x48\x01" + b"a" * 0x4801,                        # over 2^14 + 2048
    b"\x16\x03\x03\x40\x00\x02\xff\xff\xff" + b"\x00" * 0x3ffc,     # a ServerHello of 16 MB
    b"\x16\x03\x03\x00\x00" * 50,                                   # empty handshake records
    b"\x16\x03\x03\x00\x04\x02\x00\x00\x00",                        # an empty ServerHello
    b"\x15\x03\x03\x00\x02\x02\xff",                                # an alert of no known number
    b"\x17\x03\x03\x00\x10" + b"\x00" * 16,                         # data before the handshake
    b"\x16\x03\x03\x00\x04\x63\x00\x00\x00",                        # an unknown handshake message
], ids=["oversize-record", "oversize-message", "empty-records", "empty-server-hello",
        "unknown-alert", "data-first", "unknown-message"])
def test_broken_tls(hs, hostile, data):
    server = hostile(h.says(data, "close", True))
    run(hs, ("tls.protocol.error", "tls.not_tls", "tls.alert", "tls.closed", "tls.version_mismatch"),
        "tls", f"https://127.0.0.1:{server.port}/", "--tls-timeout", "3")


def test_corrupt_record(hs, hostile, certificates):
    context = h.server_context(certificates.server, V13)

    def corrupt(flight):
        return flight[:-20] + bytes([flight[-20] ^ 1]) + flight[-19:]
    server = hostile(h.after_part_of_flight(context, corrupt, "silence"))
    run(hs, "tls.protocol.error", "tls", f"https://127.0.0.1:{server.port}/", "--cacert",
        certificates.ca, alert=20)


def test_endless_tls_records(hs, hostile, certificates):
    """Bytes without end after the handshake: the deadline ends it, memory stays bounded."""
    import resource
    context = h.server_context(certificates.server, V13, ["http/1.1"])

    def behave(peer):
        peer.handshake(context)
        peer.read_head(peer.tls_recv)
        peer.tls.sendall(b"HTTP/1.1 200 OK\r\n")
        while not peer.over.is_set():
            peer.tls.sendall(b"X: " + b"a" * 16000)
    server = hostile(behave)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    records, _ = hs.probe_records("--cacert", certificates.ca, "--upgrade-timeout", "2", "-v",
                                  f"https://127.0.0.1:{server.port}/")
    assert records
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert after < max(before, 300_000) + 150_000, f"{after} KiB at the peak"


# ---- the overall deadline

def test_overall_deadline(hs, hostile):
    server = hostile(h.at_once("silence"))
    run(hs, ("abandoned", "tls.timed_out"), "tls", f"https://127.0.0.1:{server.port}/", "-m", SHORT,
        "--tls-timeout", "20", deadline=SHORT)
