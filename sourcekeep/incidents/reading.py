"""What every importer takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from archive.errors import ArchiveError
from archive.records import Incident, Quarantined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Record: TypeAlias = Incident | Quarantined

LONGEST_RAW = 4000
"""How many characters of a line that could not be read are kept; the file itself stays with its owner."""


class ImportFormatError(ArchiveError):
    """The file is not of the format, is empty, or is no text; nothing of it was taken."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user may say about a file; columns matter only where the format leaves them open."""

    id_column: str | None = None
    url_columns: tuple[str, ...] = ()
    id_prefix: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One input, found to be of one format. Each iteration reads it anew, and may raise ImportFormatError."""

    name: str
    format: str
    read: Callable[[], Iterator[Record]]
    guess: str | None = None
    """Which columns were taken for what, and how to choose others; None where nothing was guessed."""

    def __iter__(self) -> Iterator[Record]:
        return self.read()


def quarantined(file: str, line: int, reason: str, raw: str) -> Quarantined:
    """Return the record of a piece that could not be read, with as much of it as is worth keeping."""
    raw = raw.rstrip("\r\n")
    if len(raw) > LONGEST_RAW:
        raw = f"{raw[:LONGEST_RAW]}… ({len(raw) - LONGEST_RAW} more characters)"
    return Quarantined(file, line, reason, raw)


class SeenIds:
    """The ids of a format in which each record has one of its own."""

    def __init__(self) -> None:
        self._lines: dict[str, int] = {}

    def clash(self, incident_id: str, line: int) -> str | None:
        """Return why a record in *line* cannot have *incident_id*; None, and remember it, when it can."""
        if incident_id in self._lines:
            return f"the id {incident_id} is already in line {self._lines[incident_id]}"
        self._lines[incident_id] = line
        return None
