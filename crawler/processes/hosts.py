"""What the fetching processes of one crawl tell each other about hosts.

A site belongs to one process, and yet a redirect leads anywhere: two processes may come to one host. A host is asked
one thing at a time all the same, with its delay in between, and left alone by all when it asks one of them for it.
The system's locks on ranges of a file keep the turns: a process that dies lets go of all that it holds.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from tempfile import TemporaryFile, gettempdir
from typing import IO

from archive.errors import ArchiveError

_FIRST_LOCK = 1 << 40
"""Locks begin far behind what is written to the file; nothing need be there for a range to be locked."""
_HOSTS = 1 << 60
_NEXT, _NOW = 0, 1
"""The two bytes of a host: who holds the second has the turn, who holds the first waits for it."""


def open_hosts() -> IO[bytes]:
    """Return the file that the processes share; it has no name, and is gone with the last of them."""
    file = TemporaryFile()  # noqa: SIM115  # the caller's
    fcntl.fcntl(file, fcntl.F_SETFL, fcntl.fcntl(file, fcntl.F_GETFL) | os.O_APPEND)
    return file


class SharedHosts:
    """One process's view of the hosts; *descriptor* is a file that all of them have open, for appending.

    Moments are of the monotonic clock, which is the same for all processes of a machine.
    """

    def __init__(self, descriptor: int) -> None:
        self._file = descriptor
        self._read = 0
        self._rest = b""
        self._pauses: dict[str, float] = {}
        self._next: set[str] = set()
        self._now: set[str] = set()

    def take(self, host: str) -> bool:
        """Take the turn of *host*; False when another process has it. Asked again, it is next in the line.

        Raises ArchiveError when the system gives no locks.
        """
        if host in self._now:
            return True
        if host not in self._next and not self._lock(host, _NEXT):
            return False
        self._next.add(host)
        if not self._lock(host, _NOW):
            return False
        self._now.add(host)
        self._next.discard(host)
        self._unlock(host, _NEXT)
        return True

    def let_go(self, host: str) -> None:
        """Give the turn of *host* back, or the place in the line for it."""
        for held, which in ((self._next, _NEXT), (self._now, _NOW)):
            if host in held:
                held.discard(host)
                self._unlock(host, which)

    def holds(self, host: str) -> bool:
        """Tell whether this process has the turn of *host*."""
        return host in self._now

    def pause(self, host: str, until: float) -> None:
        """Tell all processes, this one too, that *host* is to be left alone *until* then."""
        os.write(self._file, f"{until!r} {host}\n".encode())

    def paused_until(self, host: str) -> float:
        """Return until when *host* is to be left alone, 0 when it is not; it holds for whoever has its turn."""
        if os.fstat(self._file).st_size > self._read:
            self._read_news()
        return self._pauses.get(host, 0.0)

    def _read_news(self) -> None:
        while news := os.pread(self._file, 65536, self._read):
            self._read += len(news)
            *lines, self._rest = (self._rest + news).split(b"\n")
            for line in lines:
                until, _, host = line.decode().partition(" ")
                self._pauses[host] = max(self._pauses.get(host, 0.0), float(until))

    def _lock(self, host: str, which: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(host) + which)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN):
                return False
            raise ArchiveError(
                f"processes can't take turns with hosts: files in {gettempdir()} can't be locked ({error}); name "
                "another folder with TMPDIR, or crawl with --processes 1"
            ) from error
        return True

    def _unlock(self, host: str, which: int) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, _place(host) + which)


def _place(host: str) -> int:
    number = int.from_bytes(hashlib.blake2b(host.encode(), digest_size=8).digest())
    return _FIRST_LOCK + 2 * (number % _HOSTS)
