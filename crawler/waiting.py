"""Waiting in a coroutine for what another thread does, and for what others wait for as well.

Whichever reactor there is: Scrapy runs coroutines as tasks of asyncio, or by Twisted alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from scrapy.utils.defer import deferred_from_coro, maybe_deferred_to_future
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine
    from concurrent.futures import Future

    from twisted.python.failure import Failure

_Result = TypeVar("_Result")


def done(future: Future[_Result]) -> Awaitable[_Result]:
    """Wait for *future*, which any thread may finish; whoever stops waiting takes it from nobody."""
    from twisted.internet import reactor  # Scrapy installs it, so not before there is a crawl

    arrived: Deferred[_Result] = Deferred()

    def arrive() -> None:
        if error := future.exception():
            arrived.errback(error)
        else:
            arrived.callback(future.result())

    future.add_done_callback(lambda _: cast("Any", reactor).callFromThread(arrive))
    return maybe_deferred_to_future(arrived)


async def sleep(seconds: float) -> None:
    """Wait for so many *seconds*, and for one round of the reactor at least."""
    from twisted.internet import reactor  # Scrapy installs it, so not before there is a crawl

    await maybe_deferred_to_future(deferLater(cast("Any", reactor), seconds))


class Shared(Generic[_Result]):
    """What *work* comes to, for all who wait for it; one of them who stops waiting takes it from nobody."""

    def __init__(self, work: Coroutine[Any, Any, _Result]) -> None:
        self._over: list[_Result | Failure] = []
        """The result, once it is there."""
        self._waiting: list[Deferred[_Result]] = []
        deferred_from_coro(work).addBoth(self._end)

    def wait(self) -> Awaitable[_Result]:
        """Wait for the result; raises what the work raised."""
        arrived: Deferred[_Result] = Deferred()
        if self._over:
            arrived.callback(cast("_Result", self._over[0]))  # a failure is raised where it is waited for
        else:
            self._waiting.append(arrived)
        return maybe_deferred_to_future(arrived)

    def _end(self, result: _Result | Failure) -> None:
        self._over.append(result)
        waiting, self._waiting = self._waiting, []
        for arrived in waiting:
            arrived.callback(cast("_Result", result))
