"""WebSocket over HTTP/2 (RFC 8441): the probe and the lab server against each other's counterparts that
others wrote, and every way in which it fails."""
import os
import re
import ssl
import struct
import time

import pytest

from kit import hostile as h
from kit.capture import messages
from kit.peers import HERE, NODE_MODULES, need, need_node
from kit.process import wait_until
from kit.serve import Serve
from kit.websocket_http2 import Client, Hypercorn, NodeHttp2WebSocket
from test_failures import SHORT, run
from test_read import records_of
from test_serve import run as run_program
from test_witness import agree, witnessed

V13 = ssl.TLSVersion.TLSv1_3


@pytest.fixture(scope="module")
def node(tmp_path_factory, certificates):
    server = NodeHttp2WebSocket(tmp_path_factory.mktemp("http2-websocket"), certificates)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def hypercorn(tmp_path_factory, certificates):
    server = Hypercorn(tmp_path_factory.mktemp("hypercorn"), certificates)
    yield server
    server.stop()


def is_websocket_over_http2(record, status=200):
    """What holds of each that worked; returns the round trips to ready."""
    assert record["websocket"]["status"] == status
    assert "accepted" not in record["websocket"], "HTTP/2 has no key to answer"
    assert record["http"] == {**record["http"], "version": "HTTP/2", "status": status}
    settings = {s["name"]: s["value"] for s in record["http2"]["settings"]} \
        if isinstance(record["http2"]["settings"], list) else record["http2"]["settings"]
    assert settings["ENABLE_CONNECT_PROTOCOL"] == 1
    phases = record["phases"]
    names = [n for n in ("tls", "settings", "upgrade") if n in phases]
    for before, after in zip(names, names[1:]):
        end = phases[before]["start_ms"] + phases[before]["ms"]
        assert abs(phases[after]["start_ms"] - end) < 0.002, f"a gap before {after}: {phases}"
    last = phases["upgrade"]
    assert abs(record["ready_ms"] - last["start_ms"] - last["ms"]) < 0.002
    # Without a delay on the path the acknowledgement of our SETTINGS may cross the request: a turn.
    assert last["round_trips"] in (1, 2) and phases["response"]["round_trips"] == 1
    assert record["ready_ms"] <= record["first_response_ms"] <= record["total_ms"]
    trips = sum(phases[n].get("round_trips", 0) for n in ("tcp", *names))
    assert record["accounting"]["round_trips_to_ready"] == trips
    return trips


# ---- the probe against servers of others

@pytest.mark.parametrize("peer", ["node", "hypercorn", "haproxy"])
def test_probe_of_a_server(hs, request, peer):
    server = request.getfixturevalue(peer)
    port = server.ws if peer == "haproxy" else server.port
    record = hs.probe_json("-4", "--cacert", server.ca, "--http2", f"wss://localhost:{port}/",
                           status=0)
    assert record["tls"]["alpn"] == "h2"
    assert is_websocket_over_http2(record) in (3, 4, 5)   # SETTINGS may come within TLS


def test_probe_without_tls(hs, node):
    record = hs.probe_json("--http2", f"ws://127.0.0.1:{node.plain}/", status=0)
    assert "tls" not in record
    assert is_websocket_over_http2(record) in (2, 3, 4)


def test_any_2xx_is_an_upgrade(hs, node):
    record = hs.probe_json("-4", "--cacert", node.ca, "--http2",
                           f"wss://localhost:{node.port}/201", status=0)
    is_websocket_over_http2(record, 201)


@pytest.mark.parametrize("peer, offered, chosen", [
    ("node", "chat,superchat", "chat"), ("node", "superchat", None), ("hypercorn", "a,b", "a")])
def test_subprotocols(hs, request, peer, offered, chosen):
    server = request.getfixturevalue(peer)
    record = hs.probe_json("-4", "--cacert", server.ca, "--http2", "--subprotocol", offered,
                           f"wss://localhost:{server.port}/", status=0)
    assert record["websocket"].get("subprotocol") == chosen


