"""A download handler that keeps both directions of the wire, byte for byte.

Scrapy's own signals come too late: header names are normalised by then, repeated ones lost, the transfer coding
undone. So the tee sits between the HTTP protocol and its connection. It leans on names that Scrapy and Twisted call
private, which is why Scrapy is held to one minor release and `tests/test_crawler_recorder.py` is a contract.
"""

from __future__ import annotations

import tempfile
import time
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import urldefrag

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _ScrapyAgent,
)
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError
from scrapy.utils._download_handlers import normalize_bind_address, wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import connectionDone
from twisted.web.client import _RetryingHTTP11ClientProtocol

from archive.capture import RecordedExchange
from archive.http_message import parse_response, split_head
from archive.records import Purpose, utc_now
from crawler.connect import ConnectPolicy, GuardedAgent, NameLookup
from crawler.guard import AddressGuard, parse_resolve

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IAddress
    from twisted.python.failure import Failure
    from twisted.web.client import Agent, HTTPConnectionPool

EXCHANGES = "exchanges"
"""Key in `Request.meta`: the list that the recorder appends each exchange to; redirects and retries share it."""
PURPOSE = "purpose"
"""Key in `Request.meta`: the `Purpose` of the exchange, `page` when left out."""

_IN_MEMORY = 1024 * 1024


class Recorder(HTTP11DownloadHandler):
    """Scrapy's HTTP/1.1 handler, with the wire recorded and every address guarded."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _RecordingFactory
        self.policy = ConnectPolicy(
            lookup=NameLookup(),
            guard=AddressGuard(parse_resolve(rule) for rule in crawler.settings.getlist("SOURCEKEEP_RESOLVE")),
            tls=self._contextFactory,
            seconds=crawler.settings.getfloat("DOWNLOAD_TIMEOUT"),
        )

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Read the settings; Scrapy calls this."""
        return cls(crawler)

    async def download_request(self, request: Request) -> Response:
        """Fetch *request*, appending the exchange to its `exchanges`, however it ends.

        Raises what Scrapy's handler raises, and AddressForbiddenError or NameLookupError.
        """
        wire = Wire(_new_exchange(request))
        request.meta.setdefault(EXCHANGES, []).append(wire.exchange)
        try:
            with wrap_twisted_exceptions():
                response = await maybe_deferred_to_future(self._agent(wire).download_request(request))
        except Exception as error:
            wire.failed(error)
            raise
        finally:
            wire.stop()
        wire.arrived(response)
        return response

    def _agent(self, wire: Wire) -> _RecordingAgent:
        return _RecordingAgent(
            wire=wire,
            policy=self.policy,
            contextFactory=self._contextFactory,
            bindAddress=self._bind_address,
            pool=self._pool,
            maxsize=self._default_maxsize,
            warnsize=self._default_warnsize,
            fail_on_dataloss=self._fail_on_dataloss,
            crawler=self._crawler,
        )


def _new_exchange(request: Request) -> RecordedExchange:
    return RecordedExchange(
        url=urldefrag(request.url)[0],
        purpose=request.meta.get(PURPOSE, Purpose.PAGE),
        requested_at=utc_now(),
        sent=tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY),
        received=tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY),
    )


class Wire:
    """The bytes of one exchange while they come, and what they amount to at the end."""

    def __init__(self, exchange: RecordedExchange) -> None:
        self.exchange = exchange
        self._started = time.monotonic()
        self._live = True
        self._lost_badly = False

    def begin(self, transport: Any) -> None:
        """Record from here on; what a connection that was already dead took in is forgotten."""
        self.exchange.ip = transport.getPeer().host
        for stream in (self.exchange.sent, self.exchange.received):
            stream.seek(0)
            stream.truncate()

    def send(self, data: bytes) -> None:
        """Keep what goes out."""
        if self._live:
            self.exchange.sent.write(data)

    def receive(self, data: bytes) -> None:
        """Keep what comes in."""
        if self._live:
            self.exchange.received.write(data)

    def lost(self, reason: Failure) -> None:
        """Note how the connection ended: a body that ends with it is whole only after a clean end."""
        self._lost_badly = self._live and not reason.check(ConnectionDone) and not _is_tls_end(reason)

    def stop(self) -> None:
        """Keep nothing more; the exchange is over."""
        self._live = False
        self.exchange.elapsed_ms = round((time.monotonic() - self._started) * 1000)

    def arrived(self, response: Response) -> None:
        """Note a response; a body that is not whole is marked."""
        self.exchange.http_status = response.status
        if "dataloss" in response.flags or ("partial" in response.flags and self._lost_badly):
            self.exchange.truncated = "disconnect"
            self.exchange.error = "the connection ended before the body did"

    def failed(self, error: BaseException) -> None:
        """Note a failure; what had come of the response until then is kept and marked."""
        self.exchange.error = describe(error)
        self.exchange.received.seek(0)
        head, _ = split_head(self.exchange.received.read(_IN_MEMORY))
        if not head:
            return
        self.exchange.http_status = parse_response(head).status or None
        self.exchange.truncated = _truncation(error)


