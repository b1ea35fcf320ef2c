"""Real servers: nginx, openssl s_server, gnutls-serv, haproxy, Node.js."""
import pathlib
import shutil
import subprocess

import pytest

from .process import Child, free_port

HERE = pathlib.Path(__file__).resolve().parent.parent
NODE_MODULES = HERE.parents[1] / "build" / "peers" / "node_modules"


def need(command):
    path = shutil.which(command, path="/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin") \
        or shutil.which(command)
    if not path:
        pytest.skip(f"{command} is not installed")
    return path


def need_node(*modules):
    path = need("node")
    for module in modules:
        if not (NODE_MODULES / module).is_dir():
            pytest.skip(f"Node package {module} is not in build/peers (scripts/setup check)")
    return path


_NGINX = """
daemon off;
master_process off;
worker_processes 1;
pid {dir}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3;
    uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
    ssl_certificate {cert};
    ssl_certificate_key {key};
    default_type text/plain;
    server {{  # TLS 1.2 and 1.3, h2 and http/1.1
        listen 127.0.0.1:{h2} ssl http2; listen [::1]:{h2} ssl http2;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_tickets on; ssl_session_cache shared:a:1m; ssl_early_data on;
        location / {{ return 200 "hello\\n"; }}
        location /moved {{ return 301 https://elsewhere.test/; }}
        location /forbidden {{ return 403; }}
    }}
    server {{  # each connection's only request is its last
        listen 127.0.0.1:{last_request} ssl http2; keepalive_requests 1;
        location / {{ return 200 "hello\\n"; }}
    }}
    server {{  # http/1.1 only
        listen 127.0.0.1:{h1} ssl; ssl_protocols TLSv1.2 TLSv1.3;
        location / {{ return 200 "hello\\n"; }}
    }}
    server {{  # TLS 1.2 only
        listen 127.0.0.1:{tls12} ssl http2; ssl_protocols TLSv1.2;
        ssl_session_tickets on;
        location / {{ return 200 "hello\\n"; }}
    }}
    server {{  # no TLS
        listen 127.0.0.1:{http}; listen [::1]:{http};
        location / {{ return 200 "hello\\n"; }}
        location /moved {{ return 301 http://elsewhere.test/; }}
        location /forbidden {{ return 403; }}
    }}
    server {{  # asks for a client certificate
        listen 127.0.0.1:{client_auth} ssl; ssl_protocols TLSv1.2 TLSv1.3;
        ssl_client_certificate {ca}; ssl_verify_client on;
        location / {{ return 200 "hello\\n"; }}
    }}
    server {{  # WebSocket upgrades go on to the Node server
        listen 127.0.0.1:{ws_proxy} ssl; ssl_protocols TLSv1.3;
        location / {{
            proxy_pass http://127.0.0.1:{ws_backend};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $http_connection;
        }}
    }}
}}
"""


class Nginx:
    def __init__(self, directory, certificates, ws_backend):
        binary = need("nginx")
        self.dir = pathlib.Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.ca = certificates.ca
        self.cert = certificates.server[0]
        ports = {name: free_port() for name in
                 ("h2", "h1", "tls12", "http", "client_auth", "ws_proxy", "last_request")}
        self.__dict__.update(ports)
        conf = self.dir / "nginx.conf"
        conf.write_text(_NGINX.format(dir=self.dir, cert=certificates.server[0],
                                      key=certificates.server[1], ca=certificates.ca,
                                      ws_backend=ws_backend, **ports))
        self.child = Child([binary, "-p", self.dir, "-c", conf, "-e", "stderr"],
                           self.dir / "log").wait_listening(*ports.values())

    def stop(self):
        self.child.stop()


_HAPROXY = """
global
    maxconn 100
    ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
    mode http
    timeout connect 5s
    timeout client 10s
    timeout server 10s
frontend tls
    bind 127.0.0.1:{h2} ssl crt {pem} alpn h2,http/1.1
    http-request return status 200 content-type text/plain string "hello"
frontend plain
    bind 127.0.0.1:{http}
    http-request return status 200 content-type text/plain string "hello"
frontend websocket  # over HTTP/2 too, which goes on as HTTP/1.1 to the Node server
    bind 127.0.0.1:{ws} ssl crt {pem} alpn h2,http/1.1
    default_backend node
backend node
    timeout tunnel 10s
    server node 127.0.0.1:{ws_backend}
"""


class Haproxy:
    def __init__(self, directory, certificates, ws_backend):
        binary = need("haproxy")
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        self.ca = certificates.ca
        self.h2, self.http, self.ws = free_port(), free_port(), free_port()
        pem = directory / "server.pem"
        pem.write_bytes(certificates.server[0].read_bytes() + certificates.server[1].read_bytes())
        conf = directory / "haproxy.cfg"
        conf.write_text(_HAPROXY.format(h2=self.h2, http=self.http, ws=self.ws, pem=pem,
                                        ws_backend=ws_backend))
        self.child = Child([binary, "-db", "-f", conf],
                           directory / "log").wait_listening(self.h2, self.http, self.ws)

    def stop(self):
        self.child.stop()


class NodeServer:
    """https and wss on one port, http and ws on another; echoes messages."""

    def __init__(self, directory, certificates):
        node = need_node("ws")
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        self.ca = certificates.ca
        self.tls, self.plain = free_port(), free_port()
        self.child = Child(
            [node, HERE / "peers" / "server.js", NODE_MODULES, certificates.server[0],
             certificates.server[1], self.tls, self.plain],
            directory / "log").wait_listening(self.tls, self.plain)

    def stop(self):
        self.child.stop()


class SServer:
    """openssl s_server; `options` as on its command line."""

    def __init__(self, log, cert, *options, www=True, host="127.0.0.1"):
        self.port = free_port(host)
        listen = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        self.child = Child(
            [need("openssl"), "s_server", "-accept", listen, "-cert", cert[0], "-key", cert[1],
             *(["-www"] if www else []), *options],
            log, stdin=subprocess.DEVNULL if www else subprocess.PIPE).wait_listening(self.port)

    def stop(self):
        self.child.stop()


class GnutlsServer:
    def __init__(self, log, cert, *options):
        self.port = free_port()
        self.child = Child(
            [need("gnutls-serv"), "--port", self.port, "--x509certfile", cert[0], "--x509keyfile",
             cert[1], "--quiet", *options], log).wait_listening(self.port)

    def stop(self):
        self.child.stop()
