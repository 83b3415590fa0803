"""What `sourcekeep import` does, from the files to what it prints."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from archive.records import Change
from sourcekeep.incidents import Options, read_incidents
from sourcekeep.incidents.run import SHOWN, Report, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

_EVERY = 200
"""Records between two updates of the progress line."""


def import_files(
    archive: Path,
    paths: Sequence[Path],
    *,
    format_name: str | None,
    options: Options,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import *paths* into *archive* and print what came of it; raises ArchiveError, with nothing written."""
    readings = read_incidents(paths, format_name, options)
    with _progress() as progress:
        reports = run(archive, readings, dry_run=dry_run, progress=progress)
    if as_json:
        files = [report.as_dict() for report in reports]
        click.echo(json.dumps({"dry_run": dry_run, "files": files}, ensure_ascii=False, indent=2))
        return
    for report in reports:
        for line in lines_of(report, dry_run=dry_run):
            click.echo(line)
    if len(reports) > 1:
        click.echo(f"in all: {_counts(_sum(reports), dry_run=dry_run)}")
    if dry_run:
        click.echo("dry run: nothing was written")
    else:
        click.echo("next: sourcekeep crawl")


def lines_of(report: Report, *, dry_run: bool) -> list[str]:
    """Return what is said of one input."""
    lines = [f"{report.file} ({report.format}): {_counts(report, dry_run=dry_run)}"]
    if report.guess:
        lines.append(f"  {report.guess}")
    lines += [f"  quarantined {one.file} line {one.line}: {one.reason}" for one in report.first_quarantined]
    if report.quarantined > SHOWN:
        where = "" if dry_run else "; all of them: sourcekeep status"
        lines.append(f"  and {report.quarantined - SHOWN} more{where}")
    return lines


def _counts(report: Report, *, dry_run: bool) -> str:
    if dry_run:
        taken = f"{report.incidents} incidents"
    else:
        taken = ", ".join(f"{report.changes[change]} {change}" for change in Change)
    lost = f", {report.lost} links without a URL" if report.lost else ""
    return f"{taken}, {report.quarantined} quarantined; {report.urls} URLs cited, {len(report.keys)} sources{lost}"


def _sum(reports: Sequence[Report]) -> Report:
    total = Report("", "", None)
    for report in reports:
        total.changes += report.changes
        total.incidents += report.incidents
        total.quarantined += report.quarantined
        total.urls += report.urls
        total.lost += report.lost
        total.keys |= report.keys
    return total


@contextmanager
def _progress() -> Iterator[Callable[[str, int], None] | None]:
    """Show the number of records that are done, on a terminal alone."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)

        def update(name: str, count: int) -> None:
            if count % _EVERY == 0:
                bar.update(task, description=f"{name}: {count} records")

        yield update
