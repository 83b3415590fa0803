"""The figures of the contenders as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from bench.extract.comments import NOT_SERVED
from bench.extract.extractors import TRAFILATURA

if TYPE_CHECKING:
    from bench.extract.quality import Called
    from bench.extract.rounds import Run

WIDTH = 120
"""Of the tables, in characters; they must stay whole in a log as well."""
_COLUMNS = {
    "articles": {"F1": "f1", "precision": "precision", "recall": "recall", "exact": "exact"},
    "segments": {"F1": "f1", "precision": "precision", "recall": "recall", "leaked": "leaked", "missed": "missed"},
}


def print_scores(runs: list[Run], scores: dict[str, dict[str, dict[str, Any]]]) -> None:
    """Print for each part of the corpus a line for each contender."""
    for part, columns in _COLUMNS.items():
        pages = next(iter(scores.values()))[part]["pages"]
        table = _table(f"{part}: {pages} pages")
        for name in columns:
            table.add_column(name, justify="right")
        for run in runs:
            figures = scores[run.name][part]
            table.add_row(run.name, *(_form(figures[key]) for key in columns.values()))
        _print(table)


def print_speeds(runs: list[Run]) -> None:
    """Print what each contender took of one core, beside trafilatura as it comes."""
    baseline = next((run for run in runs if run.name == TRAFILATURA), None)
    table = _table(f"speed on one core, by processor time (medians of {len(runs[0].rounds)} rounds)")
    for name in ("CPU s", "pages/s", "x trafilatura", "failed on"):
        table.add_column(name, justify="right")
    for run in runs:
        ratio = f"{run.speed_by(baseline):.2f}" if baseline else "-"
        seconds = run.pages / run.pages_per_second
        table.add_row(run.name, f"{seconds:.2f}", f"{run.pages_per_second:.1f}", ratio, str(len(run.first.failed)))
    _print(table)


def print_comments(counts: dict[str, int]) -> None:
    """Print where the phrases of readers' comments are, of those that the pages hold."""
    served = {place: count for place, count in counts.items() if place != NOT_SERVED}
    places = ", ".join(f"{count} {place}" for place, count in served.items())
    click.echo(f"\nphrases of readers' comments: {places} ({counts[NOT_SERVED]} more were {NOT_SERVED})")


def print_called(found: Called) -> None:
    """Print what Sourcekeep called the pages, and each page that it called no content."""
    counts = ", ".join(f"{verdict} {count}" for verdict, count in found.verdicts.items())
    click.echo(f"\nverdicts of sourcekeep: {counts}")
    for line in found.walls:
        click.echo(f"  {line}")
    for line in found.cut_off:
        click.echo(f"  cut off by its publisher: {line}")


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("who", no_wrap=True, min_width=25)
    return table


def _print(table: Table) -> None:
    click.echo()
    Console(highlight=False, width=WIDTH).print(table)


def _form(figure: float) -> str:
    return f"{figure:.4f}" if isinstance(figure, float) else str(figure)
