"""Servers that misbehave at a chosen point.

A behaviour is a function of one argument, a `Peer`: it reads and writes on one accepted connection
and ends it in the way that the test is about. Partial TLS handshakes are made by the ssl module over
memory, so that a test can send any part of a true server flight.
"""
import base64
import hashlib
import select
import socket
import ssl
import struct
import threading


def server_context(cert, versions=None, alpn=None, client_ca=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*map(str, cert))
    if versions:
        context.minimum_version = context.maximum_version = versions
    if alpn:
        context.set_alpn_protocols(alpn)
    if client_ca:
        context.load_verify_locations(str(client_ca))
        context.verify_mode = ssl.CERT_REQUIRED
    return context


class Gone(Exception):
    """The client ended the connection, or the test is over."""


class Peer:
    def __init__(self, sock, over):
        self.sock = sock
        self.over = over
        self.tls = None

    # -- plain bytes

    def _wait(self):
        while not self.over.is_set():
            if select.select([self.sock], [], [], 0.05)[0]:
                return
        raise Gone

    def recv(self, size=65536):
        self._wait()
        try:
            data = self.sock.recv(size)
        except OSError:
            raise Gone from None
        if not data:
            raise Gone
        return data

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            raise Gone from None

    def send_slowly(self, data, pause=0.001):
        for i in range(len(data)):
            self.send(data[i:i + 1])
            if self.over.wait(pause):
                raise Gone

    def read_record(self):
        """One whole TLS record."""
        data = b""
        while len(data) < 5 or len(data) < 5 + struct.unpack(">H", data[3:5])[0]:
            data += self.recv(1 if len(data) >= 5 else 5 - len(data))
        return data

    def read_head(self, recv=None):
        """An HTTP head, to its empty line."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += (recv or self.recv)()
        return data

    # -- TLS

    def first_flight(self, context):
        """The server's whole answer to the ClientHello, unsent."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        engine = context.wrap_bio(incoming, outgoing, server_side=True)
        while True:
            incoming.write(self.read_record())
            try:
                engine.do_handshake()
            except ssl.SSLWantReadError:
                pass
            flight = outgoing.read()
            if flight:
                return flight

    def handshake(self, context):
        self.sock.settimeout(10)
        try:
            self.tls = context.wrap_socket(self.sock, server_side=True, suppress_ragged_eofs=False)
        except (OSError, ssl.SSLError):
            raise Gone from None
        self.sock = self.tls
        return self

    def tls_recv(self):
        try:
            data = self.tls.recv(65536)
        except (OSError, ssl.SSLError):
            raise Gone from None
        if not data:
            raise Gone
        return data

    # -- ends

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The descriptor itself: a TLS object would send close_notify first.
        socket.socket(fileno=self.sock.detach()).close()

    def close(self):
        """FIN, and everything that the client still sends is read, so that no reset follows."""
        plain = socket.socket(fileno=self.sock.detach())
        self.sock = plain
        try:
            plain.shutdown(socket.SHUT_WR)
            while not self.over.is_set():
                if select.select([plain], [], [], 0.05)[0] and not plain.recv(65536):
                    break
        except OSError:
            pass
        plain.close()

    def silence(self):
        """Reads and says nothing until the client goes away."""
        plain = socket.socket(fileno=self.sock.detach())
        self.sock = plain
        try:
            while not self.over.is_set():
                if select.select([plain], [], [], 0.05)[0] and not plain.recv(65536):
                    break
        except OSError:
            pass
        plain.close()


