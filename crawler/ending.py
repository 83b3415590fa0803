"""How a crawl ends: when nothing is left, when it is told to, or because it can't go on."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from scrapy.utils.defer import maybe_deferred_to_future
from scrapy.utils.log import failure_to_exc_info
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure

from archive.errors import ArchiveError
from archive.words import FAILED, FINISHED
from crawler.downloader import is_closing
from crawler.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy import Spider

    from crawler.share import Store

WRITE_FAILED = "write-failed"
"""Why a crawl was closed whose captures could no longer be written."""
_AT_THE_END = frozenset({FINISHED, "start_error"})
"""Scrapy's words for an end behind which nothing is left that it knows of."""


class Ending:
    """Why the crawl of a spider ended, and what made it fail, if it did."""

    reason: str = "interrupted"
    """Scrapy's word for it; `finished` when the crawl came to its end."""
    error: ArchiveError | None = None
    """Why the crawl failed, if it did: captures could not be written, or it came upon a bug."""
    _giving_up = False

    def __init__(self, spider: Spider) -> None:
        self._spider = spider
        self._closing = Tasks(self.came_upon_bug)

    @property
    def is_closing(self) -> bool:
        """Whether the crawl is being closed, or has been: nothing more is to begin."""
        return self._giving_up or is_closing(self._spider.crawler.engine)

    def give_up(self, reason: str, error: ArchiveError) -> None:
        """Close the crawl, which can't go on for *error*."""
        engine = self._spider.crawler.engine
        if not self._giving_up and engine:
            self._giving_up = True
            self.error = error
            self._spider.logger.critical("%s", error)
            # Not awaited: closing waits for the captures under way, and this is one of them.
            self._closing.keep(engine.close_spider_async(reason=reason))

    def came_upon_bug(self, failure: Failure) -> None:
        """End the crawl for a bug beside its captures: an errand and all behind it may be lost."""
        self._spider.logger.critical("a bug ends the crawl", exc_info=failure_to_exc_info(failure))
        self.give_up(FAILED, _bug(failure.value))

    @contextmanager
    def for_bugs(self) -> Iterator[None]:
        """End the crawl for a bug in what is done meanwhile, which is no fault of the capture that it is done for."""
        try:
            yield
        except Exception:  # noqa: BLE001  # whatever it is, it is a bug
            self.came_upon_bug(Failure())

    def note_bug(self, failure: Failure) -> None:
        """Note a bug in one capture: it costs one page, and the crawl can do the others."""
        self._spider.logger.error("a bug costs one page", exc_info=failure_to_exc_info(failure))
        self.error = self.error or _bug(failure.value)

    def note_reason(self, reason: str, left: int) -> None:
        """Note why the crawl ended; one that lost an errand on its way failed, whatever Scrapy says.

        *left* is how many errands have not been ended.
        """
        self.reason = reason
        # Scrapy shuts down by itself, too, where it has a bug as it starts.
        by_itself = reason in _AT_THE_END or (reason == "shutdown" and self._spider.crawler.crawling)
        if by_itself and (left or self.error):
            self.reason = FAILED
            self.error = self.error or ArchiveError(f"a bug has lost {left} fetches of the crawl; they stay due")
            self._spider.logger.critical("%s", self.error)

    async def close(self, store: Store) -> None:
        """Close *store*, in a thread of its own since it has captures to write, and note what goes wrong.

        Raises what is a bug.
        """
        try:
            await maybe_deferred_to_future(deferToThread(store.close, self.reason))
        except ArchiveError as error:
            if error is not self.error:
                self._spider.logger.critical("%s", error)
            self.error = error
        except Exception as error:
            self.error = _bug(error)
            raise  # Scrapy logs it


def _bug(error: BaseException | None) -> ArchiveError:
    return ArchiveError(
        f"the crawl came upon a bug ({error!r}), and its trace is in the log; what has no capture stays due"
    )
