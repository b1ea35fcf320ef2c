"""Every scheme against servers that others wrote."""
import pytest

from kit.peers import NODE_MODULES  # noqa: F401


@pytest.mark.parametrize("peer, attribute, options, expect", [
    ("nginx", "h2", [], {"alpn": "h2", "http": "HTTP/2"}),
    ("nginx", "h2", ["--http1.1"], {"alpn": "http/1.1", "http": "HTTP/1.1"}),
    ("nginx", "h2", ["--http2"], {"alpn": "h2", "http": "HTTP/2"}),
    ("nginx", "h1", [], {"alpn": "http/1.1", "http": "HTTP/1.1"}),
    ("nginx", "tls12", [], {"alpn": "h2", "http": "HTTP/2"}),
    ("haproxy", "h2", [], {"alpn": "h2", "http": "HTTP/2"}),
    ("haproxy", "h2", ["--http1.1"], {"alpn": "http/1.1", "http": "HTTP/1.1"}),
    ("node_server", "tls", [], {"alpn": "http/1.1", "http": "HTTP/1.1"}),
])
@pytest.mark.parametrize("family", ["-4"])
def test_https(hs, request, peer, attribute, options, expect, family):
    server = request.getfixturevalue(peer)
    record = hs.probe_json(family, "--cacert", server.ca, *options,
                           f"https://localhost:{getattr(server, attribute)}/", status=0)
    assert record["tls"]["alpn"] == expect["alpn"]
    assert record["http"]["status"] == 200 and record["http"]["version"] == expect["http"]
    assert ("settings" in record["phases"]) == (expect["http"] == "HTTP/2")
    assert ("http2" in record) == (expect["http"] == "HTTP/2")
    for phase in ("tcp", "tls", "response"):
        assert record["phases"][phase]["ms"] > 0
    assert record["ready_ms"] <= record["first_response_ms"] <= record["total_ms"]


def test_https_over_ipv6(hs, nginx):
    record = hs.probe_json("-6", "--cacert", nginx.ca, f"https://localhost:{nginx.h2}/", status=0)
    assert record["target"]["address"] == "::1"
    record = hs.probe_json("--cacert", nginx.ca, f"https://[::1]:{nginx.h2}/", status=0)
    assert record["target"]["family"] in (6, "ipv6", "IPv6")


def test_bare_host_means_https(hs, nginx):
    record = hs.probe_json("--cacert", nginx.ca, f"localhost:{nginx.h2}", status=0)
    assert record["target"]["scheme"] == "https"


@pytest.mark.parametrize("peer", ["nginx", "haproxy"])
def test_http(hs, request, peer):
    server = request.getfixturevalue(peer)
    record = hs.probe_json(f"http://127.0.0.1:{server.http}/", status=0)
    assert record["http"]["status"] == 200 and "tls" not in record


@pytest.mark.parametrize("path, status", [("/moved", 301), ("/forbidden", 403)])
def test_http_status_is_reported(hs, nginx, path, status):
    """Any answer is an answer: the connection was made."""
    record = hs.probe_json(f"http://127.0.0.1:{nginx.http}{path}")
    assert record["http"]["status"] == status


@pytest.mark.parametrize("scheme, attribute", [("ws", "plain"), ("wss", "tls")])
def test_websocket_of_node(hs, node_server, scheme, attribute):
    port = getattr(node_server, attribute)
    record = hs.probe_json("-4", "--cacert", node_server.ca, f"{scheme}://localhost:{port}/", status=0)
    assert record["websocket"]["status"] == 101 and record["websocket"]["accepted"] is True
    assert record["phases"]["upgrade"]["ms"] > 0 and record["phases"]["response"]["ms"] > 0
    assert ("tls" in record["phases"]) == (scheme == "wss")


def test_websocket_through_nginx(hs, nginx):
    record = hs.probe_json("-4", "--cacert", nginx.ca, f"wss://localhost:{nginx.ws_proxy}/", status=0)
    assert record["websocket"]["accepted"] is True


@pytest.mark.parametrize("scheme, attribute", [("tcp", "h2"), ("tls", "h2"), ("tcp", "http")])
def test_below_the_application(hs, nginx, scheme, attribute):
    record = hs.probe_json("-4", "--cacert", nginx.ca,
                           f"{scheme}://localhost:{getattr(nginx, attribute)}", status=0)
    assert ("tls" in record["phases"]) == (scheme == "tls")
    assert "http" not in record


