"""A weekly snapshot of the AI Incident Database: `incidents.csv`, `reports.csv`, `duplicates.csv`.

An incident lists the numbers of its reports; a report has the URL, the title, and the text that was pasted.
"""

from __future__ import annotations

import re
import shutil
import tarfile
import weakref
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from archive.records import CitedLink, Incident, Quarantined
from sourcekeep.incidents.links import Links
from sourcekeep.incidents.names import unique_names
from sourcekeep.incidents.reading import ImportFormatError, Options, Reading, SeenIds, quarantined
from sourcekeep.incidents.tables import Table, table_of, values_of
from sourcekeep.incidents.textfile import open_text, safe_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sourcekeep.incidents.reading import Record
    from sourcekeep.incidents.tables import Row

NAME = "aiid"
INCIDENTS, REPORTS, DUPLICATES = "incidents.csv", "reports.csv", "duplicates.csv"
_MARKS = (
    {"incident_id", "reports"},
    {"report_number", "url"},
    {"duplicate_incident_number", "true_incident_number"},
)
_LARGEST_HARMLESS = 100_000_000
_MOST_EXPANSION = 100
"""Bytes of a file for each byte packed; bzip2 makes ten of one of prose, and millions of a bomb."""


def recognises(table: Table) -> bool:
    """Tell whether *table* has the columns of one of the three files."""
    header = {cell.strip() for row in table.head(1) for cell in row.cells}
    return any(marks <= header for marks in _MARKS)


def is_snapshot_folder(path: Path) -> bool:
    """Tell whether *path* is a folder with the two files that a snapshot cannot lack."""
    return (path / INCIDENTS).is_file() and (path / REPORTS).is_file()


def read(folder: Path, options: Options) -> Reading:
    """Read the three files in *folder*; raises ImportFormatError when one is missing or another thing."""
    for name in (INCIDENTS, REPORTS):
        if not (folder / name).is_file():
            raise ImportFormatError(f"{folder / name} is missing; a snapshot needs {INCIDENTS} and {REPORTS} together")
    incidents = _File(folder / INCIDENTS, _MARKS[0])
    reports = _File(folder / REPORTS, _MARKS[1])
    duplicates = _File(folder / DUPLICATES, _MARKS[2]) if (folder / DUPLICATES).is_file() else None
    return Reading(INCIDENTS, NAME, lambda: _Snapshot(incidents, reports, duplicates, options.id_prefix).records())


def read_packed(path: Path, options: Options) -> Reading:
    """Read a snapshot as it is published, packed as .tar.bz2; it is unpacked to a passing folder."""
    folder = Path(mkdtemp(prefix="sourcekeep-"))
    try:
        _unpack(path, folder)
        reading = replace(read(folder, options), name=safe_name(path))
    except (tarfile.TarError, EOFError, OSError) as error:
        shutil.rmtree(folder)
        raise ImportFormatError(f"{safe_name(path)} cannot be unpacked: {error}") from error
    except BaseException:
        shutil.rmtree(folder)
        raise
    # The folder is wanted as long as the reading can be iterated, and no longer.
    weakref.finalize(reading.read, shutil.rmtree, folder, ignore_errors=True)
    return reading


def _unpack(path: Path, folder: Path) -> None:
    """Copy the three files to *folder* under their own names, wherever they lie in the archive."""
    with tarfile.open(path, "r|*") as packed:
        for member in packed:
            name = PurePosixPath(member.name).name
            target = folder / name
            if member.isfile() and name in {INCIDENTS, REPORTS, DUPLICATES} and not target.exists():
                if member.size > max(_LARGEST_HARMLESS, _MOST_EXPANSION * path.stat().st_size):
                    raise ImportFormatError(
                        f"{name} in {safe_name(path)} is {member.size:,} bytes, far more than text packs into so "
                        "little; if it is right, unpack it yourself and import the folder"
                    )
                content = packed.extractfile(member)
                with target.open("wb") as copy:
                    shutil.copyfileobj(content, copy) if content else None
    if not is_snapshot_folder(folder):
        raise ImportFormatError(f"{safe_name(path)} has no {INCIDENTS} with {REPORTS} in it")


