"""Runs a program and says what it took: wall clock, processor time, peak memory."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PROC = Path("/proc")
SAMPLE_SECONDS = 0.2
"""Looking through all processes of the machine takes 5 ms here, which whoever is measured has to do without."""


@dataclass(frozen=True, slots=True)
class Run:
    """A program that has ended."""

    exit_code: int
    seconds: float
    cpu_seconds: float
    """Of the process and of all that it waited for."""
    peak_mib: float
    """Of the largest process; 0 where the system has no /proc."""
    peak_sum_mib: float
    """Of all its processes at one moment; memory that they share counts in each."""
    output: str
    errors: Path
    """The file with its standard error."""


def run(command: Sequence[str], *, env: Mapping[str, str], logs: Path) -> Run:
    """Run *command* to its end; *logs* is where its output goes, with `.out` and `.err` added.

    Memory is sampled from /proc, and not taken from `getrusage`: there a process that was started by a larger one
    inherits the peak of its parent.
    """
    out, err = logs.with_suffix(".out"), logs.with_suffix(".err")
    started = time.monotonic()
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, env=dict(env))
    peaks = _Peaks(process.pid)
    try:
        with peaks.sampled():
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.monotonic() - started
    except BaseException:
        process.kill()
        raise
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(
        process.returncode,
        seconds,
        usage.ru_utime + usage.ru_stime,
        max(peaks.of_each.values(), default=0) / 1024,
        peaks.of_all / 1024,
        out.read_text(encoding="utf-8", errors="replace"),
        err,
    )


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a running process has used; 0 where the system has no /proc."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # proc_pid_stat(5): utime, stime


class _Peaks:
    """The peaks of a process and its descendants, in KiB."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.of_each: dict[int, int] = {}
        self.of_all = 0

    @contextmanager
    def sampled(self) -> Iterator[None]:
        """Sample, from a thread of its own, for as long as the context lasts."""
        over = threading.Event()

        def sample_all() -> None:
            while not over.wait(SAMPLE_SECONDS):
                self.sample()

        thread = threading.Thread(target=sample_all, name="memory-sampler")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def sample(self) -> None:
        total = 0
        for pid in _descendants(self._pid):
            peak, now = _memory(pid)
            self.of_each[pid] = max(peak, self.of_each.get(pid, 0))
            total += now
        self.of_all = max(self.of_all, total)


def _descendants(root: int) -> set[int]:
    """Return *root* and every process under it."""
    parents = dict(_parents())
    family = {root}
    while grown := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= grown
    return family


def _parents() -> Iterator[tuple[int, int]]:
    for entry in PROC.glob("[0-9]*/stat"):
        try:
            yield int(entry.parent.name), int(entry.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended meanwhile
            continue


def _memory(pid: int) -> tuple[int, int]:
    """Return the peak and the present resident memory in KiB (proc_pid_status(5)); zeros when it has ended."""
    try:
        lines = (PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return 0, 0
    values = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    return int(values.get("VmHWM", ["0"])[0]), int(values.get("VmRSS", ["0"])[0])
