"""Making the catalogue anew from the command line, and saying what came of it."""

from __future__ import annotations

import sys
import time
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from archive.folder import ArchiveFolder
from archive.rebuild import rebuilding
from archive.recovery import MOST_PROBLEMS
from archive.words import StatementKind
from extract.run import Totals
from extract.run import run as make_texts
from extract.version import EXTRACTOR
from sourcekeep import byte_progress, progress, screen
from sourcekeep.extracting import judge_links
from sourcekeep.invocation import with_archive

if TYPE_CHECKING:
    from pathlib import Path

    from archive.rebuild import Rebuilding, Rebuilt
    from archive.text_records import Pending, Text

FOUND = 3
"""The exit code when some of the evidence could not be read or given its place."""

_SHOWN = 20
"""How many problems are printed."""

_SAID = {"incidents": "incident", "sources": "source", "crawls": "crawl", "captures": "capture", "texts": "text"}


def run(archive_dir: Path, *, extract: bool, workers: int | None, as_json: bool) -> None:
    """Make the catalogue anew, say what came of it, and exit with 3 if anything is wrong. Raises ArchiveError."""
    folder = ArchiveFolder.open_evidence(archive_dir)
    started = time.monotonic()
    with rebuilding(folder) as new:
        _replay(new)
        texts = _make_texts(new, workers) if extract else Totals()
        if extract:
            judge_links(new.folder)
        new.swap()
    with screen.printing():
        if as_json:
            click.echo(screen.as_json(_as_dict(folder, new.rebuilt, texts), indent=2))
        else:
            _print(folder, new.rebuilt, texts if extract else None, time.monotonic() - started)
    if new.rebuilt.done.problem_count or new.rebuilt.lost or texts.unreadable:
        sys.exit(FOUND)


def _replay(new: Rebuilding) -> None:
    with closing(byte_progress.for_stderr("reading WARC files")) as bar:
        bar.plan(sum(size for _, size in new.sizes()))
        behind = 0

        def watch(done: int) -> None:
            nonlocal behind
            bar.advance(done - behind)
            behind = done

        new.replay(watch)


def _make_texts(new: Rebuilding, workers: int | None) -> Totals:
    with new.folder.catalogue() as catalogue:
        planned = catalogue.pending.count(EXTRACTOR)
    if not planned:
        return Totals()
    with closing(progress.for_stderr("extracting")) as display:
        display.plan(planned)

        def done(_: Pending, text: Text) -> None:
            display.done(text.verdict)

        return make_texts(new.folder, workers=workers, on_done=done)


def _as_dict(folder: ArchiveFolder, rebuilt: Rebuilt, texts: Totals) -> dict[str, Any]:
    done = rebuilt.done
    return {
        "files": rebuilt.files,
        "bytes": rebuilt.bytes,
        "rows": _rows(folder),
        "texts_unreadable": texts.unreadable,
        "problem_count": done.problem_count,
        "problems": [asdict(problem) for problem in done.problems],
        "captures_lost": dict(rebuilt.lost),
        "old_catalogue": str(rebuilt.kept) if rebuilt.kept else None,
        "old_catalogue_damaged": rebuilt.damaged,
    }


def _rows(folder: ArchiveFolder) -> dict[str, int]:
    with folder.catalogue() as catalogue:
        return catalogue.known.counts()


def _print(folder: ArchiveFolder, rebuilt: Rebuilt, texts: Totals | None, seconds: float) -> None:
    for text in _found(rebuilt):
        click.echo(screen.wrapped(screen.line(text), "", "  "))
    if rebuilt.kept:
        click.echo(f"the old catalogue is kept: {rebuilt.kept}")
    if texts is None:
        click.echo(f"the texts can be made by: {with_archive(folder.path)} extract")
    elif texts.texts:
        click.echo(
            screen.wrapped(f"{screen.count(texts.texts, 'text')}: {progress.in_words(texts.verdicts)}", "", "  ")
        )
    rows = _rows(folder)
    made = ", ".join(screen.count(rows[table], one) for table, one in _SAID.items())
    files = f"{screen.count(rebuilt.files, 'WARC file')} ({screen.size(rebuilt.bytes)})"
    click.echo(f"the catalogue is made anew of {files} in {seconds:.1f} s:\n  {made}")


def _found(rebuilt: Rebuilt) -> list[str]:
    """Return in lines what is wrong, and what else has to be known."""
    done = rebuilt.done
    lines = []
    for problem in done.problems[:_SHOWN]:
        record = f" ({problem.record_id})" if problem.record_id else ""
        lines.append(f"{problem.warc_file} at {problem.offset}{record}: {problem.text}")
    if done.problem_count > _SHOWN:
        lines.append(f"and {done.problem_count - _SHOWN:,} more; --json has the first {MOST_PROBLEMS:,}")
    for name, count in sorted(rebuilt.lost.items())[:_SHOWN]:
        captures = screen.count(count, "capture")
        lines.append(f"{name}: {captures} of the old catalogue of which no record can be read; only it has them now")
    if rebuilt.damaged:
        lines.append(f"the old catalogue can't be read ({rebuilt.damaged}): what no record tells of stays in it")
    if done.captures and not done.statements[StatementKind.IMPORT]:
        lines.append(
            "no record tells of an import, so there are no incidents: this archive is older than such records; import "
            "the incidents again, and they find their sources"
        )
    return lines
