"""A download handler that keeps both directions of the wire, byte for byte.

Scrapy's own signals come too late: header names are normalised by then, repeated ones lost, the transfer coding
undone. So the tee sits between the HTTP protocol and its connection (`crawler/protocol.py`). It leans on names that
Scrapy and Twisted call private, which is why Scrapy is held to one minor release and
`tests/test_crawler_wire.py` is a contract.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import urlsplit

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler, _ScrapyAgent
from scrapy.exceptions import DownloadCancelledError
from scrapy.utils._download_handlers import normalize_bind_address, wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.web.iweb import UNKNOWN_LENGTH

from crawler.body import PreviewedResponse, preview_bytes
from crawler.connect import ConnectPolicy, GuardedAgent, NameLookup
from crawler.guard import AddressGuard, parse_resolve
from crawler.pauses import PausesMiddleware
from crawler.pool import BoundedPool
from crawler.protocol import RecordingFactory, RecordingPool
from crawler.proxies import PROXY_AUTHENTICATION_REQUIRED, ProxiedAgent, Proxy, proxy_of
from crawler.trust import SharedTrust
from crawler.wire import EXCHANGES, Wire, new_exchange

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.web.client import Agent, HTTPConnectionPool
    from twisted.web.client import Response as TxResponse


class Recorder(HTTP11DownloadHandler):
    """Scrapy's HTTP/1.1 handler, with the wire recorded and every address guarded."""

    def __init__(self, crawler: Crawler) -> None:
        from twisted.internet import reactor  # Scrapy installs it, so not before there is a crawl

        super().__init__(crawler)
        per_host, self._pool = self._pool.maxPersistentPerHost, BoundedPool(cast("Any", reactor))
        self._pool.maxPersistentPerHost = per_host
        self._pool._factory = RecordingFactory
        # A request that is repeated out of sight is one that no record tells of; crawler.taker retries.
        self._pool.retryAutomatically = False
        self._serving: set[Proxy] = set()
        """Proxies that have let something through."""
        self._policy = ConnectPolicy(
            lookup=NameLookup(),
            guard=AddressGuard(parse_resolve(rule) for rule in crawler.settings.getlist("SOURCEKEEP_RESOLVE")),
            tls=SharedTrust(crawler.settings["DOWNLOADER_CLIENT_TLS_CIPHERS"]),
            seconds=crawler.settings.getfloat("DOWNLOAD_TIMEOUT"),
        )

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Read the settings; Scrapy calls this."""
        return cls(crawler)

    async def download_request(self, request: Request) -> Response:
        """Fetch *request*, appending the exchange to its `exchanges`, however it ends.

        Raises what Scrapy's handler raises, AddressForbiddenError or NameLookupError, and, with no exchange made,
        HostPausedError or HostClosedError. Raises WarcWriteError when not all of the wire could be kept, ProxyError
        when the proxy cannot be used.
        """
        pauses = self._crawler.get_downloader_middleware(PausesMiddleware)
        if pauses:
            pauses.check(request)
        proxy = proxy_of(request)
        wire = Wire(new_exchange(request))
        wire.exchange.proxy = str(proxy) if proxy else None
        request.meta.setdefault(EXCHANGES, []).append(wire.exchange)
        try:
            with wrap_twisted_exceptions():
                response = await maybe_deferred_to_future(self._agent(wire).download_request(request))
        except Exception as error:
            wire.check_disk()
            counts = wire.failed(error)
            if counts is error:
                raise
            raise counts from error
        finally:
            wire.stop()
        wire.check_disk()
        if too_large := wire.arrived(response):
            raise too_large
        if proxy and urlsplit(request.url).scheme == "http":  # what comes through a tunnel is the site's
            self._check_proxy(proxy, response)
        if pauses:
            pauses.note(response)
        return response

    def _check_proxy(self, proxy: Proxy, response: Response) -> None:
        """Raise ProxyError when *proxy* wants a password: then it wants it from the first request on."""
        if response.status != PROXY_AUTHENTICATION_REQUIRED:
            self._serving.add(proxy)
        elif proxy not in self._serving:
            raise proxy.wants_password()

    def _agent(self, wire: Wire) -> _RecordingAgent:
        return _RecordingAgent(
            wire=wire,
            policy=self._policy,
            contextFactory=self._policy.tls,
            bindAddress=self._bind_address,
            pool=self._pool,
            maxsize=self._default_maxsize,
            warnsize=self._default_warnsize,
            fail_on_dataloss=self._fail_on_dataloss,
            crawler=self._crawler,
        )


class _RecordingAgent(_ScrapyAgent):
    """Scrapy's agent for one request, with the request's wire."""

    def __init__(self, *, wire: Wire, policy: ConnectPolicy, **rest: Any) -> None:
        super().__init__(**rest)
        self._wire = wire
        self._policy = policy

    def _get_agent(self, request: Request, timeout: float) -> Agent:
        from twisted.internet import reactor  # Scrapy installs it, so not before there is a crawl

        proxy = proxy_of(request)
        agent = (ProxiedAgent if proxy else GuardedAgent)(
            reactor=reactor,
            contextFactory=self._contextFactory,
            connectTimeout=timeout,
            bindAddress=normalize_bind_address(self._bindAddress),
            pool=cast("HTTPConnectionPool", RecordingPool(self._pool, self._wire)),
        )
        agent.policy = self._policy
        if isinstance(agent, ProxiedAgent) and proxy:
            agent.proxy = proxy
            agent.authorization = request.headers.get(b"Proxy-Authorization")
        return agent

    def _cb_bodyready(self, txresponse: Any, request: Request) -> Any:
        maxsize = request.meta.get("download_maxsize", self._maxsize)
        if txresponse.length != UNKNOWN_LENGTH and txresponse.length > maxsize > 0:
            self._wire.too_large = DownloadCancelledError(f"the body is larger than the limit of {maxsize:,} bytes")
        previewed = PreviewedResponse(txresponse, preview_bytes(request))
        return super()._cb_bodyready(cast("TxResponse", previewed), request)
