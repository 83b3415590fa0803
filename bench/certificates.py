"""An authority of the bench's own, with a certificate for each host that it serves."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_AUTHORITY = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Bench authority")])


_ONLY_SIGNS_CERTIFICATES = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


class Authority:
    """Signs certificates that are good for a day; keys are P-256, and all hosts share one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._host_key = ec.generate_private_key(ec.SECP256R1())
        self._host_key_file = folder / "hosts.key"
        self._host_key_file.touch(mode=0o600)
        self._host_key_file.write_bytes(
            self._host_key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self._certificate = (
            _builder(_AUTHORITY)
            .public_key(self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_ONLY_SIGNS_CERTIFICATES, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def write_bundle(self) -> Path:
        """Write what a client is to trust: this authority, behind those that this machine trusts anyway.

        Clients read hundreds of certificates on most machines; a bundle of one would hide what that costs them.
        """
        bundle = self._folder / "trusted.pem"
        paths = ssl.get_default_verify_paths()
        system = Path(paths.cafile).read_bytes() if paths.cafile else b""
        bundle.write_bytes(system + b"\n" + self._certificate.public_bytes(serialization.Encoding.PEM))
        return bundle

    def context(self, host: str) -> ssl.SSLContext:
        """Return a server's TLS context with a certificate for *host*."""
        certificate = (
            _builder(x509.Name([]))
            .public_key(self._host_key.public_key())
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
            # RFC 5280 4.2.1.1: strict clients, such as Python from 3.13 on, demand it.
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        # The ssl module loads a certificate from a file alone.
        file = self._folder / "host.pem"
        file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file, self._host_key_file)
        return context


def by_name(contexts: dict[str, ssl.SSLContext]) -> ssl.SSLContext:
    """Return a context that answers each client with the certificate of the host that it names (RFC 6066 3)."""

    def choose(connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
        context = contexts.get(name or "")
        if context is None:
            return int(ssl.AlertDescription.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
        connection.context = context
        return None

    front = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    front.sni_callback = choose
    return front


def _builder(subject: x509.Name) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(_AUTHORITY)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )
