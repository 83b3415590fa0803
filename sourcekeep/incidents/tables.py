"""Read CSV and its kin: the delimiter, records over several lines, and what is damaged."""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter, deque
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

from sourcekeep.incidents.links import is_url_cell
from sourcekeep.incidents.reading import quarantined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archive.records import Quarantined
    from sourcekeep.incidents.textfile import TextFile

NO_DELIMITER = "\x1f"
"""For a table of one column: what text does not contain."""
_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 100
_LEAST_EVEN = 0.3
"""Part of the rows that must have the commonest width when the first row, with the names, has it too."""
_LEAST_EVEN_BELOW_TITLE = 0.6
"""The same where the first row is of another width: a title above the table."""
_MOST_LINES = 20_000
"""A record of more lines than this has a quotation mark that was never closed."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a table."""

    line: int
    """Where it begins, counted from 1."""
    cells: list[str]
    raw: str
    suspect: bool = False
    """It stands after a quotation that never ended, so it may be a piece of that."""


@dataclass(frozen=True, slots=True)
class Table:
    """A text file with delimited columns; it can be read any number of times."""

    file: TextFile
    delimiter: str
    quoting: bool = True

    def rows(self) -> Iterator[Row | Quarantined]:
        """Yield every row that is not blank; one whose quotation never ends is quarantined."""
        return _rows(self.file.lines(), self.file.name, self.delimiter, quoting=self.quoting)

    def head(self, count: int) -> list[Row]:
        """Return up to *count* rows from the beginning."""
        return list(islice((row for row in self.rows() if isinstance(row, Row)), count))


def table_of(file: TextFile, delimiter: str | None = None) -> Table:
    """Return *file* as a table; a delimiter that is not given is the one that makes the first rows even."""
    lines = list(io.StringIO(file.head, newline=""))
    delimiter = delimiter or _delimiter(lines)
    return Table(file, delimiter, quoting=delimiter != "\t" or _is_quoted(lines))


def values_of(row: Row, header: Sequence[str], file: str) -> dict[str, Any] | Quarantined:
    """Return the cells of *row* that are not blank, verbatim, by the names in *header*."""
    reason = f"the row has {len(row.cells)} of {len(header)} cells"
    if any(cell.strip() for cell in row.cells[len(header) :]):
        return quarantined(file, row.line, f"{reason}; quote the cells that hold the delimiter", row.raw)
    if row.suspect and len(row.cells) != len(header):
        return quarantined(file, row.line, f"{reason} and stands after a quotation that never ended", row.raw)
    return {name: cell for name, cell in zip(header, row.cells, strict=False) if cell.strip()}


def _delimiter(lines: list[str]) -> str:
    best, best_score = NO_DELIMITER, (0.0, 0)
    for delimiter in _DELIMITERS:
        rows = _sample(lines, delimiter)
        score = _evenness(rows)
        # What stands within a URL parts no columns: a comma in the URLs of a list.
        if score > best_score and sum(is_url_cell(row.raw) for row in rows) * 2 <= len(rows):
            best, best_score = delimiter, score
    return best


def _evenness(rows: list[Row]) -> tuple[float, int]:
    """Return what part of *rows* have the commonest width, and that width; zeros if they are no columns."""
    if not rows:
        return 0.0, 0
    width, count = Counter(len(row.cells) for row in rows).most_common(1)[0]
    share = count / len(rows)
    least = _LEAST_EVEN if len(rows[0].cells) == width else _LEAST_EVEN_BELOW_TITLE
    return (share, width) if width > 1 and share >= least else (0.0, 0)


def _sample(lines: list[str], delimiter: str) -> list[Row]:
    """Return the first rows, up to a damaged one: in the head of a file, that is where the head was cut."""
    whole = takewhile(lambda row: isinstance(row, Row), _rows(iter(lines), "", delimiter))
    return [row for row in islice(whole, _SAMPLE_ROWS) if isinstance(row, Row)]


def _is_quoted(lines: list[str]) -> bool:
    """Tell whether tab-separated text quotes cells; sheets export it with bare quotation marks in cells."""
    cells = [line.rstrip("\r\n").split("\t") for line in lines if line.strip()]
    even = len({len(row) for row in cells}) == 1
    return not even or any(cell[:1] == cell[-1:] == '"' and len(cell) > 1 for row in cells for cell in row)


class _RunawayError(Exception):
    """A record has grown beyond what a record can be."""


class _Feed:
    """Hands physical lines to the csv reader, and can take those of a damaged record back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._returned: deque[str] = deque()
        self.record: list[str] = []
        self.first_line = 1
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.record) >= _MOST_LINES:
            raise _RunawayError
        try:
            line = self._returned.popleft() if self._returned else next(self._lines)
        except StopIteration:
            self.ended = True
            raise
        self.record.append(line)
        return line

    def next_record(self) -> None:
        self.first_line += len(self.record)
        self.record = []

    def keep_first_line_only(self) -> None:
        self._returned.extendleft(reversed(self.record[1:]))
        del self.record[1:]
        self.ended = False


def _rows(lines: Iterable[str], name: str, delimiter: str, *, quoting: bool = True) -> Iterator[Row | Quarantined]:
    csv.field_size_limit(sys.maxsize)
    feed = _Feed(lines)

    def open_reader() -> Iterator[list[str]]:
        if quoting:
            return csv.reader(feed, delimiter=delimiter)
        return csv.reader(feed, delimiter=delimiter, quoting=csv.QUOTE_NONE)

    reader = open_reader()
    suspect = False
    while True:
        feed.next_record()
        try:
            cells = next(reader)
            damaged = quoting and feed.ended and sum(line.count('"') for line in feed.record) % 2 == 1
        except StopIteration:
            return
        except (_RunawayError, csv.Error):
            cells, damaged = [], True
        if damaged:
            suspect = True
            feed.keep_first_line_only()
            yield quarantined(name, feed.first_line, "a quotation mark opened here is never closed", feed.record[0])
            reader = open_reader()
        elif any(cell and not cell.isspace() for cell in cells):
            yield Row(feed.first_line, cells, "".join(feed.record).rstrip("\r\n"), suspect)
