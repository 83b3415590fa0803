"""The figures of the runs, as a table, and what must hold in each of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from archive.words import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bench.account import Account
    from bench.contenders import Crawled
    from bench.pages import Page
    from bench.warcs import WarcCheck

SHOWN = 3
"""Examples for each kind of failure."""
SHOWN_CHARACTERS = 40
WIDTH = 120
"""Of the table, in characters; it must stay whole in a log as well."""


@dataclass(frozen=True, slots=True)
class Result:
    """One run of one contender."""

    who: str
    round: int
    crawled: Crawled
    warcs: WarcCheck
    server_cpu_seconds: float

    @property
    def pages(self) -> int:
        """Pages that are in the WARC, or that a contender fetched which writes none."""
        return self.warcs.pages if self.crawled.pages is None else self.crawled.pages

    @property
    def pages_per_second(self) -> float:
        """Pages by the wall clock from the start of the program to its end."""
        return self.pages / self.crawled.run.seconds

    def problems(self) -> list[str]:
        """Return what is wrong with it: nothing may be."""
        problems = list(self.warcs.problems)
        if not self.warcs.files and self.crawled.pages is None:
            problems.append("it wrote no WARC file")
        if self.warcs.exact != self.warcs.pages:
            problems.append(f"{self.warcs.pages - self.warcs.exact} responses are not what was served")
        return problems + (self._account_problems(self.crawled.account) if self.crawled.account else [])

    def _account_problems(self, account: Account) -> list[str]:
        problems = []
        if account.without:
            problems.append(f"{len(account.without)} URLs have no outcome: {_examples(account.without)}")
        if account.missed:
            problems.append(f"{len(account.missed)} pages were served and not fetched: {_examples(account.missed)}")
        unjudged = account.outcomes.get(Outcome.FETCHED, 0) - sum(account.verdicts.values())
        if self.crawled.extracts and unjudged:
            problems.append(f"{unjudged} pages were fetched and have no verdict")
        return problems

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON wants it."""
        run = self.crawled.run
        return {
            "who": self.who,
            "round": self.round,
            "seconds": round(run.seconds, 3),
            "pages_per_second": round(self.pages_per_second, 2),
            "cpu_seconds": round(run.cpu_seconds, 3),
            "server_cpu_seconds": round(self.server_cpu_seconds, 3),
            "peak_mib": round(run.peak_mib, 1),
            "peak_sum_mib": round(run.peak_sum_mib, 1),
            "exit_code": run.exit_code,
            "import_seconds": round(self.crawled.import_seconds, 3),
            "urls_given": self.crawled.given,
            "account": asdict(self.crawled.account) if self.crawled.account else None,
            "extract_seconds": round(self.crawled.extract_seconds, 3),
            "pages": self.pages,
            "pages_exact": self.warcs.exact,
            "warc_files": self.warcs.files,
            "warc_bytes": self.warcs.bytes,
            "warc_records": dict(self.warcs.records),
            "report": self.crawled.report,
            "problems": self.problems(),
        }


def print_table(results: list[Result], rival: str, title: str = "") -> None:
    """Print a line for each contender: the medians over its rounds, and of its ratios to *rival* (`ratio_of`)."""
    rounds = max(result.round for result in results)
    title = title or (f"Medians of {rounds} rounds, run in turn" if rounds > 1 else "One round")
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("who", no_wrap=True)
    for name in (*_COLUMNS, f"x {rival}"):
        table.add_column(name, justify="right")
    for who, runs in _by_contender(results).items():
        figures = [form.format(median(map(figure, runs))) for figure, form in _COLUMNS.values()]
        table.add_row(who, *figures, _ratio(runs, [run for run in results if run.who == rival]))
    Console(highlight=False, width=WIDTH).print(table)


