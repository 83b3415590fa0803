"""`sourcekeep status` for people, in 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sourcekeep.invocation import as_typed
from sourcekeep.judgement import Standing
from sourcekeep.screen import count, line, shortened, size, styled, when, width, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archive.records import Quarantined
    from sourcekeep.status import Failure, Glance, Reason, Status

_NAME = 14
_COLOURS = {Standing.USABLE: "green", Standing.TO_CHECK: "yellow", Standing.NOT_USABLE: "red"}
_RAW_SHOWN = 300


def print_status(status: Status) -> None:
    """Print *status* as sections: numbers, sources by what they are good for, incidents, next steps."""
    _print_numbers(status)
    _print_sources(status)
    _print_incidents(status)
    if status.next_steps:
        _heading("What to do next")
        for step in status.next_steps:
            click.echo(f"  {line(step)}")


def _heading(text: str) -> None:
    click.echo()
    click.echo(styled(text, bold=True))


def _fact(name: str, text: str) -> None:
    click.echo(wrapped(text, f"{name:<{_NAME}}", " " * _NAME))


def _print_numbers(status: Status) -> None:
    numbers = status.overview
    _fact("archive", line(status.archive))
    lost = f"; {count(numbers.lost_links, 'cited link')} without a URL" if numbers.lost_links else ""
    _fact("incidents", f"{numbers.incidents:,}, citing {count(numbers.sources, 'source')}{lost}")
    _fact("captures", f"{numbers.captures:,}; {_crawl_words(status)}")
    _fact("texts", f"{numbers.with_text:,}, {count(numbers.words, 'word')}")
    _fact("languages", _listed(numbers.languages) or "none")
    _fact("evidence", f"{size(status.warc_bytes)} in {count(status.warc_files, 'WARC file')}")
    after = f"; the next after that {when(status.next_due_at)}" if _is_later(status) else ""
    _fact("due now", f"{count(numbers.due, 'source')}{after}")
    if numbers.quarantined:
        _fact("quarantined", f"{count(numbers.quarantined, 'piece')} of imports could not be read")
    _fact("outcomes", _listed(numbers.outcomes) or "none")
    _fact("verdicts", _listed(numbers.verdicts) or "none")
    _fact("links", _listed(numbers.health) or "none")


def _is_later(status: Status) -> bool:
    return status.next_due_at is not None and status.next_due_at > status.at


def _crawl_words(status: Status) -> str:
    crawl = status.last_crawl
    if crawl is None:
        return "no crawl yet"
    if crawl["finished_at"] is None:
        return f"crawl {crawl['id']} began {when(crawl['started_at'])} and has not ended, or was killed"
    return f"the last crawl ended {when(crawl['finished_at'])} ({crawl['ended']})"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in counts.items())


def _print_sources(status: Status) -> None:
    if not status.overview.sources:
        return
    _heading(f"{count(status.overview.sources, 'source')} cited, {_standing_words(status.standings)}")
    for standing in (Standing.TO_CHECK, Standing.NOT_USABLE, Standing.WAITING):
        chosen = [reason for reason in status.reasons if reason.standing is standing]
        if chosen:
            click.echo(styled(f"  {standing.words}", fg=_COLOURS.get(standing)))
        for reason in chosen:
            _print_reason(reason)


def _print_reason(reason: Reason) -> None:
    click.echo(f"  {reason.sources:>6,}  {styled(reason.label, bold=True)}")
    click.echo(wrapped(line(reason.explanation), " " * 10))
    if reason.advice:
        click.echo(wrapped(as_typed(reason.advice), "       -> ", " " * 10))


def _standing_words(standings: Mapping[str, int]) -> str:
    """Return `4 usable, 5 not usable`; what is 0 is left out, but for usable."""
    words = [
        styled(f"{standings[standing]:,} {standing.words}", fg=_COLOURS.get(standing))
        for standing in Standing
        if standings[standing] or standing is Standing.USABLE
    ]
    return ", ".join(words)


def _print_incidents(status: Status) -> None:
    if not status.glances:
        return
    _heading(f"Incidents with the fewest usable sources ({len(status.glances)} of {status.overview.incidents:,})")
    for glance in status.glances:
        _print_glance(glance)


def _print_glance(glance: Glance) -> None:
    name = " ".join(filter(None, (line(glance.id), line(glance.title or ""))))
    numbers = f"  {glance.cited:,} cited, {_standing_words(glance.standings)}"
    lost = f"; {count(glance.lost_links, 'link')} without a URL" if glance.lost_links else ""
    click.echo(f"  {styled(shortened(name, width() - 2), bold=True)}")
    click.echo(f"  {numbers}{lost}")
    if glance.reasons:
        click.echo(wrapped(_listed(dict(_most_first(glance.reasons))), "    why not: ", " " * 13))


def _most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def print_failures(found: Iterable[Failure]) -> None:
    """Print a paragraph for each source that has no usable last capture."""
    number = 0
    for failure in found:
        number += 1
        click.echo(f"{styled(failure.label, bold=True)}  {line(failure.url)}")
        click.echo(wrapped(line(failure.explanation), "  "))
        if failure.kept_from:
            click.echo(f"  A copy of {when(failure.kept_from)} is kept.")
        if failure.advice:
            click.echo(wrapped(as_typed(failure.advice), "  -> ", "     "))
        cited_by = ", ".join(map(line, failure.incident_ids)) or "no incident any more"
        click.echo(wrapped(f"seen {when(failure.captured_at)}; cited by {cited_by}", "  "))
        click.echo()
    click.echo(f"{count(number, 'source')} without a usable last capture" if number else "no capture failed")


def print_quarantine(pieces: Iterable[Quarantined]) -> None:
    """Print what of imports could not be read."""
    number = 0
    for piece in pieces:
        number += 1
        place = f"{line(piece.file)}, line {piece.line}" if piece.line else line(piece.file)
        click.echo(wrapped(f"{place}: {line(piece.reason)}"))
        click.echo(wrapped(shortened(line(piece.raw), _RAW_SHOWN), "    "))
    click.echo(f"{count(number, 'piece')} in quarantine" if number else "nothing is in quarantine")
