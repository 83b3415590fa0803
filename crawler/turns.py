"""Whose turn it is: each host's errands come one after the other, and the hosts side by side.

A crawl can't end before the host with the most errands has been asked for all of them, a delay between each two. So the
hosts with the most left come first (longest processing time first: R. L. Graham, Bounds on Multiprocessing Timing
Anomalies, 1969); taken in the order of the list, they are what is left when all else is done.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.defer import DeferredSemaphore

from archive.words import Via
from crawler.capture import CaptureUnderWay

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from archive.records import Validators
    from crawler.errands import Errand

_MOST_UNDER_WAY = 2_000
"""Errands whose requests are in memory at once: enough hosts for all turns, whatever the archive's size."""


class Turns:
    """The errands of a crawl, by the host that they ask: those still to come, and those under way."""

    def __init__(self, errands: Iterable[Errand], validators: Mapping[int, Validators]) -> None:
        self._validators = validators
        self._room = DeferredSemaphore(_MOST_UNDER_WAY)
        self._to_come: dict[str | None, deque[Errand]] = {}
        self._under_way: dict[tuple[int, Via], CaptureUnderWay] = {}
        for errand in errands:
            self._to_come.setdefault(errand.host, deque()).append(errand)

    @property
    def hosts(self) -> Collection[str | None]:
        """All hosts, those with the most errands first; None stands for URLs that name none."""
        return sorted(self._to_come, key=self.left_for, reverse=True)

    def left_for(self, host: str | None) -> int:
        """Return how many errands of *host* have not been begun."""
        return len(self._to_come[host])

    @property
    def under_way(self) -> Collection[CaptureUnderWay]:
        """Captures that were begun, and are not over."""
        return self._under_way.values()

    @property
    def left(self) -> int:
        """How many errands have not been ended."""
        return len(self._under_way) + sum(map(len, self._to_come.values()))

    async def begin_next(self, host: str | None) -> CaptureUnderWay | None:
        """Begin the next errand of *host*, as soon as there is room; None when there is no more."""
        errands = self._to_come[host]
        if not errands:
            return None
        await maybe_deferred_to_future(self._room.acquire())  # Scrapy would take them all at once, however many
        errand = errands.popleft()
        # They are about the source's own URL, and no other.
        validators = self._validators.get(errand.source.id) if errand.via is Via.HTTP else None
        capture = self._under_way[errand.key] = CaptureUnderWay(errand, validators)
        return capture

    def end(self, capture: CaptureUnderWay) -> None:
        """Make room for another."""
        del self._under_way[capture.errand.key]
        self._room.release()
