"""What a fetching process hands its captures over to: the crawl's own process, which has the files and the rows."""

from __future__ import annotations

import itertools
from concurrent.futures import Future
from typing import TYPE_CHECKING

from crawler.processes.messages import Captured, Exchanged, Refused, Written

if TYPE_CHECKING:
    from archive.drafts import CaptureDraft, RecordedExchange
    from crawler.processes.channel import Channel


class RemoteStore:
    """Stands in for the `CrawlStore` at the other end of *channel*."""

    def __init__(self, channel: Channel, crawl_id: int) -> None:
        self.crawl_id = crawl_id
        self._channel = channel
        self._numbers = itertools.count()
        self._waiting: dict[int, Future[int | None]] = {}

    def submit(self, draft: CaptureDraft) -> Future[int | None]:
        """Hand a capture over; the future's result is its id, once record and row are on disk."""
        number, done = next(self._numbers), Future[int | None]()
        # Running from the start, as the writer's own: a caller that is cancelled must not take it away.
        done.set_running_or_notify_cancel()
        self._waiting[number] = done
        self._channel.post(Captured(number, draft))
        return done

    def submit_exchanges(self, exchanges: list[RecordedExchange]) -> None:
        """Hand over exchanges that belong to no one capture."""
        self._channel.post(Exchanged(exchanges))

    def heard(self, message: Written | Refused) -> None:
        """Take what became of a capture; called from any thread."""
        done = self._waiting.pop(message.number)
        if isinstance(message, Written):
            done.set_result(message.capture_id)
        else:
            done.set_exception(message.error)

    def close(self, ended: str) -> None:
        """Do nothing: the crawl ends when all of its processes have."""
