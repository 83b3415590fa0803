"""The fetching processes, as the crawl sees them that has them forked."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from contextlib import contextmanager, suppress
from functools import partial
from typing import IO, TYPE_CHECKING

from archive.words import Via
from crawler.processes.fork_server import EXIT, ORDER
from crawler.processes.hosts import open_hosts
from crawler.tuning import open_many_files
from sourcekeep.invocation import own_process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from crawler.processes.channel import Channel
    from crawler.processes.messages import Ended, FromProcess, Plan, ToProcess

_GOING_SECONDS = 5.0
"""How long a process may take to go after its last word."""


@contextmanager
def started(log: Path) -> Iterator[Fetchers]:
    """Start what the processes are forked from, which write what goes wrong to *log*; none is left at the end.

    Nor is a *log* that nothing was written to: nothing was due, the selection was unknown, another crawl is under way.
    """
    open_many_files()
    with open_hosts() as hosts:
        fetchers = Fetchers(hosts, log)
        try:
            yield fetchers
        finally:
            fetchers.end()
            with suppress(OSError):  # what became of the crawl matters more
                if not log.stat().st_size:
                    log.unlink()


class Fetchers:
    """The processes of one crawl, and their fork server, which is on its way from the start."""

    def __init__(self, hosts: IO[bytes], log: Path) -> None:
        self.log = log
        self.all: list[Fetcher] = []
        """In the order of their numbers."""
        self._exits: dict[int, int] = {}
        self._line, theirs = socket.socketpair()
        self._alive, held = socket.socketpair()
        """Ends with the last of them: each holds the other end open."""
        with theirs, held, log.open("ab") as output:
            inherited = (theirs.fileno(), hosts.fileno())
            self._server = subprocess.Popen(
                own_process(*map(str, inherited), module="crawler.processes"),
                pass_fds=(*inherited, held.fileno()),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for the process that started it
            )

    def fork(self, count: int) -> None:
        """Have *count* processes forked; to be called once."""
        for number in range(count):
            ours, theirs = socket.socketpair()
            self.all.append(Fetcher(ours, partial(self._exit_of, number)))
            with theirs, suppress(OSError):  # a fork server that has died: then the connection has ended, too
                socket.send_fds(self._line, [ORDER.pack(number)], [theirs.fileno()])
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_WR)

    def kill(self) -> None:
        """End all of them at once; what they handed over before is not lost."""
        for fetcher in self.all:
            fetcher.hang_up()
        if self._server.returncode is None:  # else its number may be another's by now
            with suppress(ProcessLookupError, PermissionError):  # macOS: of those that nobody has waited for
                os.killpg(self._server.pid, signal.SIGKILL)

    def end(self) -> None:
        """End what is left of them, and return when all have gone."""
        self.kill()
        self._server.wait()
        self._alive.settimeout(_GOING_SECONDS)
        with suppress(OSError):
            self._alive.recv(1)
        self._alive.close()
        self._line.close()
        for fetcher in self.all:
            fetcher.close()

    def _exit_of(self, number: int) -> str:
        """Wait until the process of this *number* has gone, and return how: `signal SIGKILL`, say, or `exit code 1`."""
        server_lives = self._listen(number)
        if number in self._exits:
            return _in_words(self._exits[number])
        if server_lives:
            return "how is not known"
        return f"how is not known, for the fork server ended before: {_in_words(self._server.wait())}"

    def _listen(self, number: int) -> bool:
        """Hear how processes ended, until that of this *number* has; return whether the fork server still lives.

        Gives up when for five seconds none goes.
        """
        self._line.settimeout(_GOING_SECONDS)
        try:
            while number not in self._exits:
                if not (report := self._line.recv(EXIT.size)):
                    return False
                gone, code = EXIT.unpack(report)
                self._exits[gone] = code
        except TimeoutError:
            return True
        except ConnectionError:  # gone, with connections that it hadn't taken yet
            return False
        return True


def _in_words(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


class Fetcher:
    """One of a crawl's fetching processes, which waits for its plan."""

    planned = 0
    """How many sources it was given."""
    written = 0
    """How many of them have a capture."""
    ended: Ended | None = None
    """Its last word; a process that has gone without one died."""

    def __init__(self, connection: socket.socket, wait: Callable[[], str]) -> None:
        self._connection = connection
        self._channel: Channel | None = None
        self.wait = wait
        """Waits until it has gone, and returns how."""

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

    def hang_up(self) -> None:
        """Let it see that nothing more comes, upon which it goes at once; what it handed over before is not lost."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Let go of the connection, when it has gone."""
        self._connection.close()

    @property
    def trouble(self) -> OSError | None:
        """Why what it says can't be taken any more, where it has not just gone."""
        return self._channel.trouble if self._channel else None
