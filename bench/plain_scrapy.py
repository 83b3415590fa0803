"""Plain Scrapy as a contender: `python -m bench.plain_scrapy URLS [...]`, nothing recorded, nothing kept.

The same URLs with the same politeness as Sourcekeep's crawl, robots.txt obeyed and certificates checked, by Scrapy's
own components. Only where connections go is ours, for Scrapy can't be told where a host is. What a crawl switches off
to be fast is switched off here as well, and the crawl's one TLS context is used (Scrapy makes one for each connection,
at 6 ms each), unless Scrapy is to run as it comes.
It prints one line of JSON: how many pages came back with status 200, and how many bytes their bodies had.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
from scrapy import Request, Spider
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler, _ScrapyAgent
from scrapy.crawler import CrawlerProcess
from scrapy.utils._download_handlers import wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future

from crawler import settings as ours
from crawler.connect import ConnectPolicy, GuardedAgent, NameLookup
from crawler.guard import AddressGuard, parse_resolve
from crawler.trust import SharedTrust
from crawler.tuning import tune

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy.crawler import Crawler
    from scrapy.http import Response


class Elsewhere(HTTP11DownloadHandler):
    """Scrapy's handler, connecting where the rules say; with one TLS context for all hosts where that is wanted."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        if settings.getbool("BENCH_ONE_TLS_CONTEXT"):
            self._contextFactory = cast("Any", SharedTrust(settings["DOWNLOADER_CLIENT_TLS_CIPHERS"]))
        rules = (parse_resolve(rule) for rule in settings.getlist("BENCH_RESOLVE"))
        self._policy = ConnectPolicy(
            NameLookup(), AddressGuard(rules), self._contextFactory, settings.getfloat("DOWNLOAD_TIMEOUT")
        )

    async def download_request(self, request: Request) -> Response:
        """Fetch *request* as Scrapy's handler does."""
        agent = _Agent(
            contextFactory=self._contextFactory,
            pool=self._pool,
            maxsize=self._default_maxsize,
            warnsize=self._default_warnsize,
            fail_on_dataloss=self._fail_on_dataloss,
            crawler=self._crawler,
        )
        agent.policy = self._policy
        with wrap_twisted_exceptions():
            return await maybe_deferred_to_future(agent.download_request(request))


class _Agent(_ScrapyAgent):
    policy: ConnectPolicy

    def _get_agent(self, request: Request, timeout: float) -> GuardedAgent:  # noqa: ARG002  # Scrapy's signature
        from twisted.internet import reactor

        agent = GuardedAgent(cast("Any", reactor), self._contextFactory, timeout, None, self._pool)
        agent.policy = self.policy
        return agent


class Pages(Spider):
    """Fetches the URLs of a file, and counts."""

    name = "pages"

    def __init__(self, urls: str) -> None:
        super().__init__()
        self.urls = Path(urls).read_text(encoding="utf-8").split()
        self.pages = self.bytes = 0

    async def start(self) -> AsyncIterator[Any]:
        """Iterate over a request for each URL."""
        for url in self.urls:
            yield Request(url, dont_filter=True)

    def parse(self, response: Response) -> None:
        """Count a page."""
        self.pages += 1
        self.bytes += len(response.body)


@click.command(epilog="Example: python -m bench.plain_scrapy urls.txt --resolve *:80:127.0.0.1:8080")
@click.argument("urls", type=click.Path(exists=True))
@click.option("--resolve", multiple=True, metavar="HOST:PORT:ADDRESS:PORT")
@click.option("--concurrency", type=int, default=16)
@click.option("--robots/--no-robots", default=True)
@click.option(
    "--trimmed/--as-it-comes", default=True, help="With what makes a crawl fast and records nothing, or without."
)
def main(urls: str, *, resolve: tuple[str, ...], concurrency: int, robots: bool, trimmed: bool) -> None:
    """Fetch the URLs of a file with plain Scrapy."""
    process = CrawlerProcess(
        {
            **{name: getattr(ours, name) for name in (*_POLITE, *(_TRIMS if trimmed else ()))},
            **({"CONCURRENT_ITEMS": 1} if trimmed else {}),  # as many tasks for what each callback yields: nothing here
            "CONCURRENT_REQUESTS": concurrency,
            "DOWNLOAD_DELAY": 0,
            "DOWNLOAD_HANDLERS": {"http": Elsewhere, "https": Elsewhere},
            "ROBOTSTXT_OBEY": robots,
            "BENCH_RESOLVE": list(resolve),
            "BENCH_ONE_TLS_CONTEXT": trimmed,
        }
    )
    crawler = process.create_crawler(Pages)
    process.crawl(crawler, urls=urls)
    if trimmed:
        tune()
    process.start()
    spider = cast("Pages", crawler.spider)
    click.echo(json.dumps({"pages": spider.pages, "bytes": spider.bytes}))


_POLITE = ("CONCURRENT_REQUESTS_PER_DOMAIN", "DOWNLOAD_VERIFY_CERTIFICATES", "LOG_LEVEL")
_TRIMS = (
    "DOWNLOAD_WARNSIZE",
    "EXTENSIONS_BASE",
    "LOGSTATS_INTERVAL",
    "LOG_VERSIONS",
    "REACTOR_THREADPOOL_MAXSIZE",
    "STATS_CLASS",
    "STATS_DUMP",
    "TWISTED_REACTOR",
)

if __name__ == "__main__":
    main()
