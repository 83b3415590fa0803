"""The process that a crawl's fetching processes are forked from: `python -m crawler.processes LINE HOSTS`.

What they need is imported once for all of them, while the crawl finds out what there is to do, and lies in memory once.
LINE and HOSTS are descriptors that it inherits. A connection that comes over the line is a process to be forked; the
end of each process goes back over it.
"""

from __future__ import annotations

import os
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

EXIT = struct.Struct("!Ii")
"""What is said of an end: the process's number, in the order of the connections, and its exit code.

The number of a signal that ended it stands there below zero.
"""
_CLOSE_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


def serve(line: int, fetch: Callable[[int], None]) -> None:
    """Fork a process for each connection, which it is to *fetch* over, wait for them all, and say how each ended.

    In the forked processes it returns when that does.
    """
    with socket.socket(fileno=line) as crawl:
        numbers: dict[int, int] = {}
        while (connection := _next_connection(crawl)) is not None:
            pid = os.fork()
            if not pid:
                crawl.detach()  # it stays open: to the crawl, its end says that all of them have gone
                fetch(connection)
                return
            os.close(connection)
            numbers[pid] = len(numbers)
        while numbers:
            pid, status = os.wait()
            with suppress(BrokenPipeError):  # the crawl has gone, and nobody asks
                crawl.sendall(EXIT.pack(numbers.pop(pid), os.waitstatus_to_exitcode(status)))


def _next_connection(crawl: socket.socket) -> int | None:
    """Return the descriptor that comes next; None when no more do, or the crawl has gone."""
    _, descriptors, _, _ = socket.recv_fds(crawl, 1, 1, _CLOSE_ON_EXEC)
    return descriptors[0] if descriptors else None
