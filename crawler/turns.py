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


class Turns:
    """The errands of a crawl, by the host that they ask: those still to come, and those under way."""

    def __init__(self, errands: Iterable[Errand], validators: Mapping[int, Validators]) -> None:
        self._validators = validators
        self._to_come: dict[str | None, deque[Errand]] = {}
        """By host; None stands for URLs that name none."""
        self._under_way: dict[tuple[int, Via], CaptureUnderWay] = {}
        self._ready: list[tuple[int, int, str | CaptureUnderWay | None]] = []
        """A heap of what may begin: hosts, and captures that are to be tried again."""
        self._order = itertools.count()
        for errand in errands:
            self._to_come.setdefault(errand.host, deque()).append(errand)
        for host in self._to_come:
            self.host_is_ready(host)

    def host_is_ready(self, host: str | None) -> None:
        """Let the next errand of *host* begin, if there is one."""
        if self.left_for(host):
            self._push(host, host)

    def is_ready(self, capture: CaptureUnderWay) -> None:
        """Let *capture*, which was begun before, be tried again."""
        self._push(capture.errand.host, capture)

    def next(self) -> CaptureUnderWay | None:
        """Return what is to be fetched next, sooner where a host has more behind it; None when nothing is ready."""
        if not self._ready:
            return None
        _, _, ready = heapq.heappop(self._ready)
        return ready if isinstance(ready, CaptureUnderWay) else self._begin(self._to_come[ready].popleft())

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

    def _push(self, host: str | None, ready: str | CaptureUnderWay | None) -> None:
        heapq.heappush(self._ready, (-self.left_for(host), next(self._order), ready))
