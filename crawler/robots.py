"""robots.txt, asked once for each host and obeyed (RFC 9309); what it said is archived like a page."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.exceptions import NotConfigured
from scrapy.http.request import NO_CALLBACK

from archive.words import Purpose
from crawler.outcomes import (
    PASSING_STATUSES,
    ROBOTS_DISALLOW,
    ROBOTS_UNREACHABLE,
    RobotsDeniedError,
    RobotsUnreachableError,
)
from crawler.waiting import Shared
from crawler.wire import EXCHANGES, PURPOSE, describe

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from archive.drafts import RecordedExchange
    from archive.words import Evidence

# RFC 9309 2.5: a crawler may leave out what stands behind 500 KiB.
_MAX_BYTES = 500 * 1024
_MAX_CRAWL_DELAY = 30.0


class Robots:
    """What one robots.txt says, or why it could not be had."""

    def __init__(self, url: str, response: Response, evidence: Evidence) -> None:
        self.url = url
        self._evidence = {**evidence, "robots_status": response.status}
        self._status = response.status
        self._body = response.body[:_MAX_BYTES] if response.status < 300 else b""  # noqa: PLR2004  # success

    @property
    def unreachable(self) -> bool:
        """Whether the server failed to answer: a denial of everything (RFC 9309 2.3.1.4)."""
        return self._status >= 500 or self._status in PASSING_STATUSES  # noqa: PLR2004

    def check(self, url: str, user_agent: str) -> None:
        """Raise RobotsDeniedError when *url* may not be fetched."""
        if self.unreachable:
            raise RobotsDeniedError(
                f"{self.url} answered {self._status}, which counts as a denial (RFC 9309 2.3.1.4)",
                {**self._evidence, "rule": ROBOTS_UNREACHABLE},
            )
        if not _rules(self._body).can_fetch(url, user_agent):
            raise RobotsDeniedError(f"{self.url} denies it", self._evidence)

    def crawl_delay(self, user_agent: str) -> float:
        """Return the `Crawl-delay` in seconds, at most 30; 0 without one."""
        return min(float(_rules(self._body).crawl_delay(user_agent) or 0), _MAX_CRAWL_DELAY)


@lru_cache(maxsize=256)
def _rules(body: bytes) -> Protego:
    """Parse a robots.txt; rules take twenty times the memory of their text, and a crawl has many hosts."""
    return Protego.parse(body.decode("utf-8-sig", "replace"))


def _said(error: BaseException, exchanges: list[RecordedExchange]) -> str:
    return (exchanges and exchanges[-1].error) or describe(error)


def _evidence(rule: str, url: str, exchanges: list[RecordedExchange]) -> Evidence:
    """Return the rule and the record that proves it, if anything was on the wire."""
    last = exchanges[-1] if exchanges else None
    return {"rule": rule, "robots_url": url, "record_id": last.proof() if last else None}


class RobotsMiddleware:
    """Lets a request pass only when the robots.txt of its host allows it.

    A host whose robots.txt can't be reached at all fails as that attempt failed: RFC 9309 lets nothing be fetched
    there, and the failure is the host's. After as many tries as a page gets, the failure holds for the whole crawl.
    """

    def __init__(self, crawler: Crawler, product: str, tries: int) -> None:
        self._crawler = crawler
        self._product = product
        self._tries = tries
        self._known: dict[str, Shared[Robots]] = {}
        self._failures: dict[str, int] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Read the settings; raises NotConfigured when robots.txt is not to be obeyed."""
        if not crawler.settings.getbool("SOURCEKEEP_OBEY_ROBOTS"):
            raise NotConfigured
        product = crawler.settings["USER_AGENT"].split("/", 1)[0]
        return cls(crawler, product, 1 + crawler.settings.getint("SOURCEKEEP_RETRIES"))

    async def process_request(self, request: Request, spider: Any = None) -> None:
        """Pass *request*, or raise RobotsDeniedError, or what kept robots.txt from being fetched."""
        if request.meta.get(PURPOSE, Purpose.PAGE) is Purpose.ROBOTS:
            return
        robots = await self._robots_for(request.url)
        robots.check(request.url, self._product)
        self._slow_down(request, robots.crawl_delay(self._product))

    async def _robots_for(self, url: str) -> Robots:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        fetch = self._known.get(origin)
        if fetch is None:
            fetch = self._known[origin] = Shared(self._fetch(f"{origin}/robots.txt"))
        try:
            robots = await fetch.wait()
        except Exception:
            self._forget_failure(origin, fetch)
            raise
        if robots.unreachable:
            self._forget_failure(origin, fetch)
        return robots

    def _forget_failure(self, origin: str, fetch: Shared[Robots]) -> None:
        if self._known.get(origin) is fetch:
            self._failures[origin] = self._failures.get(origin, 0) + 1
            if self._failures[origin] < self._tries:
                del self._known[origin]

    async def _fetch(self, url: str) -> Robots:
        exchanges: list[RecordedExchange] = []
        request = Request(
            url,
            callback=NO_CALLBACK,
            meta={PURPOSE: Purpose.ROBOTS, EXCHANGES: exchanges},
        )
        engine, spider = self._crawler.engine, self._crawler.spider
        if engine is None or spider is None:
            raise RuntimeError("robots.txt is asked for only within a crawl")
        try:
            response = await engine.download_async(request)
        except Exception as error:
            raise RobotsUnreachableError(
                f"{_said(error, exchanges)}, when asked for its robots.txt",
                _evidence(ROBOTS_UNREACHABLE, url, exchanges),
            ) from error
        else:
            evidence = _evidence(ROBOTS_DISALLOW, url, exchanges)
        finally:
            if exchanges:
                store = spider.store  # type: ignore[attr-defined]  # CitationsSpider's
                # Not awaited: the writer keeps the order, so this is on disk before any capture that names it.
                store.submit_exchanges(exchanges)
        return Robots(url, response, evidence)

    def _slow_down(self, request: Request, seconds: float) -> None:
        engine = self._crawler.engine
        if not seconds or engine is None:
            return
        key = engine.downloader.get_slot_key(request)
        if slot := engine.downloader.slots.get(key):
            slot.delay = max(slot.delay, seconds)
            slot.jitter = 0.0  # it is the least that is asked for, and not a mean
