"""Peers that speak WebSocket over HTTP/2 (RFC 8441): servers of Node and hypercorn, a client of h2 and
wsproto."""
import pathlib
import ssl
import socket
import sys

import pytest

from .peers import HERE, need
from .process import Child, free_port

_APP = '''
async def app(scope, receive, send):
    if scope["type"] != "websocket":
        return
    await receive()
    if scope["path"] == "/forbidden":
        await send({"type": "websocket.close", "code": 1000})
        return
    offered = scope.get("subprotocols") or [None]
    await send({"type": "websocket.accept", "subprotocol": offered[0]})
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            return
        if event["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": event.get("text"),
                        "bytes": event.get("bytes")})
'''


class NodeHttp2WebSocket:
    def __init__(self, directory, certificates):
        node = need("node")
        directory = pathlib.Path(directory)
        self.ca = certificates.ca
        self.port, self.plain = free_port(), free_port()
        self.child = Child([node, HERE / "peers" / "http2_websocket.js", *certificates.server,
                            self.port, self.plain],
                           directory / "log").wait_listening(self.port, self.plain)

    def stop(self):
        self.child.stop()


class Hypercorn:
    def __init__(self, directory, certificates):
        binary = need("hypercorn")
        directory = pathlib.Path(directory)
        (directory / "echo.py").write_text(_APP)
        self.ca = certificates.ca
        self.port = free_port()
        cert, key = certificates.server
        self.child = Child(
            [sys.executable, binary, "--bind", f"127.0.0.1:{self.port}", "--certfile", cert,
             "--keyfile", key, "--pid", directory / "pid", "echo:app"],
            directory / "log", cwd=directory).wait_listening(self.port)

    def stop(self):
        self.child.stop()


class Client:
    """HTTP/2 by h2, whose streams become WebSockets by wsproto."""

    def __init__(self, port, ca=None):
        pytest.importorskip("h2")
        pytest.importorskip("wsproto")
        import h2.config
        import h2.connection
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        if ca:
            context = ssl.create_default_context(cafile=str(ca))
            context.set_alpn_protocols(["h2"])
            self.sock = context.wrap_socket(self.sock, server_hostname="localhost")
            assert self.sock.selected_alpn_protocol() == "h2"
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=True, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.flush()
        self.authority = f"localhost:{port}"
        self.data = {}      # by stream, not yet taken
        self.headers = {}   # by stream
        self.ended = {}     # by stream: "end" or the error of a reset
        self.goaway = None
        self.settings = None
        self.windows = True

    def flush(self):
        self.sock.sendall(self.h2.data_to_send())

    def turn(self):
        """Reads once; False at the end."""
        import h2.events
        data = self.sock.recv(65536)
        if not data:
            return False
        for event in self.h2.receive_data(data):
            stream = getattr(event, "stream_id", None)
            if isinstance(event, h2.events.RemoteSettingsChanged):
                self.settings = {int(k): v.new_value for k, v in event.changed_settings.items()}
            elif isinstance(event, h2.events.ResponseReceived):
                self.headers[stream] = dict(event.headers)
            elif isinstance(event, h2.events.DataReceived):
                self.data[stream] = self.data.get(stream, b"") + event.data
                if self.windows:
                    self.h2.acknowledge_received_data(event.flow_controlled_length, stream)
            elif isinstance(event, h2.events.StreamEnded):
                self.ended[stream] = "end"
            elif isinstance(event, h2.events.StreamReset):
                self.ended[stream] = int(event.error_code)
            elif isinstance(event, h2.events.ConnectionTerminated):
                self.goaway = int(event.error_code)
        self.flush()
        return True

    def until(self, done, what):
        while not done():
            assert self.turn(), f"the connection ended without {what}"

    def request(self, fields, end=False):
        self.until(lambda: self.settings is not None, "SETTINGS")
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, fields, end_stream=end)
        self.flush()
        return stream

    def connect(self, path="/", protocol="websocket", version="13", **more):
        """An extended CONNECT; its stream, once it is answered."""
        fields = [(":method", "CONNECT"), (":scheme", "https"), (":authority", self.authority),
                  (":path", path), (":protocol", protocol), ("sec-websocket-version", version)]
        fields += [(name.replace("_", "-"), value) for name, value in more.items()]
        stream = self.request(fields)
        self.until(lambda: stream in self.headers, "an answer")
        return stream

    def frames(self):
        import wsproto.connection
        return wsproto.connection.Connection(wsproto.connection.ConnectionType.CLIENT)

    def send(self, stream, data):
        """As the windows allow."""
        while data:
            room = min(self.h2.local_flow_control_window(stream),
                       self.h2.max_outbound_frame_size)
            if room <= 0:
                assert self.turn(), "the connection ended"
                continue
            self.h2.send_data(stream, data[:room])
            data = data[room:]
            self.flush()

    def receive(self, stream, frames):
        """The next event of wsproto."""
        while True:
            for event in frames.events():
                return event
            self.until(lambda: self.data.get(stream) or stream in self.ended, "DATA")
            frames.receive_data(self.data.pop(stream, b"") or None)

    def close(self):
        self.sock.close()
