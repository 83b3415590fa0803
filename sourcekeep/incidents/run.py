"""One import: every file is checked, then all of them go into the archive, or none does."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archive.folder import ArchiveFolder
from archive.ledger.imports import importing
from archive.records import Incident, Quarantined
from archive.urls import url_key
from archive.words import Change
from sourcekeep.incidents.reading import ImportFormatError, Reading, quarantined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from archive.ledger.imports import ImportWriter

SHOWN = 5
"""How many of the pieces that could not be read are named."""


@dataclass(slots=True)
class Report:
    """What an import did with one input."""

    file: str
    format: str
    guess: str | None
    changes: Counter[Change] = field(default_factory=Counter)
    incidents: int = 0
    quarantined: int = 0
    first_quarantined: list[Quarantined] = field(default_factory=list)
    """The first few."""
    urls: int = 0
    """Citations that have a URL."""
    lost: int = 0
    """Citations whose URL was lost."""
    keys: set[str] = field(default_factory=set)
    """The comparison keys of the URLs: one for each source."""

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "file": self.file,
            "format": self.format,
            "guess": self.guess,
            "incidents": self.incidents,
            **{change.value: self.changes[change] for change in Change},
            "quarantined": self.quarantined,
            "first_quarantined": [
                {"file": one.file, "line": one.line, "reason": one.reason, "raw": one.raw}
                for one in self.first_quarantined
            ],
            "urls": self.urls,
            "links_without_url": self.lost,
            "sources": len(self.keys),
        }


def run(
    archive: Path,
    readings: Sequence[Reading],
    *,
    dry_run: bool = False,
    progress: Callable[[str, int], None] | None = None,
) -> list[Report]:
    """Import *readings* into the archive at *archive*, which is made if it is missing; return a report of each.

    *progress* is told the name of the input and how many of its records are done. With *dry_run* nothing is
    written. Another import is waited for. Raises ImportFormatError, with nothing written, when a reading holds no
    incident; ArchiveError when the archive cannot be used.
    """
    for reading in readings:
        _check(reading)
    if dry_run:
        return _take_all(readings, None, progress)
    folder = ArchiveFolder.create(archive)
    with importing(folder) as writer:
        reports = _take_all(readings, writer, progress)
        writer.close({"files": [report.as_dict() for report in reports]})
    return reports


def _check(reading: Reading) -> None:
    """Read up to the first incident; raises ImportFormatError when there is none."""
    reason = "it holds no records"
    for record in reading:
        if isinstance(record, Incident):
            return
        reason = f"line {record.line}: {record.reason}"
    raise ImportFormatError(f"{reading.name}, read as {reading.format}, gives not one incident: {reason}")


def _take_all(
    readings: Sequence[Reading], writer: ImportWriter | None, progress: Callable[[str, int], None] | None
) -> list[Report]:
    reports: list[Report] = []
    file_of: dict[str, str] = {}
    for reading in readings:
        report = Report(reading.name, reading.format, reading.guess)
        for count, record in enumerate(reading, 1):
            _take(_once(record, reading.name, file_of), report, writer)
            if progress:
                progress(reading.name, count)
        reports.append(report)
    return reports


def _once(record: Incident | Quarantined, file: str, file_of: dict[str, str]) -> Incident | Quarantined:
    """Return *record*; in its place a quarantined piece when an earlier incident of this import has its id."""
    if isinstance(record, Quarantined) or record.id not in file_of:
        if isinstance(record, Incident):
            file_of[record.id] = file
        return record
    reason = f"the id {record.id} is already in {file_of[record.id]}; tell them apart with --id-prefix"
    return quarantined(
        file, 0, reason, "\n".join([record.title or record.id, *(link.cited_as for link in record.links)])
    )


def _take(record: Incident | Quarantined, report: Report, writer: ImportWriter | None) -> None:
    if isinstance(record, Quarantined):
        report.quarantined += 1
        report.first_quarantined += [record] if report.quarantined <= SHOWN else []
        if writer:
            writer.quarantine(record)
        return
    report.incidents += 1
    if writer:
        report.changes[writer.put(record)] += 1
    for link in record.links:
        report.urls += link.has_url
        report.lost += not link.has_url
        if link.has_url:
            report.keys.add(url_key(link.cited_as))
