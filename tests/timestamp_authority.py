"""A time-stamping authority of this machine: `openssl ts` behind an HTTP server on the loopback interface."""

from __future__ import annotations

import subprocess
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_CONFIGURATION = """
[tsa]
default_tsa = clock
[clock]
serial = serial
signer_cert = clock.pem
signer_key = clock.key
certs = certs.pem
signer_digest = sha256
default_policy = 1.3.6.1.4.1.55555.1
digests = {digests}
ess_cert_id_alg = sha256
"""


class Authority:
    """The authority as a context manager; *directory* takes its certificates.

    Its certificate is of `Clock`, by `Middle`, by `Root`. An answer has the first two, and the root too where
    *with_root*.
    """

    def __init__(self, directory: Path, *, with_root: bool = False, digests: str = "sha256, sha512") -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self.root = directory / "root.pem"
        self.queries: list[bytes] = []
        self.change_query: Callable[[bytes], bytes] = lambda query: query
        self.change_reply: Callable[[bytes], bytes] = lambda reply: reply
        self.status = 200
        self._certify(with_root=with_root)
        (directory / "tsa.cnf").write_text(_CONFIGURATION.format(digests=digests), encoding="ascii")
        (directory / "serial").write_text("01\n", encoding="ascii")

    def _certify(self, *, with_root: bool) -> None:
        root, middle, clock = (rsa.generate_private_key(65537, 2048) for _ in range(3))
        certificates = [
            _certificate("Root", root, "Root", root),
            _certificate("Middle", middle, "Root", root),
            _certificate("Clock", clock, "Middle", middle),
        ]
        pems = [each.public_bytes(serialization.Encoding.PEM) for each in certificates]
        self.root.write_bytes(pems[0])
        (self._directory / "certs.pem").write_bytes(pems[1] + (pems[0] if with_root else b""))
        (self._directory / "clock.pem").write_bytes(pems[2])
        key = clock.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self._directory / "clock.key").write_bytes(key)

    def reply(self, query: bytes) -> bytes:
        """Return what the authority answers to *query*."""
        (self._directory / "query.tsq").write_bytes(query)
        command = "openssl ts -reply -config tsa.cnf -section clock -queryfile query.tsq -out reply.tsr"
        subprocess.run(command.split(), cwd=self._directory, check=True, capture_output=True)
        return (self._directory / "reply.tsr").read_bytes()

    def __enter__(self) -> Self:
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # http.server's name
                query = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["Content-Type"] == "application/timestamp-query"
                authority.queries.append(query)
                reply = authority.change_reply(authority.reply(authority.change_query(query)))
                self.send_response(authority.status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/tsr"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _certificate(name: str, key: rsa.RSAPrivateKey, issuer: str, issuer_key: rsa.RSAPrivateKey) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=name != "Clock", path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if name == "Clock":
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