def _truncation(error: BaseException) -> str:
    """Return the value of `WARC-Truncated` for a response that *error* ended (WARC 1.1, 5.13)."""
    if isinstance(error, DownloadCancelledError):
        return "length"
    return "time" if isinstance(error, DownloadTimeoutError) else "disconnect"


def _is_tls_end(reason: Failure) -> bool:
    """Tell whether a TLS connection ended without its closing alert, which many servers leave out."""
    return "unexpected eof" in str(reason.value).lower()


def describe(error: BaseException) -> str:
    """Return what *error* says, or the reasons that Twisted wraps in it."""
    for wrapped in (error, error.__cause__):
        reasons = [
            str(reason.value) or type(reason.value).__name__ for reason in getattr(wrapped, "reasons", None) or ()
        ]
        if reasons:
            return "; ".join(dict.fromkeys(reasons))
    return str(error) or type(error.__cause__ or error).__name__


class _RecordingAgent(_ScrapyAgent):
    """Scrapy's agent for one request, with the request's wire."""

    def __init__(self, *, wire: Wire, policy: ConnectPolicy, **rest: Any) -> None:
        super().__init__(**rest)
        self._wire = wire
        self._policy = policy

    def _get_agent(self, request: Request, timeout: float) -> Agent:
        # A proxy's address is the operator's choice, and needs no guard.
        proxied = request.meta.get("proxy")
        agent = super()._get_agent(request, timeout) if proxied else self._guarded_agent(timeout)
        agent._pool = cast("HTTPConnectionPool", _RecordingPool(self._pool, self._wire))
        return agent

    def _guarded_agent(self, timeout: float) -> GuardedAgent:
        from twisted.internet import reactor  # Scrapy installs it, so not before there is a crawl

        agent = GuardedAgent(
            reactor=reactor,
            contextFactory=self._contextFactory,
            connectTimeout=timeout,
            bindAddress=normalize_bind_address(self._bindAddress),
            pool=self._pool,
        )
        agent.policy = self._policy
        return agent


class _RecordingPool:
    """The shared connection pool, as one request sees it: each connection it gets is recorded."""

    def __init__(self, pool: Any, wire: Wire) -> None:
        self._pool = pool
        self._wire = wire
        self.persistent = pool.persistent

    def getConnection(self, key: Any, endpoint: Any) -> Deferred[Any]:
        d: Deferred[Any] = self._pool.getConnection(key, endpoint)
        return d.addCallback(self._attach)

    def _attach(self, protocol: Any) -> Any:
        if isinstance(protocol, _RetryingHTTP11ClientProtocol):  # a kept connection, with a way to a new one
            self._attach(protocol._clientProtocol)
            new_connection = protocol._newConnection
            protocol._newConnection = lambda: new_connection().addCallback(self._attach)
        else:
            protocol.record(self._wire)
        return protocol


class _RecordingProtocol(_LenientHTTP11ClientProtocol):
    """Scrapy's HTTP/1.1 protocol, with a tee on both directions."""

    _wire: Wire | None = None

    def record(self, wire: Wire) -> None:
        self._wire = wire
        wire.begin(self.transport)

    def makeConnection(self, transport: Any) -> None:
        super().makeConnection(_TeeTransport(transport, self))

    def dataReceived(self, data: bytes) -> None:
        if self._wire:
            self._wire.receive(data)
        super().dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._wire:
            self._wire.lost(reason)
        super().connectionLost(reason)

    def sending(self, data: bytes) -> None:
        if self._wire:
            self._wire.send(data)


class _RecordingFactory(_LenientHTTP11ClientFactory):
    """Makes recording protocols for the connection pool."""

    def buildProtocol(self, addr: IAddress | None) -> _RecordingProtocol:
        return _RecordingProtocol(self._quiescentCallback)


class _TeeTransport:
    """A transport that shows its protocol what is written; all else is the real one's."""

    def __init__(self, transport: Any, protocol: _RecordingProtocol) -> None:
        self._transport = transport
        self._protocol = protocol

    def write(self, data: bytes) -> None:
        self._protocol.sending(data)
        self._transport.write(data)

    def writeSequence(self, pieces: Any) -> None:
        self.write(b"".join(pieces))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
