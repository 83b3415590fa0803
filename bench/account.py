"""What became of each URL of the list, as an archive's catalogue has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archive.errors import ArchiveError
from archive.folder import ArchiveFolder
from archive.words import Outcome
from bench.pages import BenchError, address_of

if TYPE_CHECKING:
    from pathlib import Path

    from bench.pages import Page


@dataclass(slots=True)
class Account:
    """The URLs of the list, by what became of them."""

    outcomes: dict[str, int] = field(default_factory=dict)
    """How many URLs have each outcome."""
    verdicts: dict[str, int] = field(default_factory=dict)
    """How many URLs have each verdict; empty when no texts were made."""
    failures: dict[str, list[str]] = field(default_factory=dict)
    """URLs by outcome, of those that were not fetched."""
    missed: list[str] = field(default_factory=list)
    """Those of them that the server serves."""
    without: list[str] = field(default_factory=list)
    """URLs without an outcome."""
    changed: list[str] = field(default_factory=list)
    """URLs whose citation is not as they stand in the list."""
    sources: int = 0
    """How many sources the URLs became."""


def account_of(archive: Path, pages: list[Page]) -> Account:
    """Read the catalogue of *archive*, where each page's id is an incident that cites its URL; raises BenchError."""
    rows = _rows(archive)
    account = Account()
    for page in pages:
        cited_as, _, outcome, verdict = rows.get(page.id, ("", "", None, None))
        if outcome is None or cited_as.strip() != page.url.strip():
            account.without.append(page.url)
            continue
        account.outcomes[outcome] = account.outcomes.get(outcome, 0) + 1
        if verdict is not None:
            account.verdicts[verdict] = account.verdicts.get(verdict, 0) + 1
        if cited_as != page.url:
            account.changed.append(page.url)
        if outcome != Outcome.FETCHED:
            account.failures.setdefault(outcome, []).append(page.url)
            account.missed += [page.url] if address_of(page.url) else []
    account.sources = len({source for _, source, _, _ in rows.values()})
    return account


def _rows(archive: Path) -> dict[str, tuple[str, str, str | None, str | None]]:
    """Return citation, source, outcome and verdict of each incident."""
    try:
        with ArchiveFolder.open(archive).catalogue() as catalogue:
            return {
                row["incident_id"]: (row["cited_as"], row["url"], row["outcome"], row["verdict"])
                for row in catalogue.reports.export()
            }
    except ArchiveError as error:
        raise BenchError(str(error)) from error
