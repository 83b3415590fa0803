"""Fetching through an HTTP proxy: `http` by requests in absolute form, `https` through a tunnel.

RFC 9112 3.2.2 and RFC 9110 9.3.6. What is recorded is the exchange about the page: the request that the proxy was
sent, and inside a tunnel the bytes that TLS carries. Asking for the tunnel is a conversation of its own, about no page,
and a record that began with its `200` would be read as the page's answer.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import urlsplit

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import Factory, Protocol, connectionDone
from zope.interface import implementer

from archive.errors import ArchiveError
from crawler.connect import ConnectPolicy, GuardedAgent, NameLookupError, connect_first
from crawler.guard import AddressForbiddenError
from crawler.wire import describe

if TYPE_CHECKING:
    from scrapy import Request
    from twisted.internet.interfaces import IProtocol, IProtocolFactory
    from twisted.python.failure import Failure
    from twisted.web.client import URI
    from twisted.web.http_headers import Headers
    from twisted.web.iweb import IBodyProducer, IResponse

    from crawler.guard import Address

PROXY_AUTHENTICATION_REQUIRED = 407
"""Only a proxy answers so (RFC 9110 15.5.8)."""
_FORBIDDEN = 403
_PATIENCE = 0.8
"""The share of a fetch's time that the proxy has to accept it: with all of it gone, the page would be blamed."""
_MAX_HEAD = 64 * 1024
_STATUS_LINE = re.compile(rb"HTTP/1\.[0-9] +([0-9]{3}) *([^\r\n]*)")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")


class ProxyError(ArchiveError):
    """The proxy cannot be used. That is no outcome of a source: the crawl ends, and what was not fetched stays due."""


class TunnelRefusedError(ConnectError):
    """The proxy opened no connection to a host."""

    def __init__(self, message: str) -> None:
        Exception.__init__(self, message)
        self.osError = None

    def __str__(self) -> str:  # Twisted's begins with words of its own
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where an HTTP proxy is."""

    host: str
    port: int

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read what `http_proxy` holds, such as http://proxy.example:3128; raises ProxyError."""
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            host, port = parts.hostname, parts.port or 80
        except ValueError:
            host, port = None, 0
        if not host or parts.scheme != "http":
            raise ProxyError(f"{url!r} is no proxy that can be used: name one as http://HOST:PORT, or unset it")
        return cls(host, port)

    def __str__(self) -> str:
        return _netloc(self.host, self.port)

    def wants_password(self) -> ProxyError:
        """Return the error for a proxy that refuses who asks."""
        return ProxyError(f"the proxy {self} wants a user and a password: give them as http://USER:PASSWORD@{self}")


def proxy_of(request: Request) -> Proxy | None:
    """Return the proxy that Scrapy chose for *request* from the environment; raises ProxyError."""
    url = request.meta.get("proxy")
    return Proxy.parse(url) if url else None