@pytest.mark.parametrize("priority, version", [
    ("NORMAL:-VERS-ALL:+VERS-TLS1.2", "TLSv1.2"), ("NORMAL:-VERS-ALL:+VERS-TLS1.3", "TLSv1.3")])
@pytest.mark.parametrize("certificate", ["server", "rsa"])
def test_gnutls_serv(hs, gnutls_serv, certificates, priority, version, certificate):
    server = gnutls_serv(getattr(certificates, certificate), "--http", "--priority", priority)
    for scheme in ("tls", "https"):
        record = hs.probe_json("-4", "--cacert", certificates.ca,
                               f"{scheme}://localhost:{server.port}", "-m", "3", status=0)
        assert record["tls"]["version"] == version
    assert record["http"]["status"] == 200


@pytest.mark.parametrize("peer", ["nginx", "haproxy"])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_resumption(hs, request, peer, version):
    server = request.getfixturevalue(peer)
    record = hs.probe_json("-4", "--cacert", server.ca, "--resume", "--tls-max", version,
                           f"https://localhost:{server.h2}/", status=0)
    assert record["tls"]["resumed"] is True
    assert record["tls"]["version"] == f"TLSv{version}"


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_https_of_s_server(hs, s_server, certificates, version):
    server = s_server(certificates.server, version)
    record = hs.probe_json("-4", "--cacert", certificates.ca, f"https://localhost:{server.port}/",
                           "-m", "3", status=0)
    assert record["http"]["status"] == 200


@pytest.mark.parametrize("scheme", ["tls", "https"])
def test_gnutls_resumption(hs, gnutls_serv, certificates, scheme):
    server = gnutls_serv(certificates.server, "--http")
    record = hs.probe_json("-4", "--cacert", certificates.ca, "--resume",
                           f"{scheme}://localhost:{server.port}", status=0)
    assert record["tls"]["resumed"] is True


def test_early_data_of_nginx(hs, nginx):
    record = hs.probe_json("-4", "--cacert", nginx.ca, "--early-data",
                           f"https://localhost:{nginx.h2}/", status=0)
    assert record["tls"]["resumed"] is True and record["tls"]["early_data"] == "accepted"


def test_early_data_where_it_is_not_offered(hs, nginx):
    record = hs.probe_json("-4", "--cacert", nginx.ca, "--early-data",
                           f"https://localhost:{nginx.h1}/", status=0)
    assert record["tls"]["early_data"] in ("not_offered", "rejected")


@pytest.mark.parametrize("option, version", [
    (["--tlsv1.2"], "TLSv1.3"), (["--tls-max", "1.2"], "TLSv1.2"), (["--tlsv1.3"], "TLSv1.3")])
def test_version_options(hs, nginx, option, version):
    record = hs.probe_json("-4", "--cacert", nginx.ca, *option, f"https://localhost:{nginx.h2}/",
                           status=0)
    assert record["tls"]["version"] == version


def test_resolve_and_servername(hs, nginx):
    record = hs.probe_json("--cacert", nginx.ca, "--resolve",
                           f"www.handshake.test:{nginx.h2}:127.0.0.1",
                           f"https://www.handshake.test:{nginx.h2}/", status=0)
    assert record["tls"]["server_name"] == "www.handshake.test"
    record = hs.probe_json("--cacert", nginx.ca, "--servername", "a.handshake.test",
                           f"https://127.0.0.1:{nginx.h2}/", status=0)
    assert record["tls"]["server_name"] == "a.handshake.test"


def test_no_server_name_for_an_address(hs, nginx):
    record = hs.probe_json("--cacert", nginx.ca, f"https://127.0.0.1:{nginx.h2}/", status=0)
    assert "server_name" not in record["tls"]      # RFC 6066 section 3


def test_several_targets(hs, nginx, certificates):
    from kit.process import free_port
    dead = free_port()
    records, result = hs.probe_records("-4", "--cacert", nginx.ca, f"https://localhost:{nginx.h2}/",
                                       f"tcp://127.0.0.1:{dead}", f"http://localhost:{nginx.http}/")
    assert [r["ok"] for r in records] == [True, False, True]
    assert result.status == 7      # the first failure's
