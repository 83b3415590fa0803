"""What a crawl says when it is over: sources, outcomes, verdicts, bytes, and what to do next."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from archive.clock import utc_now
from archive.words import Outcome, Verdict, Via
from sourcekeep import screen
from sourcekeep.invocation import with_archive

if TYPE_CHECKING:
    from archive.folder import ArchiveFolder


@dataclass(frozen=True, slots=True)
class CrawlReport:
    """One crawl in numbers."""

    crawl_id: int
    ended: str
    planned: int
    captured: int
    outcomes: dict[str, int]
    verdicts: dict[str, int]
    probes: dict[str, int]
    """Outcomes of requests for made-up pages; those are no sources."""
    bytes: int
    seconds: float
    due_now: int
    next_due_at: str | None
    advice: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON wants it."""
        return asdict(self)


def make_report(folder: ArchiveFolder, crawl_id: int, planned: int) -> CrawlReport:
    """Read what the crawl *crawl_id* of *folder* came to."""
    with folder.catalogue() as catalogue:
        outcomes = catalogue.crawls.outcomes(crawl_id)
        verdicts = catalogue.crawls.verdicts(crawl_id)
        row = catalogue.crawls.get(crawl_id)
        captured = sum(outcomes.values())
        ended = row["ended"] or "interrupted"
        return CrawlReport(
            crawl_id=crawl_id,
            ended=ended,
            planned=planned,
            captured=captured,
            outcomes=outcomes,
            verdicts=verdicts,
            probes=catalogue.crawls.outcomes(crawl_id, Via.PROBE),
            bytes=catalogue.crawls.bytes_fetched(crawl_id),
            seconds=_seconds(row["started_at"], row["finished_at"] or utc_now()),
            due_now=catalogue.sources.count_due(utc_now()),
            next_due_at=catalogue.sources.next_due_after(utc_now()),
            advice=tuple(_advice(folder, planned - captured, outcomes, verdicts)),
        )


def _seconds(start: str, end: str) -> float:
    seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    return max(0.0, round(seconds, 3))  # a clock may have been put back in between


_FAILED = frozenset(Outcome) - {Outcome.FETCHED, Outcome.NOT_MODIFIED}
_WALLS = (Verdict.PAYWALLED, Verdict.CONSENT_WALL, Verdict.BOT_WALL, Verdict.LOGIN_WALL, Verdict.JS_REQUIRED)


def _advice(folder: ArchiveFolder, left: int, outcomes: dict[str, int], verdicts: dict[str, int]) -> list[str]:
    command = with_archive(folder.path)
    lines = []
    if left > 0:
        lines.append(f"{screen.count(left, 'source')} left: {command} crawl")
    if any(outcomes.get(outcome) for outcome in _FAILED) or any(verdicts.get(wall) for wall in _WALLS):
        lines.append(f"why some have no text: {command} status --failures")
    if any(verdicts.get(verdict) for verdict in (Verdict.ARTICLE, Verdict.DOCUMENT)):
        lines.append(f"read what was kept:    {command} search WORDS")
    if not folder.settings().contact:
        lines.append(f"say who you are:       set contact in {folder.settings_path}")
    return lines


def print_report(report: CrawlReport) -> None:
    """Print *report* as a table for people."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(title=f"Crawl {report.crawl_id}: {_ended(report)}", title_justify="left", box=None, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    rate = report.captured / report.seconds if report.seconds else 0
    table.add_row("sources", f"{report.captured} of {report.planned} captured")
    table.add_row("outcomes", _listed(report.outcomes) or "none")
    table.add_row("verdicts", _listed(report.verdicts) or "none")
    if report.probes:
        table.add_row("probes", _listed(report.probes))
    table.add_row("bytes", f"{report.bytes:,} received")
    table.add_row("time", f"{report.seconds:.1f} s, {rate:.1f} sources/s")
    table.add_row("next due", _due(report))
    console.print(table)
    for line in report.advice:
        console.print(f"  {line}", markup=False, soft_wrap=True)


def _due(report: CrawlReport) -> str:
    later = screen.when(report.next_due_at) if report.next_due_at else "nothing"
    return f"{screen.count(report.due_now, 'source')} now" if report.due_now else later


def _ended(report: CrawlReport) -> str:
    words = {
        "finished": "done",
        "shutdown": "stopped",
        "write-failed": "FAILED, captures could not be written",
        "failed": "FAILED, what has no capture stays due",
    }
    return words.get(report.ended, report.ended)


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