@pytest.mark.parametrize("options, alpn, status", [
    ([], "http/1.1", 101), (["--http1.1"], "http/1.1", 101), (["--http2"], "h2", 200),
    (["--alpn", "h2,http/1.1"], "h2", 200), (["--alpn", "http/1.1,h2"], "h2", 200)])
def test_alpn_decides(hs, serve, options, alpn, status):
    record = hs.probe_json("--cacert", serve.ca, *options, serve.url("wss"), status=0)
    assert record["tls"]["alpn"] == alpn and record["websocket"]["status"] == status
    assert ("settings" in record["phases"]) == (alpn == "h2")


@pytest.mark.parametrize("options, expect", [
    ([], {"resumed": False}), (["--resume"], {"resumed": True}),
    (["--early-data"], {"early_data": "accepted"}),
    (["--hello-retry"], {"hello_retry_request": True}),
    (["--tls-max", "1.2"], {"version": "TLSv1.2"}),
    (["--tls-max", "1.2", "--resume"], {"version": "TLSv1.2", "resumed": True})])
def test_with_other_options(hs, serve, options, expect):
    record = hs.probe_json("--cacert", serve.ca, "--http2", *options, serve.url("wss"), status=0)
    is_websocket_over_http2(record)
    assert {k: record["tls"].get(k) for k in expect} == expect


def test_early_data_that_is_rejected(hs, tmp_path):
    """The preface goes again, and what follows is as ever."""
    server = Serve(hs, tmp_path, schemes=("wss",))
    try:
        record = hs.probe_json("--cacert", server.ca, "--http2", "--early-data", "--hello-retry",
                               server.url("wss"), status=0)
        is_websocket_over_http2(record)
        assert record["tls"]["early_data"] == "rejected"
    finally:
        server.stop()


def test_what_is_told(hs, node, tmp_path):
    """The ladder and a capture tell the same, and tshark agrees."""
    url = f"wss://localhost:{node.port}/"
    options = ("-4", "--cacert", node.ca, "--http2", "--subprotocol", "chat")
    record, file, keys = witnessed(hs, tmp_path, node.port, url, *options)
    is_websocket_over_http2(record)
    agree(record, messages(file, node.port, keys))
    request = next(e for e in record["events"] if e.get("detail", {}).get(":protocol"))
    assert request["name"] == "HEADERS" and request["detail"][":protocol"] == "websocket"
    assert request["detail"][":method"] == "CONNECT" and request["detail"]["stream"] == 1
    frames = [(e["from"], e["name"]) for e in record["events"] if e["layer"] == "websocket"]
    assert frames[:3] == [("client", "ping"), ("server", "pong"), ("client", "close")]
    ping = next(e for e in record["events"] if e["name"] == "ping")
    carrier = next(e for e in record["events"]
                   if e["name"] == "DATA" and e["from"] == "client")
    assert ping["at_ms"] == carrier["at_ms"] and ping["detail"]["text"] == "handshake"
    seen, = records_of(hs, "--keylog", keys, "--events", file)
    assert seen["websocket"] == record["websocket"] and seen["http"] == record["http"]
    assert seen["target"]["scheme"] == "wss" and seen["failure"] is None
    for phase in ("tls", "settings", "upgrade"):
        assert seen["phases"][phase]["round_trips"] == record["phases"][phase]["round_trips"]
    assert seen["accounting"]["round_trips_to_ready"] == \
        record["accounting"]["round_trips_to_ready"]
    ladder = hs.probe("-v", *options, url).stdout
    assert ":protocol websocket" in ladder and re.search(r"ws +pong", ladder), ladder
    annotated = hs.probe("-vv", *options, url).stdout
    assert len(annotated) > len(ladder) * 2


def test_what_a_capture_tells_of_a_refusal(hs, node, tmp_path):
    from kit.capture import Capture
    keys = tmp_path / "keys"
    for _ in range(3):
        with Capture(tmp_path, node.port) as capture:
            hs.probe_json("-4", "--cacert", node.ca, "--http2", "--keylog", keys,
                          f"wss://localhost:{node.port}/forbidden", status=22)
        if capture.is_whole() and not capture.dropped():
            break
    else:
        pytest.skip("the capture lost packets three times")
    seen, = records_of(hs, "--keylog", keys, capture.file)
    assert seen["failure"]["class"] == "websocket.status"
    assert seen["failure"]["phase"] == "upgrade" and seen["websocket"]["status"] == 403


