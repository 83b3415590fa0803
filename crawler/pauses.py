"""Hosts that asked to be left alone for a while: Retry-After (RFC 9110 10.2.3), for the whole host."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from archive.words import Purpose
from crawler.outcomes import HostClosedError, HostPausedError
from crawler.retries import retry_after
from crawler.wire import PURPOSE

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.processes.hosts import SharedHosts

_STATUSES = frozenset({429, 503})


class PausesMiddleware:
    """Holds every request to a host back that asked for it.

    A request may have waited in its host's queue since it passed here, and the answer that asks may come in between:
    so the recorder looks again before it connects, and notes each answer before the next request is let go.
    """

    def __init__(self, limit: float, hosts: SharedHosts | None) -> None:
        self._limit = limit
        self._hosts = hosts
        self._until: dict[str, float] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Read the settings."""
        hosts = getattr(crawler.spider, "hosts", None)
        return cls(crawler.settings.getfloat("SOURCEKEEP_RETRY_AFTER_LIMIT"), hosts)

    def process_request(self, request: Request, spider: Any = None) -> None:
        """Raise what `check` raises."""
        self.check(request)

    def check(self, request: Request) -> None:
        """Raise HostPausedError for a host that is to be left alone, HostClosedError for one beyond the limit."""
        if request.meta.get(PURPOSE, Purpose.PAGE) is Purpose.ROBOTS:
            return
        host = urlsplit(request.url).hostname or ""
        until = self._hosts.paused_until(host) if self._hosts else self._until.get(host, 0.0)
        seconds = until - time.monotonic()
        if seconds > self._limit:
            raise HostClosedError(f"{host} asked not to be asked again for {seconds:.0f} seconds (Retry-After)")
        if seconds > 0:
            raise HostPausedError(request, host, seconds)

    def note(self, response: Response) -> None:
        """Note the Retry-After of *response*."""
        value = response.headers.get(b"Retry-After")
        if response.status not in _STATUSES or value is None:
            return
        if seconds := retry_after(value.decode("latin-1")):
            host = urlsplit(response.url).hostname or ""
            until = max(self._until.get(host, 0.0), time.monotonic() + seconds)
            self._until[host] = until
            if self._hosts:
                self._hosts.pause(host, until)
