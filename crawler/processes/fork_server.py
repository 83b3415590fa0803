"""The process that a crawl's fetching processes are forked from: `python -m crawler.processes LINE HOSTS`.

Most of what they need is imported once for all of them, while the crawl finds out what there is to do, and lies in
memory once. LINE and HOSTS are descriptors that it inherits. A number with a connection that comes over the line is a
process to be forked; how that process ended goes back over it.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ORDER = struct.Struct("!I")
"""What goes with a connection: the process's number."""
EXIT = struct.Struct("!Ii")
"""What is said of an end: the process's number, and its exit code.

The number of a signal that ended it stands there below zero; EX_OSERR where there was no room for one more process.
"""
_CLOSE_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


def serve(line: int, fetch: Callable[[int], None]) -> None:
    """Fork a process for each connection, which it is to *fetch* over, wait for them all, and say how each ended.

    In the forked processes it returns when that does.
    """
    with socket.socket(fileno=line) as crawl:
        numbers: dict[int, int] = {}
        for number, connection in _orders(crawl):
            pid = _fork()
            if pid == 0:
                crawl.close()  # its end says that the fork server has gone
                fetch(connection)
                return
            os.close(connection)
            if pid is None:
                _report(crawl, number, os.EX_OSERR)
            else:
                numbers[pid] = number
        while numbers:
            pid, status = os.wait()
            _report(crawl, numbers.pop(pid), os.waitstatus_to_exitcode(status))


def _orders(crawl: socket.socket) -> Iterator[tuple[int, int]]:
    """Iterate over the numbers and connections that come."""
    while True:
        order, descriptors, _, _ = socket.recv_fds(crawl, ORDER.size, 1, _CLOSE_ON_EXEC)
        if not order:
            return
        (number,) = ORDER.unpack(order)
        if descriptors:
            yield number, descriptors[0]
        else:
            sys.stderr.write(f"no room for the connection of process {number}: too many open files\n")
            _report(crawl, number, os.EX_OSERR)


def _fork() -> int | None:
    """Fork a process; None, with the reason in the log, when the system has no room for it."""
    try:
        return os.fork()
    except OSError:
        traceback.print_exc()
        return None


def _report(crawl: socket.socket, number: int, code: int) -> None:
    with suppress(BrokenPipeError):  # the crawl has gone, and nobody asks
        crawl.sendall(EXIT.pack(number, code))