# ---- failures

URL_OPTIONS = ("-4", "--http2", "--upgrade-timeout", SHORT)


def fails(hs, server, path, classes, phase, *options, port=None, **expected):
    return run(hs, classes, phase, f"wss://localhost:{port or server.port}{path}", *URL_OPTIONS,
               "--cacert", server.ca, *options, **expected)


@pytest.mark.parametrize("peer, attribute", [("nginx", "h2"), ("serve", "https")])
def test_a_server_that_does_not_offer_it(hs, request, peer, attribute):
    server = request.getfixturevalue(peer)
    port = getattr(server, attribute, None) or server.ports[attribute]
    record = fails(hs, server, "/", "websocket.bad_upgrade", "settings", port=port)
    assert "ENABLE_CONNECT_PROTOCOL" in record["failure"]["message"]
    assert record["http2"]["settings"] and "websocket" not in record
    assert "ms" in record["phases"]["settings"] and "upgrade" not in record["phases"]


def test_a_server_without_http2(hs, s_server, certificates):
    server = s_server(certificates.server, "-alpn", "http/1.1")
    run(hs, "tls.alpn_mismatch", "tls", f"wss://localhost:{server.port}/", "--http2", "--cacert",
        certificates.ca, alert=120)


@pytest.mark.parametrize("path, cls, words", [
    ("/forbidden", "websocket.status", ["403"]),
    ("/moved", "websocket.status", ["302", "to /elsewhere"]),
    ("/other", "websocket.subprotocol_mismatch", ["other"]),
    ("/reset", "websocket.reset", ["CANCEL"]), ("/refused", "websocket.reset", ["REFUSED_STREAM"]),
    ("/goaway", "http2.goaway", ["ENHANCE_YOUR_CALM"])])
def test_an_upgrade_that_is_refused(hs, node, path, cls, words):
    record = fails(hs, node, path, cls, "upgrade")
    for word in words:
        assert word in record["failure"]["message"], record["failure"]
    if cls == "websocket.status":
        assert record["websocket"]["status"] == int(words[0])
        assert "ms" in record["phases"]["upgrade"]


def test_hypercorn_refuses(hs, hypercorn):
    record = fails(hs, hypercorn, "/forbidden", "websocket.status", "upgrade")
    assert record["websocket"]["status"] == 403


@pytest.mark.parametrize("path, cls, deadline", [
    ("/silent", "websocket.timed_out", SHORT)])
def test_silence_in_place_of_an_answer(hs, node, path, cls, deadline):
    record = fails(hs, node, path, cls, "upgrade", deadline=deadline)
    assert "ms" in record["phases"]["settings"], "what was measured before stays"


@pytest.mark.parametrize("path, cls, deadline", [
    ("/ends", "websocket.closed", None), ("/closes", "websocket.closed", None),
    ("/garbage", "websocket.protocol.error", None), ("/deaf", "websocket.timed_out", SHORT)])
def test_an_end_after_the_upgrade(hs, node, path, cls, deadline):
    record = fails(hs, node, path, cls, "response", deadline=deadline)
    assert record["websocket"]["status"] == 200 and "ms" in record["phases"]["upgrade"]


# Frames of HTTP/2 by hand: the server's part of the story.

def settings(*pairs):
    return h.frame(4, 0, 0, b"".join(struct.pack(">HI", *pair) for pair in pairs))


OFFER = settings((8, 1))
ACCEPT = h.frame(1, 4, 1, b"\x88")            # HEADERS, END_HEADERS, :status 200
PONG = h.frame(0, 0, 1, b"\x8a\x09handshake")


def speaks(context, *parts, end="silence"):
    """Each part is sent once something has come."""
    def behave(peer):
        peer.handshake(context)
        peer.tls_recv()
        for i, part in enumerate(parts):
            if i > 0:
                peer.tls_recv()
                time.sleep(0.05)
            peer.tls.sendall(part)
        h.ENDS[end](peer)
    return behave


