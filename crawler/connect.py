"""Connecting: look the name up, ask the guard, connect to what was allowed."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from typing import TYPE_CHECKING, Any, cast

from scrapy.core.downloader.handlers.http11 import _BindAddressAgent
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint, wrapClientTLS
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.threads import deferToThread
from zope.interface import implementer

if TYPE_CHECKING:
    from twisted.internet.interfaces import IProtocol, IProtocolFactory
    from twisted.web.client import URI

    from crawler.guard import Address, AddressGuard

_CACHE_SECONDS = 300.0


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


@implementer(IStreamClientEndpoint)
class GuardedEndpoint:
    """Connects to the first address of a host that answers, of those that the guard allows."""

    def __init__(self, reactor: Any, host: str, port: int, policy: ConnectPolicy) -> None:
        self._reactor = reactor
        self._host = host
        self._port = port
        self._policy = policy

    def connect(self, factory: IProtocolFactory) -> Deferred[IProtocol]:
        """Connect *factory*'s protocol.

        Fails with NameLookupError, AddressForbiddenError, or the ConnectError of the first address.
        """
        return Deferred.fromCoroutine(self._connect(factory))

    async def _connect(self, factory: IProtocolFactory) -> IProtocol:
        first_error: ConnectError | None = None
        for address, port in await self._targets():
            endpoint = TCP4ClientEndpoint if isinstance(address, IPv4Address) else TCP6ClientEndpoint
            try:
                return await endpoint(self._reactor, str(address), port, timeout=self._policy.seconds).connect(factory)
            except ConnectError as error:
                first_error = first_error or error
        raise first_error or NameLookupError(f"{self._host} has no address", passing=False)

    async def _targets(self) -> list[tuple[Address, int]]:
        rule = self._policy.guard.rule_for(self._host, self._port)
        if rule:
            return [(rule.address, rule.to_port)]
        addresses = await self._policy.lookup.addresses(self._host)
        return [(address, self._port) for address in self._policy.guard.allowed(self._host, addresses)]


class GuardedAgent(_BindAddressAgent):
    """Scrapy's agent, connecting through the guard."""

    policy: ConnectPolicy

    def _getEndpoint(self, uri: URI) -> IStreamClientEndpoint:
        host = uri.host.decode("ascii").strip("[]")
        # zope's interfaces are beyond mypy.
        endpoint = cast(
            "IStreamClientEndpoint",
            GuardedEndpoint(self._reactor, host, uri.port, self.policy),
        )
        if uri.scheme == b"https":
            return wrapClientTLS(self.policy.tls.creatorForNetloc(uri.host, uri.port), endpoint)
        return endpoint
