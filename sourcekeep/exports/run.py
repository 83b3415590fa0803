"""Running an export: rows from the catalogue, through a format, to where they go; one row in memory at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import click

from archive.clock import utc_now
from sourcekeep.audit.refresh import bring_up_to_date
from sourcekeep.exports.csv_rows import csv_rows
from sourcekeep.exports.json_lines import json_lines
from sourcekeep.exports.markdown import markdown
from sourcekeep.exports.output import output_to
from sourcekeep.exports.replacements import cited, csv_of_replacements, robust_links
from sourcekeep.exports.rows import complete
from sourcekeep.lookup import NotFoundError, near
from sourcekeep.screen import count, write_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from archive.catalogue import Catalogue
    from archive.folder import ArchiveFolder
    from sourcekeep.exports.replacements import Cited
    from sourcekeep.exports.rows import Row

FORMATS: dict[str, Callable[[Iterable[Row]], Iterator[str]]] = {
    "jsonl": json_lines,
    "csv": csv_rows,
    "markdown": markdown,
}


REPLACEMENTS: dict[str, Callable[[Iterator[Cited]], Iterator[str]]] = {
    "robustlinks": robust_links,
    "replacements": csv_of_replacements,
}


class _Counted:
    """Rows, counted as they pass."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = rows
        self.citations = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.citations += row["position"] is not None
            yield row


def export(folder: ArchiveFolder, name: str, *, incident_id: str | None, path: Path | None) -> None:
    """Write the citations, of all incidents or of one, in the format *name* to *path* or standard output.

    Raises NotFoundError for an incident that is not there, ArchiveError when *path* can't be written.
    """
    with folder.catalogue() as catalogue:
        if incident_id is not None:
            _check_incident(catalogue, incident_id)
        with output_to(path, folder) as output:
            bring_up_to_date(catalogue)
            if name in REPLACEMENTS:
                found = cited(catalogue, incident_id, folder.settings().replay_url, utc_now())
                _write(REPLACEMENTS[name](found), output)
                return
            rows = _Counted(complete(catalogue.reports.export(incident_id)))
            _write(FORMATS[name](rows), output)
    if not rows.citations:
        click.echo("note: nothing is cited yet; there is nothing to export", err=True)
    elif path is not None:
        click.echo(f"{rows.citations:,} citations written to {path}", err=True)


def _write(pieces: Iterable[str], output: BinaryIO) -> None:
    for piece in pieces:
        write_bytes(piece.encode("utf-8", "replace"), output)


def export_wacz(folder: ArchiveFolder, path: Path | None) -> None:
    """Write the archive as a WACZ package to *path* or standard output; raises ArchiveError."""
    from sourcekeep.byte_progress import for_stderr
    from sourcekeep.exports.wacz import package

    progress = for_stderr("packaging")
    try:
        with folder.catalogue() as catalogue, output_to(path, folder) as output:
            packaged = package(catalogue, folder, output, progress)
    finally:
        progress.close()
    if path is not None:
        held = f"{count(packaged.files, 'WARC file')}, {count(packaged.pages, 'page')}"
        click.echo(f"{held} written to {path}", err=True)


def _check_incident(catalogue: Catalogue, incident_id: str) -> None:
    if catalogue.incidents.get(incident_id) is None:
        raise NotFoundError(f"there is no incident {incident_id}{near(catalogue, incident_id, urls=False)}")
