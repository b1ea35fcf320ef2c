"""--hello-retry: a key share that no server knows, and what servers make of it."""
import struct

import pytest

from kit import hostile as h
from kit.capture import messages
from test_cli import usage_error
from test_witness import agree, witnessed

GROUP = 0xfefe   # ecdhe_private_use (RFC 8446 4.2.7)


def is_retried(record, group="x25519"):
    assert record["tls"]["version"] == "TLSv1.3"
    assert record["tls"]["hello_retry_request"] is True
    assert record["tls"]["group"] == group
    assert record["phases"]["tls"]["round_trips"] == 2
    assert "hello_retry_request" in [f["id"] for f in record["findings"]]


@pytest.mark.parametrize("server, attribute, scheme", [
    ("nginx", "h2", "https"), ("nginx", "h1", "https"), ("haproxy", "h2", "https"),
    ("node_server", "tls", "https"), ("node_server", "tls", "wss")])
def test_servers_ask_again(hs, request, server, attribute, scheme):
    server = request.getfixturevalue(server)
    url = f"{scheme}://localhost:{getattr(server, attribute)}/"
    plain = hs.probe_json("-4", "--cacert", server.ca, url, status=0)
    assert plain["tls"]["hello_retry_request"] is False
    assert plain["phases"]["tls"]["round_trips"] == 1
    record = hs.probe_json("-4", "--cacert", server.ca, "--hello-retry", url, status=0)
    is_retried(record)
    trips = "round_trips_to_ready"
    assert record["accounting"][trips] == plain["accounting"][trips] + 1
    assert record["tls"]["alpn"] == plain["tls"]["alpn"]


@pytest.mark.parametrize("scheme", ["tls", "https", "wss"])
def test_the_lab_server_asks_again(hs, serve, scheme):
    is_retried(hs.probe_json("--cacert", serve.ca, "--hello-retry", serve.url(scheme), status=0))


def test_gnutls_asks_again(hs, gnutls_serv, certificates):
    server = gnutls_serv(certificates.server, "--echo")
    record = hs.probe_json("-4", "--cacert", certificates.ca, "--hello-retry",
                           f"tls://localhost:{server.port}", status=0)
    is_retried(record, record["tls"]["group"])
    assert record["tls"]["group"] in ("x25519", "secp256r1")


@pytest.mark.parametrize("groups, expected", [
    ("P-384", "secp384r1"), ("x448:x25519", "x448"), ("ffdhe2048", "ffdhe2048")])
def test_with_groups_of_ones_own(hs, s_server, certificates, groups, expected):
    server = s_server(certificates.server, "-groups", expected)
    is_retried(hs.probe_json("-4", "--cacert", certificates.ca, "--hello-retry", "--groups", groups,
                             f"tls://localhost:{server.port}", status=0), expected)


def test_the_ladder_shows_it_and_tshark_agrees(hs, s_server, certificates, tmp_path):
    server = s_server(certificates.server, "-tls1_3")
    url = f"tls://localhost:{server.port}"
    record, file, keys = witnessed(hs, tmp_path, server.port, url, "-4", "--cacert",
                                   certificates.ca, "--hello-retry")
    is_retried(record)
    theirs = messages(file, server.port, keys)
    assert [m for m in theirs if m[2] != "ChangeCipherSpec"][:4] == [("client", "tls", "ClientHello"), ("server", "tls", "HelloRetryRequest"),
                          ("client", "tls", "ClientHello"), ("server", "tls", "ServerHello")]
    agree(record, theirs)
    hellos = [e for e in record["events"] if e["name"] == "ClientHello"]
    assert [e["detail"]["key_share"] for e in hellos] == [f"{GROUP:#x}", "x25519"]
    ladder = hs.probe("-v", "-4", "--cacert", certificates.ca, "--hello-retry", url).stdout
    assert ladder.index("HelloRetryRequest  version") < ladder.index("ServerHello  version")


@pytest.mark.parametrize("server", ["nginx", "s_server"])
def test_a_resumption_asks_again_too(hs, request, certificates, server):
    if server == "nginx":
        port = request.getfixturevalue("nginx").h2
    else:
        port = request.getfixturevalue("s_server")(certificates.server).port
    record = hs.probe_json("-4", "--cacert", certificates.ca, "--hello-retry", "--resume",
                           f"https://localhost:{port}/", status=0)
    is_retried(record)
    assert record["tls"]["resumed"] is True


def test_a_ticket_for_a_single_use_is_used_up_by_it(hs, serve):
    """OpenSSL's anti-replay forgets the ticket of the first ClientHello before the second comes."""
    record = hs.probe_json("--cacert", serve.ca, "--hello-retry", "--resume", serve.url("https"),
                           status=0)
    is_retried(record)
    assert record["tls"]["resumed"] is False


