"""Asking web archives from the command line: for which sources, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from archive.clock import utc_now
from archive.errors import ArchiveError
from archive.urls import host_of
from sourcekeep import screen
from sourcekeep.audit.auditing import audit
from sourcekeep.audit.cited_on import cited_on
from sourcekeep.audit.mementos import Said
from sourcekeep.audit.refresh import refresh
from sourcekeep.audit.replacement import REPLACED
from sourcekeep.audit.replacing import Wish, find_mementos
from sourcekeep.words import explain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archive.catalogue import Catalogue
    from archive.folder import ArchiveFolder
    from archive.records import Source
    from sourcekeep.audit.mementos import Memento
    from sourcekeep.audit.scope import Scope

_WORDS = {
    Said.GOOD: "found",
    Said.DOUBTFUL: "found, and to be looked at: less than half of our own text is in it, or it is no article",
    Said.OTHER_TEXT: "another text is archived",
    Said.NO_PAGE: "only error pages or walls are archived",
    Said.NO_MEMENTO: "no archive has it",
    Said.NO_ANSWER: "no archive answered",
    Said.NOT_ASKED: "not asked: there is no archive in the settings, or it is no address of the web",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the caller wants to be found."""

    scope: Scope
    urls: tuple[str, ...] = ()
    again: bool = False
    """Also where an archive was asked before."""
    most: int | None = None


def ask(folder: ArchiveFolder, asked: Asked, resolve: Sequence[str], *, as_json: bool) -> int:
    """Ask for what is to be replaced, print what came of it, and return the exit code. Raises ArchiveError."""
    with folder.catalogue() as catalogue:
        refresh(catalogue)
        wishes = [
            Wish(source, cited_on(catalogue, source) or datetime.now(UTC).date().isoformat())
            for source in _sources(catalogue, asked)
        ][: asked.most]
    found = find_mementos(folder, wishes, {"SOURCEKEEP_RESOLVE": list(resolve)})
    with folder.catalogue() as catalogue:
        refresh(catalogue)
    if as_json:
        rows = [
            {"source": wish.source.url, "wanted": wish.at, **asdict(one)}
            for wish, one in zip(wishes, found.mementos, strict=True)
        ]
        click.echo(screen.as_json(rows, indent=2))
    else:
        with folder.catalogue() as catalogue:
            _print(catalogue, wishes, found.mementos)
    unanswered = bool(wishes) and all(one.said is Said.NO_ANSWER for one in found.mementos)
    return found.exit_code or int(unanswered)


def _sources(catalogue: Catalogue, asked: Asked) -> Iterator[Source]:
    """Iterate over the sources of which a copy is to be found. Raises ArchiveError for an unknown URL."""
    for url in asked.urls:
        source = catalogue.sources.find(url)
        if source is None:
            raise ArchiveError(f"no incident cites {screen.line(url)}; import one that does")
        yield source
    if asked.urls:
        return
    found = audit(catalogue, asked.scope, utc_now())
    for link in found.links:
        if link.health in REPLACED and (asked.again or not _was_answered(catalogue, link.source_id)):
            source = catalogue.sources.get(link.source_id)
            if source:
                yield source


def _was_answered(catalogue: Catalogue, source_id: int) -> bool:
    """Tell whether the archives have said what they have of a source.

    Where one couldn't be reached, or the asking was broken off, they are asked once more.
    """
    comparisons = catalogue.comparisons
    said = {memento.said for memento in comparisons.mementos(source_id)}
    return bool(said - {Said.NO_ANSWER}) and (Said.GOOD in said or not comparisons.was_cut_off(source_id))


def _print(catalogue: Catalogue, wishes: Sequence[Wish], mementos: Sequence[Memento]) -> None:
    if not wishes:
        click.echo("nothing is to be replaced, or all of it was asked for before (--again asks once more)")
        return
    for wish, memento in zip(wishes, mementos, strict=True):
        click.echo(screen.styled(screen.line(wish.source.url), bold=True))
        of = f", of {screen.when(memento.at)}" if memento.at and memento.url else ""
        kept = f"; {memento.kept:.0%} of our own text is in it" if memento.kept is not None and memento.url else ""
        click.echo(screen.wrapped(f"{_WORDS[memento.said]}{of}{kept}", "  "))
        if memento.url:
            click.echo(f"  -> {screen.line(memento.url)}")
        elif memento.said is Said.NO_ANSWER and memento.capture_id:
            click.echo(screen.wrapped(_why(catalogue, memento.capture_id), "  ", "    "))
    counts = Counter(memento.said for memento in mementos)
    words = ", ".join(f"{number:,} {said}" for said, number in counts.most_common())
    click.echo(f"{screen.count(len(wishes), 'source')} asked for: {words}")


def _why(catalogue: Catalogue, capture_id: int) -> str:
    """Return what became of the last request to an archive, and whom it asked."""
    capture = catalogue.captures.get(capture_id)
    if capture is None:
        return ""
    said = explain(capture.outcome, None, capture.http_status, capture.error, capture.evidence)
    return screen.line(f"{host_of(capture.asked_url or '')}: {said}")
