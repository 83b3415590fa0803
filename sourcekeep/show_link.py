"""The part of `sourcekeep show URL` that says what became of the link."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archive.words import LOST
from sourcekeep.audit.wording import rule_in_words
from sourcekeep.screen import count, line, shortened, styled, when, wrapped

if TYPE_CHECKING:
    from sourcekeep.audit.link_view import DriftView, LinkView

_NAME = 14
_MOST_DIFFERENCES = 12
_LONGEST_LINE = 240
_MARKS = {"-": "red", "+": "green"}


def print_link(view: LinkView, *, history: bool) -> None:
    """Print the health of a link with its proof, and how its text has drifted."""
    click.echo()
    click.echo(styled("Link", bold=True))
    _fact("health", f"{view.measured}: {view.explanation}")
    if view.pin:
        pin = view.pin
        _fact("pinned", f"{pin.health}, by {line(pin.pinned_by)} on {when(pin.pinned_at)}: {line(pin.reason)}")
    if view.steps:
        step = view.steps[-1]
        _fact("since", f"{when(step.since)}, by the rule {line(step.rule)} (capture {step.capture_id})")
    if view.first_failed_at:
        good = (
            f"between {when(view.last_good_at)}, when it was good for the last time, and" if view.last_good_at else "by"
        )
        lost = "lost" if view.measured in LOST else "failing"
        _fact(lost, f"{good} {when(view.first_failed_at)}; {count(view.failures, 'failure')} count since then")
    if history and len(view.steps) > 1:
        for step in view.steps:
            _fact(
                "" if step is not view.steps[0] else "changes", f"{when(step.since)}  {step.health} ({line(step.rule)})"
            )
    if view.drift:
        _print_drift(view.drift, whole=history)


def said_in_words(view: LinkView, capture_id: int) -> str | None:
    """Return what one capture says of the link, or None for one that wasn't of its own server."""
    if capture_id not in view.said:
        return None
    signal, rule = view.said[capture_id]
    return f"says {signal}: {rule_in_words(rule)} ({rule})"


def _fact(name: str, text: str) -> None:
    click.echo(wrapped(text, f"  {name:<{_NAME}}", " " * (_NAME + 2)))


def _print_drift(view: DriftView, *, whole: bool) -> None:
    drift = view.drift
    _fact(
        "text",
        f"{drift.change} since {when(view.reference_at)}: {drift.kept:.0%} of it is still there, "
        f"{count(drift.words_lost, 'word')} went, {count(drift.words_gained, 'word')} came",
    )
    if view.quotations_kept or view.quotations_lost:
        total = len(view.quotations_kept) + len(view.quotations_lost)
        _fact("quotations", f"{len(view.quotations_kept)} of {total} that incidents quote are still there")
    for passage in view.quotations_lost:
        _fact("", f"gone: “{shortened(line(passage), _LONGEST_LINE)}”")
    lines = view.diff if whole else view.diff[:_MOST_DIFFERENCES]
    for mark, paragraph in lines:
        said = line(paragraph) if whole else shortened(line(paragraph), _LONGEST_LINE)
        click.echo(styled(wrapped(f"{mark} {said}".rstrip(), "    ", "      "), fg=_MARKS.get(mark)))
    if len(lines) < len(view.diff):
        click.echo("    … (--history shows all differences)")
