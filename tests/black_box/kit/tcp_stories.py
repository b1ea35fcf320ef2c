"""Opens and closes TCP connections in one way each, within the network namespace that it runs in.

Run as a program: for each line "NAME PORT" on stdin it plays that story against that port, and prints
"NAME done". Each step waits until the kernel has carried the one before it out, so that the order of the
packets is the story's.
"""
import contextlib
import errno
import pathlib
import socket
import struct
import subprocess
import sys
import time

SETTLE = 0.05   # far longer than loopback takes


@contextlib.contextmanager
def pair(port, host="127.0.0.1"):
    """A connection's two ends; what the story left open is closed, the client first."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
        # Bound before it connects: the kernel tells of SYN-SENT before it chooses a port.
        with socket.create_connection((host, port), timeout=5, source_address=(host, port + 1)) as client:
            server, _ = listener.accept()
            with server:
                server.settimeout(5)
                time.sleep(SETTLE)
                yield client, server


def close(end, *, abruptly=False):
    if abruptly:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()
    time.sleep(SETTLE)


def client_closes(port):
    with pair(port) as (client, server):
        client.sendall(b"hello")
        assert server.recv(16) == b"hello"
        close(client)
        close(server)


def client_closes_over_ipv6(port):
    with pair(port, "::1") as (client, server):
        close(client)
        close(server)


def server_closes(port):
    with pair(port) as (client, server):
        close(server)
        close(client)


def client_half_closes(port):
    """It goes on reading after its FIN."""
    with pair(port) as (client, server):
        client.shutdown(socket.SHUT_WR)
        time.sleep(SETTLE)
        server.sendall(b"more")
        assert client.recv(16) == b"more"
        close(server)
        close(client)


def client_resets(port):
    with pair(port) as (client, server):
        close(client, abruptly=True)
        close(server)


def server_resets(port):
    with pair(port) as (client, server):
        close(server, abruptly=True)
        close(client)


def server_resets_what_was_half_closed(port):
    with pair(port) as (client, server):
        client.shutdown(socket.SHUT_WR)
        time.sleep(SETTLE)
        close(server, abruptly=True)
        close(client)


def refused(port):
    with socket.socket() as client:
        client.bind(("127.0.0.1", port + 1))
        assert client.connect_ex(("127.0.0.1", port)) != 0


def silence(port):
    """Nobody answers behind this route, not even with a refusal; after the second SYN the kernel gives up."""
    for name, value in (("tcp_syn_retries", 1), ("tcp_syn_linear_timeouts", 0)):
        setting = pathlib.Path("/proc/sys/net/ipv4", name)
        if setting.exists():   # the second one, of Linux 6.5, has SYNs that do not count
            setting.write_text(str(value))
    subprocess.run("ip route add 192.0.2.9/32 dev lo src 127.0.0.1".split(), check=True)
    with socket.socket() as client:
        client.bind(("127.0.0.1", port + 1))
        assert client.connect_ex(("192.0.2.9", port)) == errno.ETIMEDOUT


@contextlib.contextmanager
def slow_path():
    """A full token bucket on loopback holds packets back for some 30 ms, so that those of both ends cross;
    not for so long that they are sent again, which would leave open what had arrived."""
    subprocess.run("tc qdisc add dev lo root tbf rate 1mbit burst 1600 latency 1s".split(), check=True)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            for _ in range(3):
                other.sendto(bytes(1400), ("127.0.0.1", 9))
        yield
        time.sleep(0.3)
    finally:
        subprocess.run("tc qdisc del dev lo root".split(), check=True)


def both_close(port):
    with pair(port) as (client, server):
        with slow_path():
            client.close()
            server.close()


def both_open(port):
    """Each end connects to the other (RFC 9293 3.5, figure 7); then one closes."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", port + 1))
        other.bind(("127.0.0.1", port))
        for end in (one, other):
            end.setblocking(False)
        with slow_path():
            one.connect_ex(("127.0.0.1", port))
            other.connect_ex(("127.0.0.1", port + 1))
        close(one)
        close(other)


STORIES = {story.__name__: story for story in (
    client_closes, client_closes_over_ipv6, server_closes, client_half_closes, client_resets, server_resets,
    server_resets_what_was_half_closed, refused, both_close, both_open, silence)}

if __name__ == "__main__":
    for line in sys.stdin:
        name, port = line.split()
        STORIES[name](int(port))
        print(name, "done", flush=True)
