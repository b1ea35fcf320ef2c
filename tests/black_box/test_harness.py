"""The servers of the other tests do what those tests say of them, seen by curl and openssl."""
import ssl
import subprocess

import pytest

from kit import hostile as h
from kit.peers import need


def curl(*arguments, timeout=20):
    return subprocess.run([need("curl"), "-sS", "--max-time", "5", *map(str, arguments)],
                          capture_output=True, text=True, timeout=timeout)


def s_client(port, *options, text=""):
    return subprocess.run([need("openssl"), "s_client", "-connect", f"127.0.0.1:{port}", *options],
                          input=text, capture_output=True, text=True, timeout=20)


@pytest.mark.parametrize("kind, port", [
    ("nginx", "h2"), ("nginx", "h1"), ("nginx", "tls12"), ("haproxy", "h2"), ("node_server", "tls")])
def test_https_peers_answer_curl(kind, port, request, certificates):
    server = request.getfixturevalue(kind)
    done = curl("--cacert", certificates.ca, f"https://localhost:{getattr(server, port)}/")
    assert (done.returncode, done.stdout.strip()) == (0, "hello"), done.stderr


@pytest.mark.parametrize("options, version", [(["-tls1_2"], "TLSv1.2"), (["-tls1_3"], "TLSv1.3")])
def test_s_server_and_gnutls_serv_answer(options, version, s_server, gnutls_serv, certificates):
    for server in (s_server(certificates.server), gnutls_serv(certificates.server, "--http")):
        done = s_client(server.port, *options, "-CAfile", str(certificates.ca), "-brief")
        assert f"Protocol version: {version}" in done.stderr, done.stderr
        assert "Verification: OK" in done.stderr


@pytest.mark.parametrize("name, result", [
    ("server", "0 (ok)"), ("chain", "0 (ok)"), ("expired", "10 "), ("not_yet_valid", "9 "),
    ("self_signed", "18 "), ("unknown_ca", "20 "), ("chain_missing", "20 ")])
def test_certificates_verify_as_named(name, result, s_server, certificates):
    server = s_server(getattr(certificates, name), *(["-cert_chain", certificates.middle] if name == "chain" else []))
    done = s_client(server.port, "-CAfile", str(certificates.ca), "-verify_hostname", "localhost")
    codes = [line for line in done.stdout.splitlines() if "Verify return code" in line
             or "verify error:num=" in line]
    assert any(f"Verify return code: {result}" in line for line in codes) or \
        f"num={result.split()[0]}:" in done.stderr, done.stdout + done.stderr


@pytest.mark.parametrize("end, status", [("reset", 35), ("close", 35), ("silence", 28)])
@pytest.mark.parametrize("stage", ["at_once", "client_hello", "server_hello", "half", "end"])
def test_hostile_tls_ends_as_asked(stage, end, status, hostile, certificates):
    context = h.server_context(certificates.server)
    behave = {
        "at_once": lambda: h.at_once(end),
        "client_hello": lambda: h.after_client_hello(end),
        "server_hello": lambda: h.after_part_of_flight(context, h.first_record, end),
        "half": lambda: h.after_part_of_flight(context, h.half_a_record, end),
        "end": lambda: h.after_part_of_flight(context, h.all_but_the_end, end),
    }[stage]()
    server = hostile(behave)
    done = curl("--max-time", "0.5", "-k", f"https://127.0.0.1:{server.port}/")
    # A reset may come before curl has seen that the connection stood.
    wanted = (status, 7) if (stage, end) == ("at_once", "reset") else (status,)
    assert done.returncode in wanted, done.stderr
    assert server.connections == 1


def test_hostile_http2_and_upgrade(hostile, certificates):
    context = h.server_context(certificates.server, ssl.TLSVersion.TLSv1_3, ["h2"])
    server = hostile(h.http2(context, h.SETTINGS + h.goaway(11), end="close"))
    done = curl("-k", "--http2", f"https://127.0.0.1:{server.port}/")
    assert done.returncode in (16, 56, 92), done
    server = hostile(h.upgrades())
    done = curl("-i", "-m", "0.5", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", f"http://127.0.0.1:{server.port}/")
    assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in done.stdout, done.stdout