def print_checks(results: list[Result], pages: list[Page]) -> bool:
    """Print what became of the URLs and whether the WARC files are whole; returns whether all is well."""
    for who, runs in _by_contender(results).items():
        click.echo(f"\n{who}")
        for line in _lines(runs[-1], len(pages)):
            click.echo(f"  {line}")
    problems = [f"{result.who}, round {result.round}: {problem}" for result in results for problem in result.problems()]
    for problem in problems:
        click.echo(f"FAILED {problem}", err=True)
    return not problems


_COLUMNS: dict[str, tuple[Callable[[Result], float], str]] = {
    "pages": (lambda result: result.pages, "{:.0f}"),
    "seconds": (lambda result: result.crawled.run.seconds, "{:.2f}"),
    "pages/s": (lambda result: result.pages_per_second, "{:.1f}"),
    "CPU s": (lambda result: result.crawled.run.cpu_seconds, "{:.2f}"),
    "server CPU s": (lambda result: result.server_cpu_seconds, "{:.2f}"),
    "WARC MB": (lambda result: result.warcs.bytes / 1e6, "{:.1f}"),
    "peak MiB": (lambda result: result.crawled.run.peak_mib, "{:.0f}"),
    "all processes": (lambda result: result.crawled.run.peak_sum_mib, "{:.0f}"),
}


def _by_contender(results: list[Result]) -> dict[str, list[Result]]:
    grouped: dict[str, list[Result]] = {}
    for result in results:
        grouped.setdefault(result.who, []).append(result)
    return grouped


def _ratio(runs: list[Result], rivals: list[Result]) -> str:
    ratio = ratio_of(runs, rivals)
    return "-" if ratio is None else f"{ratio:.2f}"


def ratio_of(runs: list[Result], rivals: list[Result]) -> float | None:
    """Return the pages a second of *runs* by those of *rivals* in the same round, or in their only one; None without.

    It is the median over the rounds.
    """
    if not runs or not rivals or not all(rival.pages for rival in rivals):
        return None
    if len(rivals) == 1:
        rivals = [replace(rivals[0], round=run.round) for run in runs]
    by_round = {rival.round: rival.pages_per_second for rival in rivals}
    return median(run.pages_per_second / by_round[run.round] for run in runs)


def _lines(result: Result, listed: int) -> list[str]:
    crawled, warcs = result.crawled, result.warcs
    if crawled.account:
        lines = _account_lines(crawled.account, listed)
    else:
        lines = [f"given {crawled.given} of {listed} URLs (the others it cannot read); {warcs.pages} came back"]
    if crawled.pages is not None:
        return [f"given {crawled.given} of {listed} URLs; {crawled.pages} came back, and nothing was kept"]
    lines.append(
        f"{warcs.files} WARC, {sum(warcs.records.values())} records ({_counts(warcs.records)}), "
        f"{'read to the end by gzip, fastwarc and warcio' if not warcs.problems else 'DAMAGED'}"
    )
    lines.append(f"{warcs.exact} of {warcs.pages} pages are byte for byte what the server sent")
    return lines


def _account_lines(account: Account, listed: int) -> list[str]:
    known = sum(account.outcomes.values())
    lines = [
        f"{known} of {listed} URLs have an outcome: {_counts(account.outcomes)}",
        f"they are {account.sources} sources: {known - account.sources} merged by the comparison key",
    ]
    if account.verdicts:
        lines.append(f"verdicts: {_counts(account.verdicts)}")
    if account.changed:
        lines.append(f"{len(account.changed)} are not cited as they stand: {_examples(account.changed)}")
    return lines + [f"{outcome}: {_examples(urls)}" for outcome, urls in account.failures.items()]


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _examples(urls: list[str]) -> str:
    more = f" and {len(urls) - SHOWN} more" if len(urls) > SHOWN else ""
    return ", ".join(repr(_shortened(url)) for url in urls[:SHOWN]) + more


def _shortened(url: str) -> str:
    return url if len(url) <= SHOWN_CHARACTERS else f"{url[: SHOWN_CHARACTERS // 2]}...{url[-SHOWN_CHARACTERS // 2 :]}"