def _netloc(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@implementer(IStreamClientEndpoint)
class _ProxyEndpoint:
    """Connects to the proxy itself, which the operator chose: its address needs no guard."""

    def __init__(self, proxy: Proxy, policy: ConnectPolicy) -> None:
        self._proxy = proxy
        self._policy = policy

    def connect(self, factory: IProtocolFactory) -> Deferred[IProtocol]:
        """Connect *factory*'s protocol; fails with ProxyError."""
        return Deferred.fromCoroutine(self._connect(factory))

    async def _connect(self, factory: IProtocolFactory) -> IProtocol:
        host, port = self._proxy.host, self._proxy.port
        try:
            addresses = await self._policy.lookup.addresses(host)
            targets = [(each, port) for each in addresses]
            return await connect_first(factory, host, targets, self._policy.seconds * _PATIENCE)
        except (ConnectError, NameLookupError) as error:
            raise ProxyError(f"the proxy {self._proxy} cannot be reached: {describe(error)}") from error


@implementer(IStreamClientEndpoint)
class _TunnelEndpoint:
    """Connects to a host through the proxy."""

    def __init__(self, to_proxy: _ProxyEndpoint, proxy: Proxy, target: str, authorization: bytes | None) -> None:
        self._to_proxy = to_proxy
        self._proxy = proxy
        self._target = target
        self._authorization = authorization

    def connect(self, factory: IProtocolFactory) -> Deferred[IProtocol]:
        """Connect *factory*'s protocol; fails with ProxyError, TunnelRefusedError or AddressForbiddenError."""
        return Deferred.fromCoroutine(self._connect(factory))

    async def _connect(self, factory: IProtocolFactory) -> IProtocol:
        tunnel = _Tunnel(self._request())
        await self._to_proxy.connect(cast("IProtocolFactory", Factory.forProtocol(lambda: tunnel)))
        status, reason = await tunnel.answered
        if 200 <= status < 300:  # noqa: PLR2004  # the class of success
            return tunnel.hand_over(factory)
        tunnel.end()
        if status == PROXY_AUTHENTICATION_REQUIRED:
            raise self._proxy.wants_password()
        said = f"answered {status} {reason}".rstrip() if status else reason
        message = f"the proxy {self._proxy} {said}, when asked for a connection to {self._target}"
        raise AddressForbiddenError(message) if status == _FORBIDDEN else TunnelRefusedError(message)

    def _request(self) -> bytes:
        lines = [f"CONNECT {self._target} HTTP/1.1".encode(), f"Host: {self._target}".encode()]
        if self._authorization:
            lines.append(b"Proxy-Authorization: " + self._authorization)
        return b"\r\n".join(lines) + b"\r\n\r\n"


class _Tunnel(Protocol):
    """Asks the proxy for a tunnel, and is then no more than a pipe to the protocol that it was made for."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._head = bytearray()
        self._inner: Any = None
        self.answered: Deferred[tuple[int, str]] = Deferred(lambda _: self.end())
        """Fires with the proxy's status and reason; with status 0 and a verb where it sent no answer."""

    def connectionMade(self) -> None:
        cast("Any", self.transport).write(self._request)

    def dataReceived(self, data: bytes) -> None:
        if self._inner:
            self._inner.dataReceived(data)
            return
        self._head += data
        end = _END_OF_HEAD.search(self._head)
        if self.answered.called or not (end or len(self._head) > _MAX_HEAD):
            return
        line = _STATUS_LINE.match(self._head) if end else None
        status, reason = (int(line[1]), line[2].decode("latin-1")) if line else (0, "answered what is no HTTP")
        self.answered.callback((status, reason))
        if self._inner and end and (rest := bytes(self._head[end.end() :])):
            self._inner.dataReceived(rest)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._inner:
            self._inner.connectionLost(reason)
        elif not self.answered.called:
            self.answered.callback((0, "closed the connection"))

    def hand_over(self, factory: IProtocolFactory) -> IProtocol:
        """Connect *factory*'s protocol to the other end of the tunnel."""
        transport = cast("Any", self.transport)
        self._inner = cast("Any", factory).buildProtocol(transport.getPeer())
        self._inner.makeConnection(transport)
        return cast("IProtocol", self._inner)

    def end(self) -> None:
        """Close the connection."""
        if self.transport:
            cast("Any", self.transport).abortConnection()


class ProxiedAgent(GuardedAgent):
    """An agent for one request that goes through a proxy.

    Names are the proxy's to look up, and to refuse. An address that stands in the URL itself is judged here.
    """

    proxy: Proxy
    authorization: bytes | None

    def _getEndpoint(self, uri: URI) -> IStreamClientEndpoint:
        host = uri.host.decode("ascii").strip("[]")
        literal = _literal(host)
        if literal and not self.policy.guard.rule_for(host, uri.port):
            self.policy.guard.allowed(host, [literal])
        to_proxy = _ProxyEndpoint(self.proxy, self.policy)
        if uri.scheme != b"https":
            return cast("IStreamClientEndpoint", to_proxy)
        return self._secured(uri, _TunnelEndpoint(to_proxy, self.proxy, _netloc(host, uri.port), self.authorization))

    def _requestWithEndpoint(  # noqa: PLR0913, PLR0917  # Twisted's signature
        self,
        key: tuple[Any, ...],
        endpoint: Any,
        method: bytes,
        parsedURI: URI,
        headers: Headers | None,
        bodyProducer: IBodyProducer | None,
        requestPath: bytes,
    ) -> Deferred[IResponse]:
        # A connection to the proxy serves every http host; a tunnel leads to one host.
        target = b"http://" + parsedURI.netloc + requestPath
        key = ("proxy", self.proxy)
        if parsedURI.scheme == b"https":
            target = requestPath
            key += (parsedURI.host, parsedURI.port)
            if headers:
                headers.removeHeader(b"Proxy-Authorization")  # the proxy has read it; it is not the page's to know
        return super()._requestWithEndpoint(key, endpoint, method, parsedURI, headers, bodyProducer, target)


def _literal(host: str) -> Address | None:
    """Return the address that *host* is, also in the short and the odd forms of IPv4 that systems read."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None
