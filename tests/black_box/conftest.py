import os
import pathlib
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from kit import certs, peers, process  # noqa: E402
from kit.hostile import Hostile  # noqa: E402
from kit.probe import ROOT, Program  # noqa: E402
from kit.serve import Serve  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "binary: needs the built program")


@pytest.fixture(scope="session")
def binary():
    path = pathlib.Path(os.environ.get("HS_BINARY", ROOT / "build" / "src" / "cli" / "handshake"))
    if not path.is_file():
        pytest.exit(f"{path} is not built (HS_BINARY names it)", returncode=2)
    return path.resolve()


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def hs(binary, home):
    """The program: hs.probe(…), hs.probe_json(…), hs.run(…)."""
    return Program(binary, home)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return certs.Certificates(tmp_path_factory.mktemp("certs"))


@pytest.fixture
def spawn(tmp_path):
    """spawn(arguments, …) starts a Child that ends with the test."""
    children = []

    def start(arguments, **options):
        child = process.Child(arguments, tmp_path / f"child-{len(children)}.log", **options)
        children.append(child)
        return child
    yield start
    for child in reversed(children):
        child.stop()


@pytest.fixture
def anybodys():
    """A folder that everybody may write in; pytest's own are root's."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        yield pathlib.Path(folder)


@pytest.fixture
def hostile():
    """hostile(behaviour) starts a server that ends with the test."""
    servers = []

    def start(behave, **options):
        server = Hostile(behave, **options)
        servers.append(server)
        return server
    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def s_server(tmp_path):
    """s_server(cert, *options) starts openssl s_server."""
    servers = []

    def start(cert, *options, **keywords):
        server = peers.SServer(tmp_path / f"s_server-{len(servers)}.log", cert, *options, **keywords)
        servers.append(server)
        return server
    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def gnutls_serv(tmp_path):
    servers = []

    def start(cert, *options):
        server = peers.GnutlsServer(tmp_path / f"gnutls-{len(servers)}.log", cert, *options)
        servers.append(server)
        return server
    yield start
    for server in servers:
        server.stop()


def _shared(factory):
    @pytest.fixture(scope="session")
    def fixture(request, tmp_path_factory):
        server = factory(request, tmp_path_factory)
        yield server
        server.stop()
    return fixture


node_server = _shared(lambda request, tmp: peers.NodeServer(
    tmp.mktemp("node"), request.getfixturevalue("certificates")))
haproxy = _shared(lambda request, tmp: peers.Haproxy(
    tmp.mktemp("haproxy"), request.getfixturevalue("certificates"),
    request.getfixturevalue("node_server").plain))
serve = _shared(lambda request, tmp: Serve(
    request.getfixturevalue("hs"), tmp.mktemp("serve")))


@pytest.fixture(scope="session")
def nginx(tmp_path_factory, certificates, request):
    node = request.getfixturevalue("node_server")
    server = peers.Nginx(tmp_path_factory.mktemp("nginx"), certificates, node.plain)
    yield server
    server.stop()
