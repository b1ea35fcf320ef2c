#!/usr/bin/python3
"""Mints certificates of many kinds, and writes certificates.h: their DER, and what openssl's own
programs say of them."""
import base64
import calendar
import hashlib
import pathlib
import re
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent

# name: key arguments, subject, extra arguments, what the key is called
KINDS = {
    "ec": (["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "/CN=localhost",
           ["-addext", "subjectAltName=DNS:localhost,DNS:*.example.test,IP:127.0.0.1,IP:2001:db8::1,"
            "email:nobody@example.test"], "EC P-256"),
    "ec384": (["ec", "-pkeyopt", "ec_paramgen_curve:P-384"], "/O=Handshake/CN=P-384",
              ["-sha384"], "EC P-384"),
    "ec521": (["ec", "-pkeyopt", "ec_paramgen_curve:P-521"], "/CN=P-521", ["-sha512"], "EC P-521"),
    "brainpool": (["ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"], "/CN=Brainpool", [],
                  "EC brainpoolP256r1"),
    "rsa1024": (["rsa:1024"], "/CN=rsa", ["-sha1"], "RSA 1024"),
    "rsa2048": (["rsa:2048"], "/C=DE/O=Test, Inc./CN=rsa", [], "RSA 2048"),
    "rsa2047": (["rsa:2047"], "/CN=an odd modulus", [], "RSA 2047"),
    "pss": (["rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"], "/CN=pss", [], "RSA-PSS 2048"),
    "ed25519": (["ed25519"], "/CN=J\u00fcrgen \u4e16\u754c", ["-utf8"], "Ed25519"),
    "ed448": (["ed448"], "/CN=ed448", ["-days", "36500"], "Ed448"),
}


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True,
                          **options).stdout


def printed(folder, *options):
    return openssl("x509", "-in", "cert.pem", "-noout", *options, cwd=folder).decode().strip()


def seconds(text):
    text = re.sub(r"^[^=]*=", "", text)
    return calendar.timegm(time.strptime(text, "%b %d %H:%M:%S %Y GMT"))


def names_of(folder):
    out = []
    text = printed(folder, "-ext", "subjectAltName", "-nameopt", "utf8")
    for kind, name in re.findall(r"(DNS|IP Address):([^,\n]+)", text):
        if kind == "IP Address" and ":" in name:
            import ipaddress
            name = str(ipaddress.ip_address(":".join(p.zfill(4) for p in name.split(":"))))
        out.append(name)
    return " ".join(out)


def literal(text):
    out, line = [], ""
    for byte in text.encode():
        char = chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\' else f"\\{byte:03o}"
        line += char
        if len(line) >= 80:
            out.append(line)
            line = ""
    out.append(line)
    return "\n     ".join(f'"{part}"' for part in out)


def row(folder, kind):
    key, subject, extra, key_text = KINDS[kind]
    openssl("req", "-x509", "-newkey", *key, "-nodes", "-keyout", "key.pem", "-out", "cert.pem",
            "-subj", subject, *([] if "-days" in extra else ["-days", "30"]), *extra, cwd=folder)
    der = openssl("x509", "-in", "cert.pem", "-outform", "DER", cwd=folder)
    public = openssl("x509", "-in", "cert.pem", "-noout", "-pubkey", cwd=folder)
    spki = openssl("pkey", "-pubin", "-outform", "DER", input=public)
    nameopt = ["-nameopt", "RFC2253,-esc_msb"]
    signature = re.search(r"Signature Algorithm: (\S+)", printed(folder, "-text")).group(1)
    fields = [der.hex(), printed(folder, "-subject", *nameopt).removeprefix("subject="),
              printed(folder, "-issuer", *nameopt).removeprefix("issuer="),
              printed(folder, "-serial").removeprefix("serial=").lower(),
              seconds(printed(folder, "-startdate")), seconds(printed(folder, "-enddate")),
              key_text, signature, hashlib.sha256(der).hexdigest(),
              "sha256//" + base64.b64encode(hashlib.sha256(spki).digest()).decode(),
              names_of(folder)]
    return "    {" + ",\n     ".join(str(field) if isinstance(field, int) else literal(field)
                                     for field in fields) + "},\n"


def main():
    with tempfile.TemporaryDirectory() as folder:
        rows = "".join(row(folder, kind) for kind in KINDS)
    (HERE / "certificates.h").write_text(f"""/* Written by certificates.py. */
#ifndef TESTS_DECODE_DATA_CERTIFICATES_H
#define TESTS_DECODE_DATA_CERTIFICATES_H

#include <stdint.h>

typedef struct sample_certificate {{
    const char *der; /* hex */
    const char *subject;
    const char *issuer;
    const char *serial;
    int64_t not_before;
    int64_t not_after;
    const char *key;
    const char *signature;
    const char *sha256;
    const char *pin;
    const char *names;
}} sample_certificate;

static const sample_certificate sample_certificates[] = {{
{rows}}};

#endif
""")


if __name__ == "__main__":
    main()
