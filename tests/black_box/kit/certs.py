"""A CA and the certificates that the tests need, good and bad, minted with the openssl command."""
import pathlib
import subprocess

_CONFIG = """
[ca]
default_ca = test
[test]
dir = {dir}
database = {dir}/index.txt
new_certs_dir = {dir}
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
copy_extensions = none
email_in_dn = no
[any]
commonName = optional
organizationName = optional
[req]
distinguished_name = dn
[dn]
"""

_LOCAL = "DNS:localhost,IP:127.0.0.1,IP:::1,DNS:*.handshake.test,DNS:handshake.test"


def _openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, f"openssl {' '.join(map(str, arguments))}: {done.stderr}"
    return done.stdout


class Authority:
    def __init__(self, directory, name):
        self.dir = pathlib.Path(directory) / name.replace(" ", "-")
        self.dir.mkdir(parents=True)
        self.config = self.dir / "openssl.cnf"
        self.config.write_text(_CONFIG.format(dir=self.dir))
        (self.dir / "index.txt").write_text("")
        self.cert = self.dir / "ca.pem"
        self.key = self.dir / "ca.key"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-keyout", self.key, "-out", self.cert, "-days", "30", "-subj", f"/CN={name}",
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, name, key="ec", names=_LOCAL, start=None, end=None, digest="sha256", ca=False,
              days=20, subject=None, usage="serverAuth,clientAuth"):
        """Returns (certificate, key) as files; start and end are YYYYMMDDHHMMSSZ."""
        cert, key_file = self.dir / f"{name}.pem", self.dir / f"{name}.key"
        request, extensions = self.dir / f"{name}.csr", self.dir / f"{name}.ext"
        algorithm = {
            "ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
            "rsa": ["-newkey", "rsa:2048"],
            "rsa1024": ["-newkey", "rsa:1024"],
            "rsa4096": ["-newkey", "rsa:4096"],
            "ed25519": ["-newkey", "ed25519"],
        }[key]
        _openssl("req", *algorithm, "-nodes", "-keyout", key_file, "-out", request, "-config",
                 self.config, "-subj", subject or f"/CN={name}")
        lines = ["basicConstraints=critical,CA:" + ("TRUE" if ca else "FALSE")]
        if ca:
            lines.append("keyUsage=critical,keyCertSign,cRLSign")
        else:
            lines.append(f"extendedKeyUsage={usage}")
        if names:
            lines.append(f"subjectAltName={names}")
        extensions.write_text("\n".join(lines) + "\n")
        when = ["-startdate", start or "20240101000000Z"] if start or end else []
        when += ["-enddate", end] if end else ["-days", days]
        _openssl("ca", "-batch", "-notext", "-config", self.config, "-cert", self.cert, "-keyfile",
                 self.key, "-in", request, "-out", cert, "-extfile", extensions, "-md", digest,
                 *when)
        return cert, key_file


class Certificates:
    """Each attribute is (certificate file, key file); `ca` is the file to trust."""

    def __init__(self, directory):
        directory = pathlib.Path(directory)
        self.dir = directory
        self.authority = Authority(directory, "Test CA")
        self.ca = self.authority.cert
        issue = self.authority.issue
        self.server = issue("localhost")
        self.rsa = issue("rsa.handshake.test", key="rsa")
        self.ed25519 = issue("ed25519.handshake.test", key="ed25519")
        self.expired = issue("expired", end="20240601000000Z")
        self.not_yet_valid = issue("not-yet-valid", start="20450101000000Z", end="20480601000000Z")
        self.other_name = issue("other-name", names="DNS:elsewhere.test")
        self.weak = issue("weak", key="rsa1024")
        self.client = issue("client", names=None, subject="/CN=A client/O=Tests")
        self.unknown_ca = Authority(directory, "Unknown CA").issue("unknown")
        self_cert, self_key = directory / "self.pem", directory / "self.key"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-keyout", self_key, "-out", self_cert, "-days", "30", "-subj", "/CN=localhost",
                 "-addext", f"subjectAltName={_LOCAL}")
        self.self_signed = (self_cert, self_key)
        middle_cert, middle_key = issue("Middle CA", ca=True, names=None)
        middle = Authority(directory, "Middle")
        middle.cert.write_bytes(pathlib.Path(middle_cert).read_bytes())
        middle.key.write_bytes(pathlib.Path(middle_key).read_bytes())
        leaf, leaf_key = middle.issue("chained")
        self.middle = middle.cert
        self.chain_missing = (leaf, leaf_key)
        chain = directory / "chain.pem"
        chain.write_bytes(leaf.read_bytes() + middle.cert.read_bytes())
        self.chain = (chain, leaf_key)


def describe(cert):
    """What openssl says of the first certificate in a file."""
    import base64
    import hashlib
    der = subprocess.run(["openssl", "x509", "-in", str(cert), "-outform", "DER"],
                         capture_output=True, check=True).stdout
    public = subprocess.run(["openssl", "x509", "-in", str(cert), "-noout", "-pubkey"],
                            capture_output=True, check=True).stdout
    spki = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public,
                          capture_output=True, check=True).stdout
    serial = _openssl("x509", "-in", cert, "-noout", "-serial").strip().split("=")[1]
    return {
        "sha256": hashlib.sha256(der).hexdigest(),
        "pin": "sha256//" + base64.b64encode(hashlib.sha256(spki).digest()).decode(),
        "serial": serial.lower(),
    }