def by_hand(hs, hostile, certificates, parts, cls, phase, end="silence", deadline=None, status=None):
    context = h.server_context(certificates.server, V13, ["h2"])
    server = hostile(speaks(context, *parts, end=end))
    url = f"wss://localhost:{server.port}/"
    options = (*URL_OPTIONS, "--cacert", certificates.ca)
    if status == 0:
        return hs.probe_json(*options, url, status=0)
    return run(hs, cls, phase, url, *options, deadline=deadline)


@pytest.mark.parametrize("end, cls", [("silence", "http2.timed_out"), ("close", "http2.closed"),
                                      ("reset", "http2.reset")])
def test_an_end_before_the_settings(hs, hostile, certificates, end, cls):
    record = by_hand(hs, hostile, certificates, [h.frame(6, 0, 0, b"12345678")[:4]], cls,
                     "settings", end, SHORT if end == "silence" else None)
    assert "upgrade" not in record["phases"]


@pytest.mark.parametrize("end, cls", [
    ("silence", "websocket.timed_out"), ("close", "websocket.closed"), ("reset", "websocket.reset")])
def test_an_end_before_the_answer(hs, hostile, certificates, end, cls):
    by_hand(hs, hostile, certificates, [OFFER + h.SETTINGS_ACK, b""], cls, "upgrade", end,
            SHORT if end == "silence" else None)


@pytest.mark.parametrize("end, cls", [
    ("silence", "websocket.timed_out"), ("close", "websocket.closed"), ("reset", "websocket.reset")])
def test_an_end_before_the_pong(hs, hostile, certificates, end, cls):
    by_hand(hs, hostile, certificates, [OFFER + h.SETTINGS_ACK, ACCEPT, b""], cls, "response", end,
            SHORT if end == "silence" else None)


@pytest.mark.parametrize("first, cls", [
    (settings(), "websocket.bad_upgrade"), (settings((8, 0)), "websocket.bad_upgrade"),
    (settings((3, 100)), "websocket.bad_upgrade"), (settings((8, 2)), "http2.protocol.error"),
    (h.goaway(0), "http2.protocol.error"), (OFFER[:9] + b"\xff", "http2.timed_out"),
    (OFFER + h.goaway(0), "http2.goaway"), (OFFER + h.goaway(11), "http2.goaway"),
    (b"HTTP/1.1 400 Bad Request\r\n\r\n", "http2.protocol.error")],
    ids=["none", "zero", "others", "two", "goaway-first", "cut", "goaway", "goaway-error", "http1"])
def test_first_frames(hs, hostile, certificates, first, cls):
    by_hand(hs, hostile, certificates, [first], cls, ("settings", "upgrade"),
            deadline=SHORT if cls == "http2.timed_out" else None)


@pytest.mark.parametrize("answer, cls", [
    (h.frame(3, 0, 1, struct.pack(">I", 8)), "websocket.reset"),
    (h.frame(1, 5, 1, b"\x8d"), "websocket.status"),                 # :status 404, END_STREAM
    (h.frame(1, 5, 1, b"\x88"), "websocket.closed"),                 # 200, END_STREAM
    (h.frame(1, 4, 1, b"\x88\x00\x18sec-websocket-extensions\x01x"), "websocket.bad_upgrade"),
    (h.frame(1, 4, 1, b"\x08\x03101"), "http2.protocol.error"),       # 101 is not HTTP/2's
    (h.frame(1, 4, 1, b"\xff\xff\xff\xff\xff"), "http2.protocol.error"),
    (h.frame(1, 4, 3, b"\x88"), "http2.protocol.error"),             # a stream that is not there
    (h.goaway(0, 0), "http2.goaway"), (h.goaway(2, 1), "http2.goaway"),
    (PONG, ("http2.protocol.error", "websocket.timed_out")),         # DATA before the answer
    (ACCEPT + h.frame(0, 0, 1, b"\x8a\x89handshake1234"), "websocket.protocol.error"),  # masked
    (ACCEPT + h.frame(3, 0, 1, struct.pack(">I", 2)), "websocket.reset"),
], ids=["rst", "404", "end", "extension", "101", "hpack", "stream", "goaway", "goaway-error", "early-data",
        "masked", "rst-after"])
