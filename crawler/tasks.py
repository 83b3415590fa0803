"""Work that goes on beside what began it: nobody waits for it, and none of it may fail in silence."""

from __future__ import annotations

from asyncio import CancelledError
from typing import TYPE_CHECKING, Any

from scrapy.utils.defer import deferred_from_coro
from twisted.internet import defer

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from twisted.python.failure import Failure


class Tasks:
    """Coroutines under way; *on_bug* gets the failure of each that raised, and *then* is called behind each."""

    def __init__(self, on_bug: Callable[[Failure], None], then: Callable[[], None] = lambda: None) -> None:
        self._on_bug = on_bug
        self._then = then
        self._under_way: set[defer.Deferred[Any]] = set()

    def __len__(self) -> int:
        return len(self._under_way)

    def keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Run *work* until it is done or cancelled."""
        task = deferred_from_coro(work)
        self._under_way.add(task)
        # First of all, and with its result handed on: Twisted reports what is left of a failure, that of `on_bug` too.
        task.addBoth(self._over, task)
        task.addErrback(self._failed)
        task.addBoth(self._go_on)

    def cancel(self) -> None:
        """Cancel what is under way."""
        for task in list(self._under_way):
            task.cancel()

    def _over(self, result: object, task: defer.Deferred[Any]) -> object:
        self._under_way.discard(task)
        return result

    def _go_on(self, result: object) -> object:
        self._then()
        return result

    def _failed(self, failure: Failure) -> None:
        if not failure.check(defer.CancelledError, CancelledError):
            self._on_bug(failure)
