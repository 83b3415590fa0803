"""What `sourcekeep import` prints, and how it shows that it goes on."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from archive.folder import ArchiveFolder
from archive.words import Change
from sourcekeep import extracting, screen
from sourcekeep.incidents.run import SHOWN, Report, run
from sourcekeep.invocation import with_archive
from sourcekeep.progress import in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sourcekeep.incidents import Reading

_EVERY = 200
"""Records between two updates of the progress line."""


def import_readings(archive: Path, readings: Sequence[Reading], *, dry_run: bool, extract: bool, as_json: bool) -> None:
    """Import *readings* into *archive* and print what came of it; raises ArchiveError, with nothing written.

    With *extract*, page text that editors had pasted beside a URL becomes a text at once.
    """
    with _progress() as progress:
        reports = run(archive, readings, dry_run=dry_run, progress=progress)
    verdicts = _make_pasted(archive) if extract and not dry_run else Counter()
    with screen.printing():
        if as_json:
            files = [report.as_dict() for report in reports]
            click.echo(screen.as_json({"dry_run": dry_run, "files": files, "pasted_texts": dict(verdicts)}, indent=2))
            return
        for report in reports:
            for line in _lines(report, dry_run=dry_run):
                click.echo(line)
        if len(reports) > 1:
            click.echo(f"in all: {_counts(_sum(reports), dry_run=dry_run)}")
        if verdicts:
            click.echo(f"pasted texts: {in_words(verdicts)}")
        click.echo("dry run: nothing was written" if dry_run else f"next: {with_archive(archive)} crawl")


def _make_pasted(archive: Path) -> Counter[str]:
    """Make texts of what the files had pasted beside their URLs; return how many got which verdict."""
    totals = extracting.make_pasted(ArchiveFolder.open(archive))
    if totals is None:
        click.echo("another extraction is under way, which makes the texts of what was pasted", err=True)
        return Counter()
    if totals.unreadable:
        click.echo(
            f"{screen.count(totals.unreadable, 'pasted text')} could not be read back from the archive", err=True
        )
    return totals.verdicts


def _lines(report: Report, *, dry_run: bool) -> list[str]:
    """Return what is said of one input."""
    lines = [screen.line(f"{report.file} ({report.format}): {_counts(report, dry_run=dry_run)}")]
    if report.guess:
        lines.append(screen.wrapped(screen.line(report.guess), "  "))
    for one in report.first_quarantined:
        where = f"{one.file} line {one.line}" if one.line else one.file
        lines.append(screen.wrapped(screen.line(f"quarantined {where}: {one.reason}"), "  ", "    "))
    if report.quarantined > SHOWN:
        hint = "" if dry_run else "; all of them: sourcekeep status --quarantine"
        lines.append(f"  and {report.quarantined - SHOWN:,} more{hint}")
    return lines


def _counts(report: Report, *, dry_run: bool) -> str:
    taken = ", ".join(f"{report.changes[change]:,} {change}" for change in Change)
    if dry_run:
        taken = screen.count(report.incidents, "incident")
    urls, sources = screen.count(report.urls, "URL"), screen.count(len(report.keys), "source")
    lost = f", {screen.count(report.lost, 'link')} without a URL" if report.lost else ""
    return f"{taken}, {report.quarantined:,} quarantined; {urls} cited, {sources}{lost}"


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
                bar.update(task, description=screen.line(f"{name}: {count:,} records"))

        yield update
