"""What a power cut takes: what was written and not synced.

The bytes of a file since its last fsync may be there in part or as zeros, or not at all; of what was changed in a
folder since its own fsync, the first so-many changes are there. SQLite's files are left as they are: it syncs them
itself, and the worst that it can do to us is to keep a row whose records are lost.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random


# As they are before `faults` stands in between.
_rename, _unlink = os.rename, os.unlink


class UnsyncedChanges:
    """The changes to files and folders that no fsync has made durable."""

    def __init__(self, synced: Mapping[str, int]) -> None:
        self._before = synced
        self._durable: dict[str, bytes] = {}
        """What the disk surely has of each file that was opened to be written."""
        self._entries: list[tuple[str, str, bytes | None]] = []
        """Changes of folders in order: path, the path that it had before (empty if it was made), what it held."""
        self._lock = threading.RLock()

    def opened(self, path: str, *, is_new: bool) -> None:
        """Note that a file was opened to be written."""
        with self._lock:
            if is_new:
                self.makes(path)
            self._durable.setdefault(path, b"" if is_new else _read(path)[: self._before.get(Path(path).name)])

    def makes(self, path: str) -> None:
        """Note that a file is about to be made."""
        with self._lock:
            self._entries.append((path, "", None))

    def synced(self, path: str) -> None:
        """Note an fsync of a file or a folder."""
        with self._lock:
            if Path(path).is_dir():
                self._entries.clear()
            else:
                self._durable[path] = _read(path)

    def renames(self, source: str, target: str) -> None:
        """Note that a file is about to be renamed."""
        with self._lock:
            self._entries.append((target, source, _read(target) if Path(target).exists() else None))
            self._durable[target] = self._durable.pop(source) if source in self._durable else _read(source)

    def removes(self, path: str) -> None:
        """Note that a file is about to be removed."""
        with self._lock:
            self._entries.append((path, path, _read(path)))
            self._durable.pop(path, None)

    def lose_some(self, random: Random) -> None:
        """Take away what a power cut might take now."""
        with self._lock:
            for path, durable in self._durable.items():
                if Path(path).exists() and durable != (written := _read(path)):
                    _write(path, _some_of(durable, written, random))
            kept = _some(len(self._entries), random)
            for path, before, content in reversed(self._entries[kept:]):
                _undo(path, before, content)


def _some_of(durable: bytes, written: bytes, random: Random) -> bytes:
    if not written.startswith(durable):
        return random.choice((durable, written))
    rest = written[len(durable) :]
    there = rest[: _some(len(rest), random)]
    if random.random() < 0.3:  # the length came to the disk, and the bytes did not
        there += bytes(random.randint(0, len(rest) - len(there)))
    return durable + there


def _some(count: int, random: Random) -> int:
    """Return how much of *count* is left: nothing half of the time."""
    return random.choice((0, random.randint(0, count)))


def _undo(path: str, before: str, content: bytes | None) -> None:
    if not before:
        _unlink(path)
        return
    if path != before:
        _rename(path, before)
    if content is not None:
        _write(path, content)


def _read(path: str) -> bytes:
    return Path(path).read_bytes()


def _write(path: str, data: bytes) -> None:
    """Put *data* in place of what the file holds."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.write(number, data)
    os.close(number)
