"""What can go wrong at the places where evidence is written: a kill, a power cut, an error of the disk.

A place is a step of writing and the function of ours that takes it, such as `archive.warc_files:finish_file before
rename` or `archive.recovery:take_file amid commit`. Places are where files below `warc/` are opened, written, cut,
synced, renamed and removed, and where the catalogue is changed, committed and exchanged. Whether something goes wrong
is drawn each time that one is passed.
"""

from __future__ import annotations

import errno
import io
import os
import random
import signal
import sqlite3
import stat
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from durability.powercut import UnsyncedChanges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_OURS = ("archive.", "crawler.", "sourcekeep.")
_HELPERS = ("archive.catalogue", "archive.folder:", "archive.warc_files:sync_directory")
"""What is called in many situations: the caller says more."""

_CHANGES = frozenset({"CREATE", "ALTER", "INSERT", "UPDATE", "DELETE", "REPLACE", "BEGIN"})
_COMMIT_SECONDS = 0.004
"""About what a commit takes; a kill amid one falls at a random instant within."""

_ERRORS = {
    "ENOSPC": frozenset({"open", "write", "sync"}),
    "EIO": frozenset({"sync", "sync of the folder"}),
    "EROFS": frozenset({"open", "rename", "removal"}),
}
"""By the error that a disk may give: the steps that may get it."""


class Faults:
    """The faults of one process, which `install` lets loose.

    *action* is what happens: `kill`, `cut` (a power cut), or an error's name, from which the disk then doesn't
    recover. *hazards* are its probabilities by place, *otherwise* that of all other places; or it happens the
    *nth* time that a place is passed where it can. *synced* is how much of a file that was there before, by its
    name, an earlier process has synced; files that are not named are on disk.
    """

    def __init__(
        self,
        archive: Path,
        report: Callable[..., None],
        *,
        action: str,
        seed: int = 0,
        otherwise: float = 0.0,
        hazards: Mapping[str, float] | None = None,
        nth: int | None = None,
        synced: Mapping[str, int] | None = None,
    ) -> None:
        self._evidence = (os.fspath(archive / "warc"), os.fspath(archive / "catalogue"))
        self._report = report
        self._random = random.Random(seed)
        self._action = action
        self._otherwise = otherwise
        self._hazards = hazards or {}
        self._nth = nth
        self._chances = 0
        self._failed = False
        self._lock = threading.RLock()
        self.unsynced = UnsyncedChanges(synced or {})
        self.passed: Counter[str] = Counter()

    def install(self) -> None:
        """Stand between the process and its files, from now on."""
        for name, step in (
            ("fsync", self._sync),
            ("fdatasync", self._sync),
            ("rename", self._rename),
            ("replace", self._rename),
            ("unlink", self._remove),
            ("remove", self._remove),
            ("link", self._link),
        ):
            setattr(os, name, partial(step, getattr(os, name)))
        io.open = partial(self._open, io.open)
        sqlite3.connect = partial(self._connect, sqlite3.connect)  # type: ignore[assignment]

    # The steps.

    def _open(self, real: Any, file: Any, mode: str = "r", buffering: int = -1, *rest: Any, **named: Any) -> Any:
        if not set(mode) & set("wax+") or not self._is_evidence(file):
            return real(file, mode, buffering, *rest, **named)
        path = os.fspath(file)
        with self.step("open"):
            raw = _File(self, path, "".join(letter for letter in mode if letter not in "bt"))
        if "b" in mode and buffering == 0:
            return raw
        binary: Any = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return binary if "b" in mode else io.TextIOWrapper(binary, *rest, **named)

    def _sync(self, real: Any, file: Any) -> None:
        number = file if isinstance(file, int) else file.fileno()
        path = os.fspath(Path(f"/proc/self/fd/{number}").readlink())
        if not self._is_evidence(path):
            real(file)
            return
        is_folder = stat.S_ISDIR(os.fstat(number).st_mode)
        with self.step("sync of the folder" if is_folder else "sync"):
            real(file)
            self.unsynced.synced(path)

    def _rename(self, real: Any, source: Any, target: Any, **named: Any) -> None:
        if not self._is_evidence(target):
            real(source, target, **named)
            return
        with self.step("rename"):
            self.unsynced.renames(os.fspath(source), os.fspath(target))
            real(source, target, **named)

    def _remove(self, real: Any, path: Any, **named: Any) -> None:
        if not self._is_evidence(path):
            real(path, **named)
            return
        with self.step("removal"):
            self.unsynced.removes(os.fspath(path))
            real(path, **named)

    def _link(self, real: Any, source: Any, target: Any, **named: Any) -> None:
        if not self._is_evidence(target):
            real(source, target, **named)
            return
        with self.step("second name"):
            self.unsynced.makes(os.fspath(target))
            real(source, target, **named)

    def _connect(self, real: Any, *arguments: Any, **named: Any) -> sqlite3.Connection:
        connection: _Connection = real(*arguments, factory=_Connection, **named)
        connection.faults = self
        return connection

    def _is_evidence(self, path: Any) -> bool:
        return isinstance(path, str | os.PathLike) and os.fspath(path).startswith(self._evidence)

    # What goes wrong at them.

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Take a step, if nothing goes wrong before it or after it."""
        self.passes("before", name)
        yield
        self.passes("after", name)

    def passes(self, when: str, name: str) -> None:
        """Pass a place; raises OSError, or doesn't come back, when something goes wrong there."""
        if self._failed and when == "before" and name in _ERRORS[self._action]:
            self._fail()
        if self._goes_wrong(when, name):
            self.happen(f"{_function()} {when} {name}")

    def amid_write(self) -> bool:
        """Tell whether something goes wrong in the middle of a write."""
        return self._goes_wrong("amid", "write")

    def amid_commit(self) -> None:
        """Let a kill fall while a commit is under way, if one is drawn; what a power cut takes is synced by then."""
        if self._goes_wrong("amid", "commit"):
            place = f"{_function()} amid commit"
            threading.Thread(target=self._kill_soon, args=(place,), daemon=True).start()

    def _kill_soon(self, place: str) -> None:
        time.sleep(self._random.random() * _COMMIT_SECONDS)
        self._report(struck=place, passed=dict(self.passed))
        os.kill(os.getpid(), signal.SIGKILL)

    def _goes_wrong(self, when: str, name: str) -> bool:
        place = f"{_function()} {when} {name}"
        with self._lock:
            self.passed[place] += 1
            if self._action in _ERRORS and (when == "after" or name not in _ERRORS[self._action]):
                return False
            self._chances += 1
            drawn = self._random.random() < self._hazards.get(place, self._otherwise)
            return drawn or self._chances == self._nth

    def happen(self, place: str) -> None:
        """Let it go wrong: raise OSError, or don't come back."""
        with self._lock:
            if self._action in _ERRORS:
                self._failed = True
                self._report(struck=place)
                self._fail()
            self._report(struck=place, passed=dict(self.passed))
            if self._action == "cut":
                self.unsynced.lose_some(self._random)
            os.kill(os.getpid(), signal.SIGKILL)

    def _fail(self) -> None:
        number = getattr(errno, self._action)
        raise OSError(number, os.strerror(number))


