"""Whose turn it is: each host's errands come one after the other, and the hosts side by side.

A crawl can't end before the host with the most errands has been asked for all of them, a delay between each two. So the
hosts with the most left come first (longest processing time first: R. L. Graham, Bounds on Multiprocessing Timing
Anomalies, 1969); taken in the order of the list, they are what is left when all else is done.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from typing import TYPE_CHECKING

from archive.words import Via
from crawler.capture import CaptureUnderWay

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from archive.records import Validators
    from crawler.errands import Errand


_MOST_UNDER_WAY = 2_000
"""Captures that are not over, those that wait for another try among them: each holds what came of its exchanges."""


class Turns:
    """The errands of a crawl, by the host that they ask: those still to come, and those under way."""

    def __init__(self, errands: Iterable[Errand], validators: Mapping[int, Validators]) -> None:
        self._validators = validators
        self._to_come: dict[str | None, list[Errand]] = {}
        """By host, the next one last; None stands for URLs that name none."""
        self._under_way: dict[tuple[int, Via], CaptureUnderWay] = {}
        self._again: deque[CaptureUnderWay] = deque()
        """What is to be tried again now."""
        self._ready: list[tuple[int, int, str | None]] = []
        """A heap of the hosts that may be asked."""
        self._order = itertools.count()
        for errand in errands:
            self._to_come.setdefault(errand.host, []).append(errand)
        for host, of_host in self._to_come.items():
            of_host.reverse()
            self.host_is_ready(host)

    def host_is_ready(self, host: str | None) -> None:
        """Let the next errand of *host* begin, if there is one."""
        if left := self.left_for(host):
            heapq.heappush(self._ready, (-left, next(self._order), host))

    def is_ready(self, capture: CaptureUnderWay) -> None:
        """Let *capture*, which was begun before, be tried again."""
        self._again.append(capture)

    def next(self) -> CaptureUnderWay | None:
        """Return what is to be fetched next; None when nothing is ready, or no more may be under way.

        First what is tried again: it has waited for that, and holds what came of its first try. Then the hosts, sooner
        where there is more to come.
        """
        if self._again:
            return self._again.popleft()
        if not self._ready or len(self._under_way) >= _MOST_UNDER_WAY:
            return None
        _, _, host = heapq.heappop(self._ready)
        return self._begin(self._to_come[host].pop())

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

    def end(self, capture: CaptureUnderWay) -> None:
        """Note that *capture* is over."""
        del self._under_way[capture.errand.key]

    def _begin(self, errand: Errand) -> CaptureUnderWay:
        # They are about the source's own URL, and no other.
        validators = self._validators.get(errand.source.id) if errand.via is Via.HTTP else None
        capture = self._under_way[errand.key] = CaptureUnderWay(errand, validators)
        return capture
