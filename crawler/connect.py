"""Connecting: look the name up, ask the guard, connect to what was allowed."""

from __future__ import annotations

import base64
import re
import socket
import time
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote_to_bytes

from scrapy.core.downloader.handlers.http11 import _BindAddressAgent
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint, wrapClientTLS
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.threads import deferToThread
from zope.interface import implementer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twisted.internet.interfaces import IProtocol, IProtocolFactory
    from twisted.web.client import URI
    from twisted.web.http_headers import Headers
    from twisted.web.iweb import IBodyProducer, IResponse

    from crawler.guard import Address, AddressGuard

_CACHE_SECONDS = 300.0
_END_OF_AUTHORITY = re.compile(rb"[/?#]")


class NameLookupError(Exception):
    """A host name has no address now. *passing*: the name server did not answer, so it may have one later."""

    def __init__(self, message: str, *, passing: bool) -> None:
        super().__init__(message)
        self.passing = passing


class NameLookup:
    """Looks names up in a thread, and remembers addresses for five minutes of a crawl."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, list[Address]]] = {}

    async def addresses(self, host: str) -> list[Address]:
        """Return the addresses of *host*, or of itself where it is one; raises NameLookupError."""
        known = self._known.get(host)
        if known and known[0] > time.monotonic():
            return known[1]
        addresses: list[Address] = await deferToThread(_look_up, host)
        self._known[host] = (time.monotonic() + _CACHE_SECONDS, addresses)
        return addresses


def _look_up(host: str) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        passing = error.errno in (socket.EAI_AGAIN, socket.EAI_FAIL)
        name = next(
            (name for name in dir(socket) if name.startswith("EAI_") and getattr(socket, name) == error.errno),
            "",
        )
        raise NameLookupError(f"{host}: {error.strerror} ({name})", passing=passing) from error
    except UnicodeError as error:
        raise NameLookupError(f"{host} is no host name: {error}", passing=False) from error
    return list(dict.fromkeys(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))


@dataclass(frozen=True, slots=True)
class ConnectPolicy:
    """What all connections of a crawl have in common."""

    lookup: NameLookup
    guard: AddressGuard
    tls: Any
    """Twisted's IPolicyForHTTPS."""
    seconds: float
    """For one attempt to connect."""


async def connect_first(
    factory: IProtocolFactory, name: str, targets: Iterable[tuple[Address, int]], seconds: float
) -> IProtocol:
    """Connect *factory*'s protocol to the first of *targets* that answers within *seconds*.

    Raises the ConnectError of the first, or NameLookupError where *name* has no target at all.
    """
    from twisted.internet import reactor  # Scrapy installs it, so not before there is a crawl

    first_error: ConnectError | None = None
    for address, port in targets:
        endpoint = TCP4ClientEndpoint if isinstance(address, IPv4Address) else TCP6ClientEndpoint
        try:
            return await endpoint(reactor, str(address), port, timeout=seconds).connect(factory)
        except ConnectError as error:
            first_error = first_error or error
    raise first_error or NameLookupError(f"{name} has no address", passing=False)


@implementer(IStreamClientEndpoint)
class GuardedEndpoint:
    """Connects to the first address of a host that answers, of those that the guard allows."""

    def __init__(self, host: str, port: int, policy: ConnectPolicy) -> None:
        self._host = host
        self._port = port
        self._policy = policy

    def connect(self, factory: IProtocolFactory) -> Deferred[IProtocol]:
        """Connect *factory*'s protocol.

        Fails with NameLookupError, AddressForbiddenError, or the ConnectError of the first address.
        """
        return Deferred.fromCoroutine(self._connect(factory))

    async def _connect(self, factory: IProtocolFactory) -> IProtocol:
        return await connect_first(factory, self._host, await self._targets(), self._policy.seconds)

    async def _targets(self) -> list[tuple[Address, int]]:
        rule = self._policy.guard.rule_for(self._host, self._port)
        if rule:
            return [(rule.address, rule.to_port)]
        addresses = await self._policy.lookup.addresses(self._host)
        return [(address, self._port) for address in self._policy.guard.allowed(self._host, addresses)]


class GuardedAgent(_BindAddressAgent):
    """Scrapy's agent, connecting through the guard."""

    policy: ConnectPolicy

    def request(
        self, method: bytes, uri: bytes, headers: Headers | None = None, bodyProducer: IBodyProducer | None = None
    ) -> Deferred[IResponse]:
        """Make a request; a user and a password in *uri* go where HTTP has them, and not into the host's name."""
        uri, credentials = _without_userinfo(uri)
        if credentials and headers and not headers.hasHeader(b"Authorization"):
            headers.addRawHeader(b"Authorization", credentials)
        return super().request(method, uri, headers, bodyProducer)

    def _getEndpoint(self, uri: URI) -> IStreamClientEndpoint:
        return self._secured(uri, GuardedEndpoint(_host_of(uri), uri.port, self.policy))

    def _secured(self, uri: URI, endpoint: object) -> IStreamClientEndpoint:
        """Return *endpoint* with TLS where *uri* asks for it."""
        stream = cast("IStreamClientEndpoint", endpoint)  # zope's interfaces are beyond mypy
        if uri.scheme == b"https":
            return wrapClientTLS(self.policy.tls.creatorForNetloc(uri.host, uri.port), stream)
        return stream


def _host_of(uri: URI) -> str:
    return str(uri.host.decode("ascii").strip("[]"))


def _without_userinfo(uri: bytes) -> tuple[bytes, bytes | None]:
    """Return *uri* without user and password, and the `Authorization` that they make (RFC 7617 2)."""
    scheme, _, rest = uri.partition(b"://")
    end = _END_OF_AUTHORITY.search(rest)
    authority = rest[: end.start()] if end else rest
    userinfo, at, host = authority.rpartition(b"@")
    if not at:
        return uri, None
    user, _, password = userinfo.partition(b":")
    pair = unquote_to_bytes(user) + b":" + unquote_to_bytes(password)
    return scheme + b"://" + host + rest[len(authority) :], b"Basic " + base64.b64encode(pair)