class _File(io.FileIO):
    """A file below `warc/` that is written."""

    def __init__(self, faults: Faults, path: str, mode: str) -> None:
        is_new = not Path(path).exists()
        super().__init__(path, mode)
        self._faults = faults
        faults.unsynced.opened(path, is_new=is_new)

    def write(self, data: Any) -> int:
        """Write *data*, or a part of it when something goes wrong amid."""
        self._faults.passes("before", "write")
        if len(data) > 1 and self._faults.amid_write():
            super().write(memoryview(data)[: len(data) // 2])
            self._faults.happen(f"{_function()} amid write")
        written = super().write(data)
        self._faults.passes("after", "write")
        return written or 0

    def truncate(self, size: int | None = None) -> int:
        """Cut the file."""
        with self._faults.step("cutting"):
            return super().truncate(size)


class _Connection(sqlite3.Connection):
    """A connection to the catalogue."""

    faults: Faults

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        word = sql.split(None, 1)[0].upper()
        if word in _CHANGES:
            self.faults.passes("before", word)
        return super().execute(sql, *parameters)

    def commit(self) -> None:
        with self.faults.step("commit"):
            self.faults.amid_commit()
            super().commit()


def _function() -> str:
    """Return the function of ours that is taking a step: the innermost that is no mere helper."""
    frame = sys._getframe(1)
    while frame := frame.f_back:  # type: ignore[assignment]
        module = frame.f_globals.get("__name__", "")
        place = f"{module}:{frame.f_code.co_name}"
        if module.startswith(_OURS) and not place.startswith(_HELPERS):
            return place
    return "elsewhere"