def test_early_data_does_not_outlive_it(hs, nginx):
    """RFC 8446 4.2.10: a HelloRetryRequest rejects early data; the request goes again."""
    record = hs.probe_json("-4", "--cacert", nginx.ca, "--hello-retry", "--early-data",
                           f"https://localhost:{nginx.h2}/", status=0)
    is_retried(record)
    assert record["tls"]["resumed"] is True and record["tls"]["early_data"] == "rejected"
    assert record["http"]["status"] == 200


def test_a_server_of_tls_12_asks_for_nothing(hs, nginx):
    record = hs.probe_json("-4", "--cacert", nginx.ca, "--hello-retry",
                           f"https://localhost:{nginx.tls12}/", status=0)
    assert record["tls"]["version"] == "TLSv1.2"
    assert record["tls"].get("hello_retry_request") is not True


@pytest.mark.parametrize("level", [0, 1, 3, 5])
def test_every_security_level_lets_it_be_offered(hs, s_server, certificates, level):
    server = s_server(certificates.server)
    record = hs.probe_json("-4", "-k", "--events", "--hello-retry", "--ciphers",
                           f"ALL:@SECLEVEL={level}", f"tls://localhost:{server.port}")
    hello = next(e for e in record["events"] if e["name"] == "ClientHello")
    assert hello["detail"]["key_share"] == f"{GROUP:#x}"
    assert level == 5 or record["tls"]["hello_retry_request"] is True


# ---- servers that choose the group all the same

def extension(number, body):
    return struct.pack(">HH", number, len(body)) + body


def server_hello(session_id, version, cipher, extensions):
    body = struct.pack(">H", 0x0303) + bytes(range(32)) + bytes([len(session_id)]) + session_id + \
        struct.pack(">HB", cipher, 0) + struct.pack(">H", len(extensions)) + extensions
    message = b"\x02" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\x03\x03" + struct.pack(">H", len(message)) + message


def chooses_it(retry_first):
    def behave(peer):
        hello = peer.read_record()
        session = hello[5 + 4 + 2 + 32 + 1:][:hello[5 + 4 + 2 + 32]]
        versions = extension(43, struct.pack(">H", 0x0304))
        if retry_first:
            share = extension(51, struct.pack(">H", GROUP))
            flight = bytearray(server_hello(session, 0x0304, 0x1301, versions + share))
            flight[11:43] = bytes.fromhex(
                "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
            peer.send(bytes(flight))
        else:
            share = extension(51, struct.pack(">HH", GROUP, 1) + b"\0")
            peer.send(server_hello(session, 0x0304, 0x1301, versions + share))
        peer.silence()
    return behave


def chooses_it_in_tls_12(context):
    """Puts the group's number into an OpenSSL server's ServerKeyExchange."""
    def behave(peer):
        flight = peer.first_flight(context)
        at = flight.index(b"\x0c", flight.index(b"\x0b"))   # ServerKeyExchange behind Certificate
        for at in range(len(flight) - 7):
            if flight[at] == 0x0c and flight[at + 4] == 3:   # its type, then named_curve
                peer.send(flight[:at + 5] + struct.pack(">H", GROUP) + flight[at + 7:])
                peer.silence()
                return
        raise AssertionError("no ServerKeyExchange")
    return behave


@pytest.mark.parametrize("retry_first", [False, True], ids=["ServerHello", "HelloRetryRequest"])
def test_a_server_that_chooses_the_group_is_refused(hs, hostile, retry_first):
    server = hostile(chooses_it(retry_first))
    record = hs.probe_json("-k", "--hello-retry", f"tls://127.0.0.1:{server.port}", status=35)
    assert record["failure"]["class"] == "tls.protocol.error"


def test_a_server_that_chooses_it_in_tls_12_is_refused(hs, hostile, certificates):
    import ssl
    server = hostile(chooses_it_in_tls_12(h.server_context(certificates.server,
                                                           ssl.TLSVersion.TLSv1_2)))
    record = hs.probe_json("-k", "--hello-retry", f"tls://127.0.0.1:{server.port}", status=35)
    assert record["failure"]["class"] == "tls.protocol.error"


# ---- where it means nothing

@pytest.mark.parametrize("arguments, words", [
    (["--tls-max", "1.2", "https://localhost:1/"], ["--hello-retry", "TLS 1.3"]),
    (["http://localhost:1/"], ["--hello-retry", "TLS"]),
    (["tcp://localhost:1"], ["--hello-retry", "TLS"]),
    (["ws://localhost:1/"], ["--hello-retry", "TLS"]),
    (["--http3", "https://localhost:1/"], ["--hello-retry", "QUIC"]),
    (["--alpn", "h3", "quic://localhost:1"], ["--hello-retry", "QUIC"]),
])
def test_usage_errors(hs, arguments, words):
    usage_error(hs.probe("--hello-retry", *arguments), *words)
