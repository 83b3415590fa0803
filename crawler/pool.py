"""Connections that are kept for a host's next request, and how many."""

from __future__ import annotations

import resource
from itertools import islice
from typing import TYPE_CHECKING, Any

from twisted.web.client import HTTPConnectionPool

if TYPE_CHECKING:
    from collections.abc import Hashable

    from twisted.internet.interfaces import IReactorTime

_MOST_IDLE = 512
"""Of one process, over HTTP and over TLS each: a host that is asked again only after so many others will have hung up
by then, as a rule."""
_PART_OF_FILES = 8
"""One in so many of the files that the process may open is an idle connection of either kind at most."""


class BoundedPool(HTTPConnectionPool):
    """Twisted's pool, which closes what has been idle longest when too many connections are.

    Twisted keeps the connections of each host for four minutes. A crawl asks most hosts once or twice and then never
    again: within four minutes it would pass the number of files that the system lets a process open.
    """

    def __init__(self, reactor: IReactorTime) -> None:
        super().__init__(reactor)
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._most_idle = _MOST_IDLE if files == resource.RLIM_INFINITY else min(_MOST_IDLE, files // _PART_OF_FILES)

    def _putConnection(self, key: Hashable, connection: Any) -> None:
        super()._putConnection(key, connection)
        # They stand there in the order in which they became idle.
        for timeout in islice(self._timeouts.values(), max(0, len(self._timeouts) - self._most_idle)):
            timeout.reset(0)
