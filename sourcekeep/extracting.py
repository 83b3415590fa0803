"""Running the extraction from the command line."""

from __future__ import annotations

import json
import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from archive.errors import ArchiveBusyError, ArchiveError
from archive.folder import ArchiveFolder
from extract.run import Totals
from extract.run import run as make_texts
from extract.run import run_pastes as make_pasted_texts
from extract.sites import CHECK
from extract.version import EXTRACTOR
from sourcekeep import progress
from sourcekeep.progress import in_words
from sourcekeep.screen import count, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from archive.text_records import Pending, Text


def run(archive_dir: Path, *, all_again: bool, workers: int | None, follow: bool, as_json: bool) -> None:
    """Make texts, and say what came of it. Raises ArchiveError, also when another extraction is under way."""
    folder = ArchiveFolder.open(archive_dir)
    if follow:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the crawl that holds the pipe decides on the end
        with folder.lock("extract", wait=True):
            make_texts(folder, workers=workers, follow=sys.stdin.buffer)
            judge_links(folder)
        return
    with folder.lock("extract"), folder.catalogue() as catalogue:
        planned = catalogue.pending.count(EXTRACTOR, all_again=all_again)
        started = time.monotonic()
        totals = Totals()
        if planned or catalogue.recurrence.is_due(CHECK):
            with _progress(planned) as on_done:
                totals = make_texts(folder, workers=workers, all_again=all_again, on_done=on_done)
        judge_links(folder)
    if as_json:
        click.echo(json.dumps({"texts": totals.texts, "verdicts": dict(totals.verdicts.most_common())}))
    elif not planned:
        click.echo("nothing to extract: every capture with a response has a text by this version")
    else:
        seconds = time.monotonic() - started
        click.echo(wrapped(f"{count(totals.texts, 'text')} in {seconds:.1f} s: {in_words(totals.verdicts)}", "", "  "))
    if totals.unreadable:
        raise ArchiveError(
            f"{totals.unreadable} of the captures could not be read, or their page broke the limits of a worker; texts "
            "that they had are kept (`sourcekeep status --failures` names those without one)"
        )


def judge_links(folder: ArchiveFolder) -> None:
    """Bring up to date what is said of links: what their pages are is known now."""
    from sourcekeep.audit.refresh import refresh  # an import has no use for it

    with folder.catalogue() as catalogue:
        refresh(catalogue)


def make_pasted(folder: ArchiveFolder) -> Totals | None:
    """Make texts of what was pasted beside URLs; return what came of it, None while another extraction is under way.

    That one makes them as well.
    """
    with folder.catalogue() as catalogue:
        planned = catalogue.pending.count_pastes(EXTRACTOR)
    if not planned:
        return Totals()
    try:
        with folder.lock("extract"), _progress(planned) as on_done:
            return make_pasted_texts(folder, on_done=on_done)
    except ArchiveBusyError:
        return None


@contextmanager
def _progress(planned: int) -> Iterator[Callable[[Pending, Text], None]]:
    """Show how many of the *planned* texts are made: what is yielded is to be told of each."""
    display = progress.for_stderr("extracting")
    display.plan(planned)
    try:
        yield lambda _, text: display.done(text.verdict)
    finally:
        display.close()
