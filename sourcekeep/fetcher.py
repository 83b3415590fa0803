"""The fetching processes, as the process sees them that starts them."""

from __future__ import annotations

import signal
import socket
import subprocess
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from archive.records import Via
from crawler.processes.hosts import open_hosts
from sourcekeep.invocation import own_process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from crawler.processes.channel import Channel
    from crawler.processes.messages import Ended, FromProcess, Plan, ToProcess

_GOING_SECONDS = 5.0
"""How long a process may take to go after its last word."""


@contextmanager
def started(count: int, log: Path) -> Iterator[Fetchers]:
    """Start *count* processes, which write what goes wrong to *log*; none is left when the context ends.

    Nor is a *log* that nothing was written to: nothing was due, the selection was unknown, another crawl is under way.
    """
    with open_hosts() as hosts:
        fetchers = Fetchers(hosts, log)
        try:
            fetchers.keep(count)
            yield fetchers
        finally:
            fetchers.keep(0)
            with suppress(OSError):  # what became of the crawl matters more
                if not log.stat().st_size:
                    log.unlink()


class Fetchers:
    """The processes of one crawl, in the order of their starts."""

    def __init__(self, hosts: IO[bytes], log: Path) -> None:
        self._hosts = hosts
        self.log = log
        self.all: list[Fetcher] = []

    def keep(self, count: int) -> None:
        """See to it that there are *count*: start what is missing, end what is too many."""
        while len(self.all) < count:
            self.all.append(Fetcher(self._hosts, self.log))
        surplus, self.all = self.all[count:], self.all[:count]
        for fetcher in surplus:
            fetcher.kill()
        for fetcher in surplus:
            fetcher.wait()
            fetcher.hang_up()


class Fetcher:
    """One of a crawl's fetching processes; it is on its way from the start, and waits for its plan."""

    planned = 0
    """How many sources it was given."""
    written = 0
    """How many of them have a capture."""
    ended: Ended | None = None
    """Its last word; a process that has gone without one died."""

    def __init__(self, hosts: IO[bytes], log: Path) -> None:
        self._connection, theirs = socket.socketpair()
        self._channel: Channel | None = None
        with theirs, log.open("ab") as output:
            inherited = (theirs.fileno(), hosts.fileno())
            self._process = subprocess.Popen(
                own_process(*map(str, inherited), module="crawler.processes"),
                pass_fds=inherited,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for the process that started it
            )

    def begin(self, plan: Plan, on_message: Callable[[Fetcher, FromProcess | None], None]) -> None:
        """Give it its *plan*; *on_message* gets what it says, in a thread of its own, and None when it has gone."""
        from crawler.errands import count
        from crawler.processes.channel import Channel  # what that imports, the process can be busy importing meanwhile

        self.planned = count(plan.errands, Via.HTTP)
        self._channel = Channel(self._connection)
        self.say(plan)
        self._channel.listen(lambda message: on_message(self, message), lambda: on_message(self, None))

    def say(self, message: ToProcess) -> None:
        """Send it *message*; one that has gone hears nothing."""
        if self._channel:
            self._channel.post(message)

    def kill(self) -> None:
        """End it at once; what it handed over before is not lost."""
        with suppress(ProcessLookupError):
            self._process.kill()

    def hang_up(self) -> None:
        """Let go of the connection of a process that was given nothing to do; else it is closed by who listens."""
        if not self._channel:
            self._connection.close()

    def wait(self) -> str:
        """Wait until it has gone, and return how: `signal SIGKILL`, say, or `exit code 1`."""
        try:
            code = self._process.wait(_GOING_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._process.wait()
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    @property
    def trouble(self) -> OSError | None:
        """Why what it says can't be taken any more, where it has not just gone."""
        return self._channel.trouble if self._channel else None

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid
