"""A fork server that is forked itself, in place of one that starts anew and imports everything once more."""

from __future__ import annotations

import os
import random
import traceback
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from crawler.processes import fetching
from crawler.processes.fork_server import serve

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class Forked:
    """What `subprocess.Popen` is to `sourcekeep.fetcher.Fetchers`."""

    def __init__(self, command: Sequence[str], *, pass_fds: Collection[int], stdout: IO[bytes], **_: Any) -> None:
        self.returncode: int | None = None
        self.pid = os.fork()
        if not self.pid:
            line, hosts = map(int, command[-2:])
            _be(line, hosts, pass_fds, stdout)
        _lead_a_group(self.pid)

    def wait(self) -> int:
        """Wait for its end, and return its exit code, or the number of the signal below zero."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode


def _lead_a_group(pid: int) -> None:
    """Called at both ends of a fork: whichever goes on first, the group is there."""
    with suppress(OSError):
        os.setpgid(pid, pid)


def _be(line: int, hosts: int, kept: Collection[int], output: IO[bytes]) -> None:
    try:
        _lead_a_group(0)
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        # As in a process that starts anew: an end of a pipe that lives on here would hide the parent's death.
        for descriptor in [int(name) for name in os.listdir("/proc/self/fd")]:  # noqa: PTH208
            if descriptor > 2 and descriptor not in kept and Path(f"/proc/self/fd/{descriptor}").exists():
                os.close(descriptor)
        random.seed()
        serve(line, partial(fetching.main, hosts))
    except BaseException:  # noqa: BLE001  # it must not come back as a second crawl
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(70)
