"""The ratios that the crawl's speed is held to, each of two figures of one run of the bench."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

import click

from bench.results import ratio_of

if TYPE_CHECKING:
    from bench.results import Result

ALONE = "sourcekeep, one fetching"
FULL = "sourcekeep"
FETCH_ONLY = "sourcekeep --no-extract"
LIKE_WGET = "sourcekeep, no robots.txt"
SCRAPY = "scrapy, trimmed"
SCRAPY_AS_IT_COMES = "scrapy"
WGET = "wget"


@dataclass(frozen=True, slots=True)
class Ratio:
    """One of them; `value` is None where a contender was left out."""

    what: str
    value: float | None
    target: float

    @property
    def reached(self) -> bool | None:
        """Whether it is at least the target."""
        return None if self.value is None else self.value >= self.target

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON wants it."""
        value = None if self.value is None else round(self.value, 3)
        return {"what": self.what, "value": value, "target": self.target, "reached": self.reached}


def ratios(results: list[Result], delayed: list[Result]) -> list[Ratio]:
    """Return the ratios of the runs without delay and of those that were *delayed*."""

    def runs(who: str, of: list[Result] = results) -> list[Result]:
        return [result for result in of if result.who == who]

    full = [run.crawled.extract_seconds / run.crawled.run.seconds for run in runs(FULL)]
    return [
        Ratio("recorded and written, by plain Scrapy", ratio_of(runs(ALONE), runs(SCRAPY_AS_IT_COMES)), 0.8),
        Ratio(
            "recorded and written, by plain Scrapy trimmed as the crawl is", ratio_of(runs(ALONE), runs(SCRAPY)), 0.8
        ),
        Ratio("fetched and archived, by wget", ratio_of(runs(FETCH_ONLY), runs(WGET)), 1.0),
        Ratio(
            "the same from a server that waits, by wget",
            ratio_of(runs(FETCH_ONLY, delayed), runs(WGET, delayed)),
            25.0,
        ),
        Ratio("the whole path with texts, by extraction alone", median(full) if full else None, 0.9),
    ]


def print_ratios(found: list[Ratio]) -> None:
    """Print a line for each."""
    click.echo("\nratio   target")
    for ratio in found:
        value = "    -" if ratio.value is None else f"{ratio.value:5.2f}"
        verdict = {True: "reached", False: "NOT reached", None: "not measured"}[ratio.reached]
        click.echo(f"{value}   {ratio.target:5.2f}    {ratio.what}: {verdict}")
