"""The AIAAIC repository: its sheet as CSV or TSV, in each of the forms it has had.

Up to three rows stand before the data: the sheet's title, the names of the columns, and names below a name
that spans several columns. The names have changed over the years and hold slips of the keyboard, so the four
columns that matter here are found by their folded names; every column is kept under the name it has.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from archive.records import Incident, Quarantined
from archive.url_text import find_urls
from sourcekeep.incidents import names
from sourcekeep.incidents.links import Links
from sourcekeep.incidents.reading import ImportFormatError, Options, Reading, SeenIds, quarantined
from sourcekeep.incidents.tables import values_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sourcekeep.incidents.reading import Record
    from sourcekeep.incidents.tables import Row, Table

NAME = "aiaaic"
_FIRST_ROWS = 5
_ID = ("aiaaicid", "aiaaicidno", "aiaaic")
_HEADLINE = ("headline", "headlinetitle", "title")
_OCCURRED = ("occurred", "occurrence", "dateoccurred")
_LINKS = ("descriptionlink", "summarylink", "summaryurl", "descriptionurl", "link")
_OTHERS = {
    *("deployer", "operator", "developer", "systemname", "technology", "purpose", "mediatrigger"),
    *("newstrigger", "issue", "risk", "transparency", "externalharm", "internalharm", "internalimpact"),
    *("sector", "country"),
}
_ENOUGH_OTHERS = 3


class Sheet:
    """Where things stand in one export of the sheet."""

    def __init__(self, table: Table) -> None:
        self.table = table
        first = table.head(_FIRST_ROWS)
        index = next((index for index, row in enumerate(first) if _is_header(row.cells)), None)
        if index is None:
            raise ImportFormatError(
                f"{table.file.name} is no AIAAIC sheet: none of its first {_FIRST_ROWS} rows has "
                'the column "AIAAIC ID#", or "Headline" and other columns of that sheet'
            )
        header = first[index].cells
        sub = first[index + 1].cells if index + 1 < len(first) else []
        self.last_header_line = first[index].line
        if _is_sub_header(header, sub):
            self.last_header_line = first[index + 1].line
        else:
            sub = []
        self.columns = names.unique_names(_joined(header, sub))
        self.id = names.by_near_name(self.columns, _ID)
        self.headline = names.by_near_name(self.columns, _HEADLINE)
        self.occurred = names.by_near_name(self.columns, _OCCURRED)
        self.links = names.by_near_name(self.columns, _LINKS)

    def records(self, prefix: str) -> Iterator[Record]:
        """Yield an incident for each row of data."""
        seen = SeenIds()
        for row in self.table.rows():
            if isinstance(row, Quarantined):
                yield row
            elif row.line > self.last_header_line:
                record = self._record(row, prefix)
                clash = seen.clash(record.id, row.line) if isinstance(record, Incident) else None
                yield quarantined(self.table.file.name, row.line, clash, row.raw) if clash else record

    def _record(self, row: Row, prefix: str) -> Record:
        values = values_of(row, self.columns, self.table.file.name)
        if isinstance(values, Quarantined):
            return values
        cells = {column: cell.strip() for column, cell in values.items()}
        incident_id = cells.get(self.id or "")
        if not incident_id:
            return quarantined(self.table.file.name, row.line, f'nothing in the column "{self.id}"', row.raw)
        prose = cells.get(self.links or "", "")
        links = Links()
        links.add_prose(prose)
        for column, cell in cells.items():
            if column not in {self.links, self.id}:
                links.add_prose(cell)
        title, occurred = cells.get(self.headline or ""), cells.get(self.occurred or "")
        return Incident(prefix + incident_id, NAME, title, occurred, _words(prose), values, tuple(links))


def recognises(table: Table) -> bool:
    """Tell whether *table* begins as the sheet does."""
    return any(_is_header(row.cells) for row in table.head(_FIRST_ROWS))


def read(table: Table, options: Options) -> Reading:
    """Read *table*; raises ImportFormatError if it is not the sheet."""
    sheet = Sheet(table)
    if sheet.id is None:
        raise ImportFormatError(
            f'{table.file.name} has no column "AIAAIC ID#"; import it with --format csv and --id-column'
        )
    return Reading(table.file.name, NAME, partial(sheet.records, options.id_prefix))


def _is_header(cells: list[str]) -> bool:
    folded = {names.fold(cell) for cell in cells if len(cell) < 80}  # noqa: PLR2004  # a name, no prose
    if folded & {"aiaaicid", "aiaaicidno"}:
        return True
    return bool(folded & set(_HEADLINE)) and len(folded & _OTHERS) >= _ENOUGH_OTHERS


def _is_sub_header(header: list[str], below: list[str]) -> bool:
    """Tell whether the row *below* only names parts: nothing stands below the names of id and headline."""
    own = [below[i] if i < len(below) else "" for i, name in enumerate(header) if names.fold(name) in _ID + _HEADLINE]
    return bool(below) and not any(cell.strip() for cell in own) and not any(find_urls(cell) for cell in below)


def _joined(header: list[str], sub: list[str]) -> list[str]:
    """Return one name for each column: `External harms: Societal` for a name below one that spans columns."""
    result: list[str] = []
    spanning = ""
    for index in range(max(len(header), len(sub))):
        own = " ".join(header[index].split()) if index < len(header) else ""
        below = " ".join(sub[index].split()) if index < len(sub) else ""
        spanning = own or spanning
        result.append(f"{spanning}: {below}" if below and spanning else own or below)
    return result


def _words(prose: str) -> str | None:
    """Return *prose*, unless it is nothing but URLs."""
    rest = prose
    for found in find_urls(prose):
        rest = rest.replace(found.url, " ")
    return prose if any(character.isalpha() for character in rest) else None
