"""A fetching process, as `fork_server` forks it.

It fetches its share of a crawl and hands what it recorded over to the process that writes. It ends with its share,
when it is told to, and at once when that process has gone: then nothing that it fetches can be kept.
"""

from __future__ import annotations

import logging
import os
import socket
from typing import TYPE_CHECKING, Any, cast

from scrapy import signals
from scrapy.crawler import CrawlerProcess
from scrapy.settings import Settings
from scrapy.utils.log import failure_to_exc_info

from archive.errors import ArchiveError
from archive.words import FAILED
from crawler.downloader import hurry
from crawler.processes.channel import Channel
from crawler.processes.hosts import SharedHosts
from crawler.processes.messages import Ended, Plan, Postponed, Stop
from crawler.processes.remote_store import RemoteStore
from crawler.share import Share
from crawler.signal_manager import HeardSignals
from crawler.signals import fetch_postponed
from crawler.spiders.citations import CitationsSpider
from crawler.tuning import open_many_files, tune

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from crawler.processes.messages import Refused, Written

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 0.02
"""How often it is looked whether there is something to stop, while the engine starts."""


class _Fetching:
    """One process's part of a crawl."""

    def __init__(self, channel: Channel, plan: Plan, hosts: SharedHosts | None) -> None:
        settings = Settings()
        settings.setmodule("crawler.settings", priority="project")
        settings.setdict(dict(plan.settings), priority="cmdline")
        self._channel = channel
        self._store = RemoteStore(channel, plan.crawl_id)
        self._share = Share(self._store, plan.errands, plan.validators, hosts)
        self._process = CrawlerProcess(settings)
        self._crawler = self._process.create_crawler(CitationsSpider)
        self._crawler.signals = HeardSignals(self._crawler)
        self._error: BaseException | None = None

    def run(self) -> None:
        """Fetch to the end, and say what it was; does not return when it came to run at all."""
        self._process.crawl(self._crawler, share=self._share).addErrback(self._failed)
        self._crawler.signals.connect(self._postponed, signal=fetch_postponed)
        self._crawler.signals.connect(self._stopped, signal=signals.engine_stopped)
        self._channel.listen(self._heard, on_end=lambda: os._exit(1))
        self._process.start(install_signal_handlers=False)
        self._end(Ended(FAILED, _as_archive_error(self._error)))

    def _heard(self, message: Written | Refused | Stop) -> None:
        from twisted.internet import reactor

        if isinstance(message, Stop):
            cast("Any", reactor).callFromThread(self._stop)
        else:
            self._store.heard(message)

    def _stop(self) -> None:
        """Stop, as soon as the engine runs: told before, Scrapy fetches all the same, and then never ends."""
        from twisted.internet import reactor

        loop = cast("Any", reactor)
        if self._crawler.engine.running:
            self._process.stop()
            loop.callLater(0.1, hurry, self._crawler)
        elif self._crawler.crawling:
            loop.callLater(_LOOK_SECONDS, self._stop)

    def _postponed(self, host: str | None, seconds: float, reason: str) -> None:
        self._channel.post(Postponed(host, seconds, reason))

    def _failed(self, failure: Failure) -> None:
        self._error = failure.value
        if not failure.check(ArchiveError):  # else its message says all
            logger.critical("the crawl could not be run", exc_info=failure_to_exc_info(failure))

    def _stopped(self) -> None:
        spider = self._crawler.spider
        if self._error is None and isinstance(spider, CitationsSpider):
            error = spider.error
            self._end(Ended(spider.ended, error and _as_archive_error(error)))

    def _end(self, ended: Ended) -> None:
        """Say the last word and go: with hundreds of connections, closing each in order takes a tenth of a second."""
        self._channel.post(ended)
        self._channel.close()
        os._exit(0)


def _as_archive_error(error: BaseException | None) -> ArchiveError:
    """Return *error* as one that any process can read."""
    return ArchiveError(str(error) if isinstance(error, ArchiveError) else f"the crawl could not be run: {error}")


def main(hosts: int, connection: int) -> None:
    """Fetch what the plan says that comes first over *connection*; both are descriptors."""
    channel = Channel(socket.socket(fileno=connection))
    plan = channel.receive()
    if isinstance(plan, Plan):
        tune()
        open_many_files()
        _Fetching(channel, plan, SharedHosts(hosts) if plan.shared else None).run()
