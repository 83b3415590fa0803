"""Running an audit from the command line."""

from __future__ import annotations

import io
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from archive.clock import utc_now
from archive.words import LOST
from sourcekeep import progress, screen
from sourcekeep.audit.auditing import audit, gated
from sourcekeep.audit.refresh import refresh
from sourcekeep.audit.report import files
from sourcekeep.audit.report.table import print_audit
from sourcekeep.exports.output import output_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from archive.catalogue import Catalogue
    from archive.folder import ArchiveFolder
    from sourcekeep.audit.auditing import Audit
    from sourcekeep.audit.scope import Scope


_MANY = 10_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the caller wants an audit told."""

    format: str = "table"
    path: Path | None = None
    """Where it goes; None for standard output."""
    most: int = 20
    failing: frozenset[str] = frozenset()
    """What makes it fail."""
    afresh: bool = False


def run(folder: ArchiveFolder, scope: Scope, wanted: Wanted) -> int:
    """Audit, write the report, and return how many links have a health that *wanted* fails on. Raises ArchiveError."""
    with folder.catalogue() as catalogue, screen.printing():
        if not catalogue.read_only:
            _bring_up_to_date(catalogue, afresh=wanted.afresh)
        found = _with_progress(catalogue, folder, scope)
        if found.stale and not catalogue.read_only:
            _heal(catalogue, found)
        _write(found, catalogue, folder, wanted)
    return gated(found, wanted.failing)


def _bring_up_to_date(catalogue: Catalogue, *, afresh: bool) -> None:
    count = catalogue.histories.count(judged=None if afresh else False)
    with _shown("judging", count) as on_done:
        refresh(catalogue, afresh=afresh, on_done=on_done)


def _with_progress(catalogue: Catalogue, folder: ArchiveFolder, scope: Scope) -> Audit:
    with _shown("auditing", catalogue.histories.count()) as on_sources:
        return audit(
            catalogue,
            scope,
            utc_now(),
            replay_url=folder.settings().replay_url,
            on_sources=on_sources,
        )


@contextmanager
def _shown(verb: str, count: int) -> Iterator[Callable[[int], None]]:
    """Show how much of *count* sources is done, if there are so many that somebody would wait."""
    if count < _MANY:
        yield lambda _: None
        return
    display = progress.for_stderr(verb)
    display.plan(count)
    try:
        yield lambda number: display.done("done", number)
    finally:
        display.close()


def _heal(catalogue: Catalogue, found: Audit) -> None:
    """Let the catalogue say what the captures do; that it didn't is a fault of ours, and told."""
    with catalogue.transaction():
        catalogue.histories.judge_again(found.stale)
    refresh(catalogue)
    said = screen.count(len(found.stale), "source")
    click.echo(f"note: the catalogue was behind the captures of {said}, and is brought up to date", err=True)


def _write(found: Audit, catalogue: Catalogue, folder: ArchiveFolder, wanted: Wanted) -> None:
    if wanted.format == "table" and wanted.path is None:
        print_audit(found, most=wanted.most)
        return
    with output_to(wanted.path, folder) as output:
        for piece in _pieces(found, catalogue, wanted):
            screen.write_bytes(piece.encode("utf-8", "replace"), output)
    if wanted.path:
        click.echo(f"the audit of {screen.count(found.tally.health.total(), 'source')} is in {wanted.path}", err=True)


def _as_printed(print_it: Callable[[], None]) -> str:
    """Return what *print_it* prints, as it is without a terminal: no colours."""
    with redirect_stdout(io.StringIO()) as printed:
        print_it()
    return printed.getvalue()


def _pieces(found: Audit, catalogue: Catalogue, wanted: Wanted) -> Iterator[str]:
    if wanted.format == "table":
        return iter([_as_printed(lambda: print_audit(found, most=wanted.most))])
    if wanted.format == "html":
        from sourcekeep.audit.report.page import html_report  # charts take a second to import

        return html_report(found, catalogue)
    made: dict[str, Callable[[Audit, Catalogue], Iterator[str]]] = {
        "json": files.json_report,
        "csv": files.csv_report,
        "junit": lambda found, _: files.junit_report(found, wanted.failing or frozenset(LOST)),
    }
    return made[wanted.format](found, catalogue)
