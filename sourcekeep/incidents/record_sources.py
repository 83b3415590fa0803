"""The generic shapes a file of records can have: a table, JSON, JSON lines, URLs one a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.records import Quarantined
from sourcekeep.incidents.generic import RawRecord, raw_json
from sourcekeep.incidents.json_text import Element, read_document, read_lines
from sourcekeep.incidents.links import has_urls
from sourcekeep.incidents.names import URL, fold, unique_names
from sourcekeep.incidents.reading import ImportFormatError, quarantined
from sourcekeep.incidents.tables import values_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sourcekeep.incidents.tables import Table
    from sourcekeep.incidents.textfile import TextFile

_SAMPLE_LINES = 200


class TableSource:
    """The rows below a row of column names; where the first row already cites a URL, all rows."""

    def __init__(self, table: Table) -> None:
        self.name = table.file.name
        self._table = table
        first = table.head(1)
        if not first:
            raise ImportFormatError(f"{self.name} holds no rows")
        self.has_header = not any(has_urls(cell) for cell in first[0].cells)
        self._header_line = first[0].line if self.has_header else 0
        width = max(len(row.cells) for row in table.head(_SAMPLE_LINES))
        self.columns: Sequence[str] = unique_names(first[0].cells if self.has_header else [""] * width)

    def records(self) -> Iterator[RawRecord | Quarantined]:
        """Yield a record for each row."""
        for row in self._table.rows():
            if isinstance(row, Quarantined):
                yield row
            elif row.line != self._header_line:
                values = values_of(row, self.columns, self.name)
                yield values if isinstance(values, Quarantined) else RawRecord(row.line, values, row.raw)


class JsonSource:
    """The records of a JSON document, held in memory."""

    def __init__(self, file: TextFile) -> None:
        self.name = file.name
        self.columns: Sequence[str] = ()
        self.elements = read_document(file)

    def records(self) -> Iterator[RawRecord | Quarantined]:
        """Yield a record for each object, or URL, of the document."""
        return _of_elements(self.name, self.elements)


class JsonLinesSource:
    """The records of JSON lines, read as they come."""

    def __init__(self, file: TextFile) -> None:
        self.name = file.name
        self.columns: Sequence[str] = ()
        self._file = file

    def records(self) -> Iterator[RawRecord | Quarantined]:
        """Yield a record for each line with an object, or a URL."""
        return _of_elements(self.name, read_lines(self._file))


class UrlListSource:
    """URLs, one a line. A line that begins with `#` is a comment, and the first may name the column."""

    def __init__(self, file: TextFile) -> None:
        self.name = file.name
        self.columns: Sequence[str] = ()
        self._file = file

    def records(self) -> Iterator[RawRecord | Quarantined]:
        """Yield a record for each line that cites something."""
        for number, line in enumerate(self._file.lines(), 1):
            text = line.strip().removeprefix("\ufeff")
            if number == 1 and fold(text) in URL:
                continue
            if len(text.split()) > 1 and not text.startswith("#") and not has_urls(text):
                yield quarantined(self.name, number, "no URL in this line", text)
            elif text and not text.startswith("#"):
                yield RawRecord(number, {"url": text}, text)


def looks_like_json_lines(file: TextFile) -> bool:
    """Tell whether most of the first lines of *file* are whole JSON objects, and there is more than one."""
    lines = [line for line in file.head.split("\n") if line.strip()][:_SAMPLE_LINES]
    whole = [line for line in lines if line.strip().startswith("{") and line.strip().endswith("}")]
    return len(lines) > 1 and len(whole) * 2 > len(lines)


def _of_elements(name: str, elements: Iterable[Element | Quarantined]) -> Iterator[RawRecord | Quarantined]:
    for element in elements:
        if isinstance(element, Quarantined):
            yield element
        elif isinstance(element.value, dict):
            values = {key: value for key, value in element.value.items() if value not in (None, "", [], {})}
            yield RawRecord(element.line, values, raw_json(element.value), element.key)
        elif isinstance(element.value, str) and element.value.strip():
            yield RawRecord(element.line, {"url": element.value}, raw_json(element.value), element.key)
        else:
            yield quarantined(name, element.line, "neither an object nor a URL", raw_json(element.value))