class Hostile:
    """Listens on loopback, one thread a connection; `with` ends it."""

    def __init__(self, behave, host="127.0.0.1"):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.behave = behave
        self.over = threading.Event()
        self.connections = 0
        self.listener = socket.create_server((host, 0), family=family)
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    def _accept(self):
        while not self.over.is_set():
            try:
                if not select.select([self.listener], [], [], 0.05)[0]:
                    continue
                sock, _ = self.listener.accept()
            except (OSError, ValueError):   # closed by stop()
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _serve(self, sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer = Peer(sock, self.over)
        try:
            self.behave(peer)
        except (Gone, OSError, ssl.SSLError):
            pass
        finally:
            try:
                peer.sock.close()
            except OSError:
                pass

    def stop(self):
        self.over.set()
        self.threads[0].join(5)
        self.listener.close()
        for thread in self.threads:
            thread.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


# ---- behaviours: a stage, then an end

ENDS = {"reset": Peer.reset, "close": Peer.close, "silence": Peer.silence}


def at_once(end):
    return lambda peer: ENDS[end](peer)


def after_client_hello(end):
    def behave(peer):
        peer.read_record()
        ENDS[end](peer)
    return behave


def close_unread(peer):
    peer._wait()
    peer.sock.close()


def after_part_of_flight(context, part, end):
    """`part` takes the server's flight and returns what to send of it."""
    def behave(peer):
        peer.send(part(peer.first_flight(context)))
        ENDS[end](peer)
    return behave


def first_record(flight):
    return flight[:5 + struct.unpack(">H", flight[3:5])[0]]


def half_a_record(flight):
    return flight[:5 + struct.unpack(">H", flight[3:5])[0] // 2]


def all_but_the_end(flight):
    return flight[:-10]


def after_tls(context, end):
    def behave(peer):
        peer.handshake(context)
        ENDS[end](peer)
    return behave


def after_request_over_tls(context, end):
    def behave(peer):
        peer.handshake(context)
        peer.read_head(peer.tls_recv)
        ENDS[end](peer)
    return behave


def after_request(end):
    def behave(peer):
        peer.read_head()
        ENDS[end](peer)
    return behave


def says(data, end="close", first=None):
    """Sends `data` at once, or after something came in where `first` is set."""
    def behave(peer):
        if first:
            peer.recv()
        peer.send(data)
        ENDS[end](peer)
    return behave


def answers(data, end="silence"):
    """Reads an HTTP head, answers with `data`."""
    def behave(peer):
        peer.read_head()
        peer.send(data)
        ENDS[end](peer)
    return behave


def accept_value(head):
    """The Sec-WebSocket-Accept that RFC 6455 4.2.2 asks for."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"sec-websocket-key":
            text = value.strip() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            return base64.b64encode(hashlib.sha1(text).digest())
    return b""


def upgrades(status="101 Switching Protocols", upgrade="websocket", connection="Upgrade",
             accept=None, extra="", then=None):
    """Answers a WebSocket upgrade; a header whose value is None is left out."""
    def behave(peer):
        head = peer.read_head()
        value = accept if accept is not None else accept_value(head).decode()
        lines = [f"HTTP/1.1 {status}"]
        if upgrade is not None:
            lines.append(f"Upgrade: {upgrade}")
        if connection is not None:
            lines.append(f"Connection: {connection}")
        if value:
            lines.append(f"Sec-WebSocket-Accept: {value}")
        if extra:
            lines.append(extra)
        peer.send(("\r\n".join(lines) + "\r\n\r\n").encode())
        if then is not None:
            then(peer)
        else:
            peer.silence()
    return behave


def endless_headers(peer):
    peer.read_head()
    peer.send(b"HTTP/1.1 200 OK\r\n")
    i = 0
    while not peer.over.is_set():
        peer.send(b"".join(b"X-Endless-%d: %s\r\n" % (i + j, b"a" * 200) for j in range(50)))
        i += 50


# ---- HTTP/2

def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + \
        struct.pack(">I", stream) + payload


SETTINGS = frame(4, 0, 0, struct.pack(">HI", 3, 100))
SETTINGS_ACK = frame(4, 1, 0)


def goaway(error, last=0, text=b""):
    return frame(7, 0, 0, struct.pack(">II", last, error) + text)


def http2(context, data, end="silence", wait_preface=True):
    """TLS with ALPN h2, then `data`."""
    def behave(peer):
        peer.handshake(context)
        if wait_preface:
            peer.tls_recv()
        peer.tls.sendall(data)
        ENDS[end](peer)
    return behave