def test_answers(hs, hostile, certificates, answer, cls):
    by_hand(hs, hostile, certificates, [OFFER + h.SETTINGS_ACK, answer], cls,
            ("upgrade", "response"),
            deadline=None if isinstance(cls, str) else 0.0)


@pytest.mark.parametrize("parts", [
    [OFFER + h.SETTINGS_ACK, ACCEPT, PONG],
    [OFFER + h.SETTINGS_ACK, h.frame(1, 4, 1, b"\x08\x03103") + ACCEPT, PONG],   # 1xx passes
    [OFFER + h.SETTINGS_ACK, h.goaway(0, 1) + ACCEPT, PONG],     # the stream is spared
    [OFFER + settings((3, 1)) + h.SETTINGS_ACK, ACCEPT, h.frame(0, 0, 1, b"\x8a") +
     h.frame(0, 8, 1, b"\x02\x09hand\0\0") + h.frame(0, 1, 1, b"shake")],        # in pieces
], ids=["plain", "interim", "graceful-goaway", "pieces"])
def test_odd_but_right(hs, hostile, certificates, parts):
    record = by_hand(hs, hostile, certificates, parts, None, None, status=0)
    assert record["websocket"]["status"] == 200


# ---- the lab server, and clients of others

def dialogue(client, stream, said):
    import wsproto.events as ws
    frames = client.frames()
    client.send(stream, frames.send(ws.Ping(payload=b"p")))
    event = client.receive(stream, frames)
    assert isinstance(event, ws.Pong) and bytes(event.payload) == b"p"
    for message in said:
        kind = ws.TextMessage if isinstance(message, str) else ws.BytesMessage
        client.send(stream, frames.send(kind(data=message)))
        heard = message[:0]
        while len(heard) < len(message) or not message:
            event = client.receive(stream, frames)
            assert isinstance(event, kind), event
            heard += event.data
            if event.message_finished:
                break
        assert heard == message
    client.send(stream, frames.send(ws.CloseConnection(code=1000)))
    event = client.receive(stream, frames)
    assert isinstance(event, ws.CloseConnection) and event.code == 1000
    client.until(lambda: stream in client.ended, "END_STREAM")
    assert client.ended[stream] == "end"


@pytest.mark.parametrize("scheme", ["wss", "ws"])
def test_h2_and_wsproto(serve, scheme):
    client = Client(serve.ports[scheme], serve.ca if scheme == "wss" else None)
    stream = client.connect("/talk?x", sec_websocket_protocol="a, b")
    assert client.settings[8] == 1
    assert client.headers[stream][":status"] == "200"
    assert client.headers[stream]["sec-websocket-protocol"] == "a"
    dialogue(client, stream, ["hello", "", b"\0\xff" * 5, os.urandom(300_000)])
    other = client.connect()
    assert "sec-websocket-protocol" not in client.headers[other]
    dialogue(client, other, ["again"])
    client.close()


def test_two_at_once(serve):
    import wsproto.events as ws
    client = Client(serve.ports["wss"], serve.ca)
    streams = [client.connect(), client.connect()]
    frames = [client.frames(), client.frames()]
    for i, stream in enumerate(streams):
        client.send(stream, frames[i].send(ws.TextMessage(data=f"number {i}")))
    for i, stream in reversed(list(enumerate(streams))):
        assert client.receive(stream, frames[i]).data == f"number {i}"
    client.close()


@pytest.mark.parametrize("how, status, field", [
    ({"protocol": "connect-udp"}, "501", None),
    ({"version": "12"}, "400", ("sec-websocket-version", "13"))])
def test_refusals(serve, how, status, field):
    client = Client(serve.ports["wss"], serve.ca)
    stream = client.connect(**how)
    assert client.headers[stream][":status"] == status
    if field:
        assert client.headers[stream][field[0]] == field[1]
    dialogue(client, client.connect(), ["the connection goes on"])
    client.close()


