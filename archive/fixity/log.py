"""The faults of one run, on disk: a catalogue that was lost makes as many as there are records."""

from __future__ import annotations

import json
import tempfile
import weakref
from collections import Counter
from typing import TYPE_CHECKING

from archive.fixity.findings import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEPT = 5


class FaultLog:
    """Takes faults as they are found; gives back all of them, or the first few of each kind and file.

    Its temporary file goes with it.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  # closed below
        weakref.finalize(self, self._file.close)
        self._counts: Counter[tuple[str, FaultKind]] = Counter()
        self._first: dict[tuple[str, FaultKind], list[Fault]] = {}

    def add(self, fault: Fault) -> None:
        """Take *fault*."""
        group = (fault.file or "", fault.kind)
        self._counts[group] += 1
        if self._counts[group] <= _KEPT:
            self._first.setdefault(group, []).append(fault)
        self._file.write(json.dumps(fault.as_dict()) + "\n")

    def __len__(self) -> int:
        return self._counts.total()

    def __iter__(self) -> Iterator[Fault]:
        """Iterate over all of them, in the order of their coming."""
        self._file.seek(0)
        for line in self._file:
            values = json.loads(line)
            yield Fault(**{**values, "kind": FaultKind(values["kind"])})
        self._file.seek(0, 2)

    def groups(self) -> Iterator[tuple[list[Fault], int]]:
        """Iterate over (the first few, how many more there are) of each kind of each file, in the order of files."""
        for group in sorted(self._first, key=lambda group: (group[0], self._first[group][0].offset or 0)):
            yield self._first[group], self._counts[group] - len(self._first[group])
