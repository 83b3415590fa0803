"""Begins the captures of a crawl as places come free, and knows when all are over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.defer import Deferred

from crawler.tasks import Tasks
from crawler.waiting import sleep

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from crawler.capture import CaptureUnderWay
    from crawler.ending import Ending
    from crawler.turns import Turns

_MOST_UNWRITTEN = 250
"""Captures that wait for the disk, each with up to 256 KiB of the wire in memory, before no more is fetched."""


class Dispatcher:
    """Has captures taken, in the order of *turns*, as many at once as there are *places*."""

    _take: Callable[[CaptureUnderWay], Coroutine[Any, Any, None]]

    def __init__(self, turns: Turns, places: int, ending: Ending) -> None:
        self._turns = turns
        self._places = places
        self._ending = ending
        self._captures = Tasks(ending.note_bug, self.go_on)
        self._waiting = Tasks(ending.came_upon_bug, self.go_on)
        self._asking = 0
        """How many places are taken."""
        self._is_beginning = False
        self._over: Deferred[None] = Deferred(lambda over: over.callback(None))

    async def run(self, take: Callable[[CaptureUnderWay], Coroutine[Any, Any, None]]) -> None:
        """Have all captures taken; returns when none is under way, or when the crawl is stopped.

        *take* fetches one and waits until it is written, or puts it off; it says when its place is free.
        """
        self._take = take
        self.later(0, lambda: None)  # when Scrapy has come so far that it hears Ctrl-C
        await maybe_deferred_to_future(self._over)

    def free_place(self) -> None:
        """Note that a capture needs its place no longer."""
        self._asking -= 1

    def later(self, seconds: float, begin: Callable[[], None]) -> None:
        """Call *begin* after *seconds*, unless the crawl ends before."""
        self._waiting.keep(self._after(seconds, begin))

    def stop_waiting(self) -> None:
        """Drop what was to begin later."""
        self._waiting.cancel()

    def go_on(self) -> None:
        """Begin what may begin; a bug in that ends the crawl."""
        if self._is_beginning:  # what began in there is over already, and it will see that by itself
            return
        self._is_beginning = True
        try:
            with self._ending.for_bugs():
                self._begin()
        finally:
            self._is_beginning = False
        if not (self._captures or self._waiting or self._over.called):
            self._over.callback(None)

    def _begin(self) -> None:
        while self._has_room() and (capture := self._turns.next()):
            self._asking += 1
            self._captures.keep(self._take(capture))

    def _has_room(self) -> bool:
        unwritten = len(self._captures) - self._asking
        return self._asking < self._places and unwritten < _MOST_UNWRITTEN and not self._ending.is_closing

    @staticmethod
    async def _after(seconds: float, begin: Callable[[], None]) -> None:
        await sleep(seconds)
        begin()