def test_a_page_is_not_there(serve):
    client = Client(serve.ports["wss"], serve.ca)
    stream = client.request([(":method", "GET"), (":scheme", "https"), (":path", "/"),
                             (":authority", client.authority)], end=True)
    client.until(lambda: client.ended.get(stream), "the answer")
    assert client.headers[stream][":status"] == "400" and b"CONNECT" in client.data[stream]
    client.close()
    done = run_program("curl", "-sS", "--http2", "--cacert", serve.ca, "-d", "x" * 100_000, "-o",
                       "/dev/null", "-w", "%{http_version} %{http_code}",
                       f"https://localhost:{serve.ports['wss']}/")
    assert done.stdout == "2 400", done


def test_a_broken_frame_is_told(serve):
    import wsproto.events as ws
    client = Client(serve.ports["wss"], serve.ca)
    stream = client.connect()
    client.send(stream, b"\x81\x02hi")     # not masked
    event = client.receive(stream, client.frames())
    assert isinstance(event, ws.CloseConnection) and event.code == 1002
    client.until(lambda: stream in client.ended, "END_STREAM")
    dialogue(client, client.connect(), ["the connection goes on"])
    client.close()


def test_a_stream_that_just_ends(serve):
    client = Client(serve.ports["wss"], serve.ca)
    stream = client.connect()
    client.h2.end_stream(stream)
    client.flush()
    client.until(lambda: stream in client.ended, "END_STREAM")
    assert client.ended[stream] == "end"
    other = client.connect()
    client.h2.reset_stream(other, 8)
    client.flush()
    dialogue(client, client.connect(), ["the connection goes on"])
    client.close()


def test_a_client_that_does_not_read_is_not_read(serve):
    """Echoes wait within bounds: the stream's window stays closed."""
    import wsproto.events as ws
    client = Client(serve.ports["wss"], serve.ca)
    stream = client.connect()
    client.windows = False
    frames = client.frames()
    sent = 0
    client.sock.settimeout(0.7)
    try:
        while sent < 20_000_000:
            data = frames.send(ws.BytesMessage(data=bytes(10_000)))
            client.send(stream, data)
            sent += len(data)
    except (TimeoutError, ssl.SSLError):
        pass
    assert sent < 2_000_000, sent
    client.close()


def test_too_many_streams_are_refused(serve):
    import h2.exceptions
    client = Client(serve.ports["wss"], serve.ca)
    for _ in range(16):
        client.connect()
    with pytest.raises(h2.exceptions.TooManyStreamsError):
        client.connect()
    client.close()


def test_the_server_says_goodbye(hs, tmp_path):
    import wsproto.events as ws
    server = Serve(hs, tmp_path, schemes=("wss",))
    client = Client(server.ports["wss"], server.ca)
    stream = client.connect()
    server.child.signal(15)
    event = client.receive(stream, client.frames())
    assert isinstance(event, ws.CloseConnection) and event.code == 1001
    client.until(lambda: client.goaway is not None, "GOAWAY")
    assert client.goaway == 0
    server.stop()


def test_lines(hs, tmp_path):
    server = Serve(hs, tmp_path, schemes=("wss",))
    try:
        hs.probe_json("--cacert", server.ca, "--http2", "--subprotocol", "chat",
                      server.url("wss", "/x"), status=0)
        wait_until(lambda: "closed" in server.output(), "the line about the end")
        out = server.output()
        assert "stream 1: WebSocket upgrade of /x, subprotocol chat" in out, out
        assert "stream 1: received ping, 9 bytes" in out and "received GOAWAY NO_ERROR" in out, out
    finally:
        server.stop()


def test_chromium(serve, tmp_path):
    """On the connection that it has from a page of the same port; 300,000 bytes are more than a
    window."""
    done = run_program(need_node("playwright-core"),
                       HERE / "peers" / "browser_http2_websocket.js", NODE_MODULES,
                       need("chromium"), serve.ports["wss"], timeout=120,
                       env={**os.environ, "HOME": str(tmp_path)})
    assert done.stdout.splitlines() == ["page 400", "wss same a", "wss same a"], done
    assert re.search(r"stream \d+: received text, 300000 bytes", serve.output())
