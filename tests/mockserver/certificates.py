"""Certificates for the server: one that is good, and one for each thing that can be wrong with one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("good", "expired", "self-signed", "wrong-name")
HOST = "secure.example"
NAMES = (HOST, f"*.{HOST}", "*.wire.example", "*.wire.test", "http-1.0.wire.example", "*.large.example")
"""What every certificate but `wrong-name` is for, beside the address ::1."""


def make_certificates(directory: Path) -> None:
    """Write `authority.pem`, and `KIND.pem` with key and certificate for each kind."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _sign("Mock Authority", (), authority_key, "Mock Authority", authority_key, days=30)
    (directory / "authority.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    for kind in KINDS:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _sign(
            HOST,
            ("elsewhere.example",) if kind == "wrong-name" else NAMES,
            key,
            HOST if kind == "self-signed" else "Mock Authority",
            key if kind == "self-signed" else authority_key,
            days=-1 if kind == "expired" else 30,
        )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (directory / f"{kind}.pem").write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))


def _sign(  # what a certificate says
    subject: str,
    hosts: tuple[str, ...],
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    days: int,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=not hosts, path_length=None), critical=True)
    )
    if hosts:
        names: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
        if hosts is NAMES:
            names.append(x509.IPAddress(IPv6Address("::1")))
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())
