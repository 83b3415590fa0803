"""Scrapy's settings for every crawl; beside each that is not Scrapy's default, why.

What an archive's `sourcekeep.toml` says comes on top: see `from_archive`.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Any

from crawler.versions import version_of

if TYPE_CHECKING:
    from archive.settings import Settings

BOT_NAME = "sourcekeep"
SPIDER_MODULES = ["crawler.spiders"]
COMMANDS_MODULE = "crawler.commands"  # Scrapy's exit code is 0 for a crawl that failed on its way

# The wire is recorded where it is still the wire.
DOWNLOAD_HANDLERS = {
    "http": "crawler.recorder.Recorder",
    "https": "crawler.recorder.Recorder",
    # Only the web is archived: a redirect to file: or ftp: must not be followed.
    "file": None,
    "ftp": None,
    "s3": None,
    "data": None,
}

# These lists are whole: what a later Scrapy adds would change requests, or drop some, without anyone's decision. And
# Scrapy imports each of its own even where it is switched off, a twentieth of a second for all of them.
DOWNLOADER_MIDDLEWARES_BASE: dict[str, int] = {}
DOWNLOADER_MIDDLEWARES = {
    "crawler.pauses.PausesMiddleware": 90,
    "crawler.robots.RobotsMiddleware": 100,  # Scrapy's takes a 5xx for leave, and archives nothing
    "crawler.conditional.ConditionalRequests": 110,
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
    "crawler.redirects.MetaRedirects": 580,
    "crawler.redirects.ContentCodings": 590,
    "crawler.redirects.StatusRedirects": 600,
    "crawler.mementos.MementoRedirects": 610,
    "crawler.cookies.CaptureCookies": 700,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": 750,
    # Left out for a reason: Offsite (citations go anywhere), HttpAuth (no passwords are sent anywhere), Retry (no
    # back-off, no Retry-After: crawler.taker retries), HttpCache, and DownloaderStats (the catalogue counts).
}
# None: each drops or changes something in silence, and every cited URL must have its outcome; or marks and watches what
# nobody looks at here.
SPIDER_MIDDLEWARES_BASE: dict[str, int] = {}
# None either: two of Scrapy's open a port; the others count, or look after items and feeds, and there are none here.
EXTENSIONS_BASE: dict[str, int] = {}
DOWNLOADER = "crawler.downloader.StoppableDownloader"  # Ctrl-C means now, not when every host's queue is empty

# Certificates are checked (crawler.trust): a page that anyone on the way may have written is no evidence.
DOWNLOAD_VERIFY_CERTIFICATES = True
# A body that ends early is kept and marked, not thrown away.
DOWNLOAD_FAIL_ON_DATALOSS = False
DOWNLOAD_WARNSIZE = 0  # sizes are limited, and counted in the report

# One slow queue for each host.
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY_JITTER = 0.5

# A page may send a browser on at once; one that reloads itself every minute is a page.
METAREFRESH_MAXDELAY = 5
REDIRECT_MAX_TIMES = 20  # as browsers

# Look-ups block a thread each.
REACTOR_THREADPOOL_MAXSIZE = 20

DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,application/pdf;q=0.9,*/*;q=0.8",
    # No language is asked for: the source is to be seen as the site serves it to anyone.
}

# Under asyncio each step of a request is a task of its own, more than a tenth of what fetching takes. Where there is no
# epoll, what else Twisted has may be select, which can't wait for more than 1,024 connections.
TWISTED_REACTOR = (
    "twisted.internet.epollreactor.EPollReactor"
    if hasattr(select, "epoll")
    else "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
)
LOG_LEVEL = "INFO"
LOG_VERSIONS: list[str] = []
LOGSTATS_INTERVAL = 0
STATS_DUMP = False
STATS_CLASS = "scrapy.statscollectors.DummyStatsCollector"  # the catalogue counts

# Ours.
SOURCEKEEP_ARCHIVE = "archive-data"  # the archive's folder
SOURCEKEEP_RESOLVE: list[str] = []  # HOST:PORT:ADDRESS[:PORT], see crawler.guard


def from_archive(settings: Settings) -> dict[str, Any]:
    """Return Scrapy's names for what `sourcekeep.toml` says."""
    return {
        "USER_AGENT": settings.user_agent(version_of("sourcekeep")),
        "DOWNLOAD_DELAY": settings.delay,
        "CONCURRENT_REQUESTS": settings.concurrency,
        "DOWNLOAD_TIMEOUT": settings.timeout,
        "DNS_TIMEOUT": settings.timeout,
        "DOWNLOAD_MAXSIZE": settings.max_bytes,
        "SOURCEKEEP_OBEY_ROBOTS": settings.obey_robots,
        "SOURCEKEEP_RETRIES": settings.retries,
        "SOURCEKEEP_RETRY_WAIT": settings.retry_wait,
        "SOURCEKEEP_RETRY_AFTER_LIMIT": settings.retry_after_limit,
        "SOURCEKEEP_CONDITIONAL_FOR": settings.conditional_for,
    }
