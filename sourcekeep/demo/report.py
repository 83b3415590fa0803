"""What the demo shows at its end: each incident, what was kept, what was stripped, what failed and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from sourcekeep import screen
from sourcekeep.invocation import with_archive
from sourcekeep.judgement import Judgement, Standing, judge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archive.catalogue.reports import NoticeCount, SourceLine
    from archive.folder import ArchiveFolder
    from archive.records import Incident

Judged = list[tuple["SourceLine", Judgement]]


def print_report(folder: ArchiveFolder) -> None:
    """Print what the archive of the demo holds, in the width of the terminal."""
    with folder.catalogue() as catalogue:
        lines = [(line, judge(asdict(line))) for line in catalogue.reports.source_lines()]
        incidents = list(catalogue.incidents.all())
        notices = catalogue.reports.notice_counts()
    with screen.printing():
        _print_incidents(incidents, lines)
        _print_kept(lines)
        _print_stripped(notices)
        _print_failed(lines)
        _print_next(folder, lines)


def _heading(text: str) -> None:
    click.echo(screen.styled(f"\n{text}", bold=True))


def _print_incidents(incidents: Iterable[Incident], lines: Judged) -> None:
    _heading("Incidents")
    for incident in incidents:
        own = [judged for line, judged in lines if incident.id in line.incident_ids]
        usable = sum(judged.standing is Standing.USABLE for judged in own)
        counts = f"{screen.count(len(own), 'source')}, {usable} usable"
        title = screen.shortened(screen.line(incident.title or ""), screen.width() - 34)
        click.echo(f"  {incident.id:9}{counts:23}{title}")


def _print_kept(lines: Judged) -> None:
    _heading("Kept: the bytes, and the clean text of what has any")
    for line, judged in lines:
        if judged.standing not in {Standing.USABLE, Standing.TO_CHECK}:
            continue
        about = f"{judged.label:9} {line.language or '-':7} {line.words or '-':>5} words"
        title = screen.shortened(screen.line(line.title or line.url), screen.width() - screen.columns(about) - 4)
        click.echo(f"  {about}  {title}")


def _print_stripped(notices: Iterable[NoticeCount]) -> None:
    _heading("Stripped from the pages, and kept beside the text")
    for notice in notices:
        about = f"{notice.count:5} {notice.kind:11}"
        example = screen.shortened(screen.line(notice.example), screen.width() - len(about) - 8)
        click.echo(f"  {about} e.g. {example}")


def _print_failed(lines: Judged) -> None:
    _heading("No text, and why")
    for line, judged in lines:
        if judged.standing is Standing.NOT_USABLE:
            click.echo(screen.wrapped(f"{judged.label}: {screen.line(line.url)}", "  ", "    "))
            click.echo(screen.wrapped(screen.line(judged.explanation), "    "))


def _print_next(folder: ArchiveFolder, lines: Judged) -> None:
    _heading("What to type next")
    program = with_archive(folder.path)
    best = next((line for line, judged in lines if judged.standing is Standing.USABLE), lines[0][0])
    for command, what in (
        ("search ferry", "full-text search"),
        (f"show {best.url}", "a source: its text, what was stripped, and the records that prove it"),
        ("show DEMO-01", "an incident and its sources"),
        ("quotes DEMO-01", "which of its sources has what it quotes"),
        ("audit", "what became of the links, and what proves it (--format html for a report)"),
        ("export --format csv", "everything as a table (also jsonl, markdown, wacz)"),
        ("status --failures", "what to do about the failures"),
    ):
        click.echo(f"  {program} {command}")
        click.echo(f"      {what}")
