"""A fetching process that is forked, in place of one that starts anew and imports everything once more."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
import traceback
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from crawler.processes import fetching

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_LOOK_SECONDS = 0.005


class Forked:
    """What `subprocess.Popen` is to a `sourcekeep.fetcher.Fetcher`."""

    def __init__(self, command: Sequence[str], *, pass_fds: Collection[int], stdout: IO[bytes], **_: Any) -> None:
        self._code: int | None = None
        self.pid = os.fork()
        if not self.pid:
            _be(command[-2:], pass_fds, stdout)

    def kill(self) -> None:
        """Kill it, if it is still there."""
        if self._code is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and return its exit code, or the number of the signal below zero."""
        until = None if timeout is None else time.monotonic() + timeout
        while self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
            elif until and time.monotonic() > until:
                raise subprocess.TimeoutExpired("a forked process", timeout or 0.0)
            else:
                time.sleep(_LOOK_SECONDS)
        return self._code


def _be(arguments: Sequence[str], kept: Collection[int], output: IO[bytes]) -> None:
    try:
        os.setsid()
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        # As in a process that starts anew: an end of a pipe that lives on here would hide the parent's death.
        for descriptor in [int(name) for name in os.listdir("/proc/self/fd")]:  # noqa: PTH208
            if descriptor > 2 and descriptor not in kept and Path(f"/proc/self/fd/{descriptor}").exists():
                os.close(descriptor)
        random.seed()
        fetching.main(*arguments)
    except BaseException:  # noqa: BLE001  # it must not come back as a second crawl
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(70)
