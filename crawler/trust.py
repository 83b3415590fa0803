"""TLS: certificates checked against the system's authorities, with one context for all hosts.

Scrapy makes a context for each connection, and each loads the whole bundle of authorities: 6 ms of processor time and
a megabyte a host, measured on 446 hosts.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

from OpenSSL import SSL
from twisted.internet._sslverify import ClientTLSOptions, _verifyCB
from twisted.internet.ssl import AcceptableCiphers, CertificateOptions, platformTrust
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

if TYPE_CHECKING:
    from OpenSSL.crypto import X509
    from twisted.protocols.tls import TLSMemoryBIOProtocol

_LEGACY_SERVER_CONNECT = 0x4
"""OpenSSL's flag for servers without secure renegotiation, which browsers accept as well."""

_HOSTS = 1024
"""How many hosts are remembered."""

# x509_vfy.h; OpenSSL's own exception says no more than "certificate verify failed".
_PROBLEMS = {
    9: "it is not valid yet",
    10: "it has expired",
    18: "it is signed by itself",
    19: "its chain ends in a certificate that is signed by itself",
    20: "its issuer is unknown",
    21: "its issuer is unknown",
    23: "it was revoked",
}


class _Options(CertificateOptions):
    def _makeContext(self, skipCiphers: bool = False) -> SSL.Context:
        context: SSL.Context = super()._makeContext(skipCiphers)
        context.set_options(_LEGACY_SERVER_CONNECT)
        return context


@implementer(IPolicyForHTTPS)
class SharedTrust:
    """Checks the certificate and the name of every host, from one shared context."""

    def __init__(self, ciphers: str) -> None:
        options = _Options(
            trustRoot=platformTrust(),
            fixBrokenPeers=True,
            acceptableCiphers=AcceptableCiphers.fromOpenSSLCipherString(ciphers),
        )
        # A host is asked for robots.txt and for its pages, and its name takes long to be checked and coded.
        self._checked = lru_cache(_HOSTS)(partial(_CheckedConnection, options._makeTLSConnection))

    def creatorForNetloc(self, hostname: bytes, port: int) -> ClientTLSOptions:
        """Return what makes the TLS connection to *hostname*, whose certificate must be for it."""
        return self._checked(hostname.decode("ascii"))


class _CheckedConnection(ClientTLSOptions):
    """Twisted's, telling the protocol above why a certificate doesn't hold."""

    def clientConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        connection: SSL.Connection = super().clientConnectionForTLS(tlsProtocol)
        check = _verifyCB(tlsProtocol, self._hostnameIsDnsName, self._hostnameASCII)
        protocol = tlsProtocol.wrappedProtocol

        def told(connection: SSL.Connection, certificate: X509, code: int, depth: int, ok: int) -> bool:
            if not ok:
                protocol.certificate_refused(_PROBLEMS.get(code, f"OpenSSL error {code}"))
            return check(connection, certificate, code, depth, bool(ok))

        connection.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, told)
        return connection