class _File:
    """One of the three files."""

    def __init__(self, path: Path, marks: set[str]) -> None:
        self.table = table_of(open_text(path))
        self.name = self.table.file.name
        first = self.table.head(1)
        self._columns = unique_names(first[0].cells) if first else []
        self._header_line = first[0].line if first else 0
        if missing := sorted(marks - set(self._columns)):
            raise ImportFormatError(f'{path} is no file of an AIID snapshot: it has no column "{missing[0]}"')

    def rows(self) -> Iterator[tuple[Row, dict[str, Any]] | Quarantined]:
        """Yield each row of data with its cells by name."""
        for row in self.table.rows():
            if isinstance(row, Quarantined):
                yield row
            elif row.line != self._header_line:
                values = values_of(row, self._columns, self.name)
                yield values if isinstance(values, Quarantined) else (row, values)


class _Snapshot:
    def __init__(self, incidents: _File, reports: _File, duplicates: _File | None, prefix: str) -> None:
        self._incidents, self._reports, self._duplicates = incidents, reports, duplicates
        self._prefix = prefix
        self._report_of: dict[int, tuple[int, dict[str, Any]]] = {}
        """Line and cells, by report number."""
        self._seen = SeenIds()
        self._true_of: dict[int, int] = {}
        self._cited: set[int] = set()

    def records(self) -> Iterator[Record]:
        yield from self._read_reports()
        yield from self._read_duplicates()
        for row in self._incidents.rows():
            if isinstance(row, Quarantined):
                yield row
            else:
                yield from self._incident(*row)
        for number, (line, report) in self._report_of.items():
            if number not in self._cited:
                raw = ",".join(str(report.get(name, "")) for name in ("report_number", "url", "title"))
                yield quarantined(self._reports.name, line, f"no incident lists report {number}", raw)

    def _read_reports(self) -> Iterator[Quarantined]:
        for row in self._reports.rows():
            if isinstance(row, Quarantined):
                yield row
                continue
            number = _number(row[1].get("report_number"))
            if number is None:
                yield quarantined(self._reports.name, row[0].line, "report_number is no number", row[0].raw)
            elif number in self._report_of:
                yield quarantined(self._reports.name, row[0].line, f"report {number} is there twice", row[0].raw)
            else:
                self._report_of[number] = (row[0].line, row[1])

    def _read_duplicates(self) -> Iterator[Quarantined]:
        for row in self._duplicates.rows() if self._duplicates else ():
            if isinstance(row, Quarantined):
                yield row
                continue
            duplicate = _number(row[1].get("duplicate_incident_number"))
            true = _number(row[1].get("true_incident_number"))
            if duplicate is None or true is None:
                yield quarantined(DUPLICATES, row[0].line, "not two incident numbers", row[0].raw)
            else:
                self._true_of[duplicate] = true

    def _incident(self, row: Row, values: dict[str, Any]) -> Iterator[Record]:
        number = _number(values.get("incident_id"))
        if number is None:
            yield quarantined(self._incidents.name, row.line, "incident_id is no number", row.raw)
            return
        if clash := self._seen.clash(self._id(number), row.line):
            yield quarantined(self._incidents.name, row.line, clash, row.raw)
            return
        links = Links()
        reports = []
        for listed in _listed(values.get("reports", "")):
            report_number = _number(listed)
            if report_number is None or report_number not in self._report_of:
                reason = f"incident {number} lists report {listed}, which {REPORTS} does not have"
                yield quarantined(self._incidents.name, row.line, reason, str(values["reports"]))
                continue
            self._cited.add(report_number)
            report = self._report_of[report_number][1]
            links.add(_link(report_number, report))
            reports.append({name: value for name, value in report.items() if name != "text"})
        summary = values.get("description")
        links.add_prose(summary or "")
        fields = {**values, "reports": reports}
        if number in self._true_of:
            fields["duplicate_of"] = self._id(self._true_of[number])
        yield Incident(self._id(number), NAME, values.get("title"), values.get("date"), summary, fields, tuple(links))

    def _id(self, number: int) -> str:
        return f"{self._prefix}aiid-{number}"


def _link(number: int, report: dict[str, Any]) -> CitedLink:
    title, url = report.get("title"), report.get("url", "").strip()
    if url:
        return CitedLink(url, label=title, pasted_text=report.get("text"))
    return CitedLink(title or f"report {number}", has_url=False, label=title, pasted_text=report.get("text"))


def _listed(cell: str) -> list[str]:
    """Return the numbers of a list, which exports write as `[1,2]`, `1, 2`, `1;2` or `["1","2"]`."""
    return [part for part in re.split(r"[\s,;]+", re.sub(r"""[\[\]"']""", " ", cell)) if part]


def _number(text: Any) -> int | None:
    match = re.fullmatch(r"\s*(\d{1,9})(?:\.0)?\s*", text, re.ASCII) if isinstance(text, str) else None
    return int(match[1]) if match else None
