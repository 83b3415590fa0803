"""The archive in numbers: what is cited, what is usable, why the rest is not, and what to do next."""

from __future__ import annotations

import heapq
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from archive.clock import utc_now
from archive.words import Outcome
from sourcekeep.invocation import with_archive
from sourcekeep.judgement import Judgement, Standing, is_good, judge
from sourcekeep.words import NOT_EXTRACTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from archive.catalogue import Catalogue
    from archive.catalogue.reports import Overview, SourceLine
    from archive.folder import ArchiveFolder


@dataclass(slots=True)
class Glance:
    """An incident at a glance: how many distinct sources it cites, and what they are good for."""

    id: str
    title: str | None
    lost_links: int
    """What it cites without a URL."""
    cited: int = 0
    standings: dict[str, int] = field(default_factory=lambda: dict.fromkeys(map(str, Standing), 0))
    reasons: dict[str, int] = field(default_factory=dict)
    """Of the sources that are not usable: how many have which label."""

    def count(self, found: Judgement) -> None:
        """Count one more source."""
        self.cited += 1
        self.standings[found.standing] += 1
        if found.standing is not Standing.USABLE:
            self.reasons[found.label] = self.reasons.get(found.label, 0) + 1

    def need(self) -> tuple[float, float]:
        """Return a key to sort by: fewest usable sources first, then most that are not usable."""
        cited = self.cited or 1
        return self.standings[Standing.USABLE] / cited, -self.standings[Standing.NOT_USABLE] / cited


@dataclass(slots=True)
class Reason:
    """Why sources are not usable, and what to do about it."""

    label: str
    standing: Standing
    sources: int
    explanation: str
    advice: str


@dataclass(frozen=True, slots=True)
class Status:
    """All that `sourcekeep status` says."""

    archive: str
    at: str
    overview: Overview
    standings: dict[str, int]
    reasons: list[Reason]
    next_due_at: str | None
    last_crawl: dict[str, Any] | None
    warc_files: int
    warc_bytes: int
    glances: list[Glance]
    next_steps: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON wants it: the overview's numbers first, the incidents that are shown last."""
        values = asdict(self)
        glances = values.pop("glances")
        head = {"archive": values.pop("archive"), "at": values.pop("at"), **values.pop("overview")}
        return {**head, **values, "incidents_shown": glances}


@dataclass(frozen=True, slots=True)
class Failure:
    """A source whose last capture brought nothing usable, in words."""

    url: str
    incident_ids: tuple[str, ...]
    captured_at: str
    label: str
    explanation: str
    advice: str
    kept_from: str | None
    """When the copy was captured that is kept nevertheless."""


def make_status(folder: ArchiveFolder, catalogue: Catalogue, *, incidents: int) -> Status:
    """Count what is in the archive, with at most *incidents* of them at a glance, fewest usable sources first."""
    now = utc_now()
    overview = catalogue.reports.overview(now)
    glances = {head.id: Glance(head.id, head.title, head.lost_links) for head in catalogue.reports.incident_heads()}
    standings: Counter[str] = Counter()
    reasons: dict[tuple[Standing, str], Reason] = {}
    for line in catalogue.reports.source_lines():
        _count(line, standings, reasons, glances)
    files, size = _warc_use(folder.warc_dir)
    return Status(
        archive=str(folder.path),
        at=now,
        overview=overview,
        standings={standing: standings[standing] for standing in Standing},
        reasons=sorted(reasons.values(), key=lambda reason: (-reason.sources, reason.label)),
        next_due_at=catalogue.sources.next_due_after(utc_now()),
        last_crawl=_last_crawl(catalogue),
        warc_files=files,
        warc_bytes=size,
        glances=heapq.nsmallest(incidents, filter(_cites, glances.values()), key=Glance.need),
        next_steps=list(_next_steps(folder, overview, standings, reasons.values())),
    )


def _count(
    line: SourceLine,
    standings: Counter[str],
    reasons: dict[tuple[Standing, str], Reason],
    glances: dict[str, Glance],
) -> None:
    found = judge(asdict(line))
    standings[found.standing] += 1
    if found.standing is not Standing.USABLE:
        # The first one's details are left out: the sentence is for all of them.
        status = line.http_status if found.label.startswith(Outcome.HTTP_ERROR) else None
        general = judge({**asdict(line), "error": None, "http_status": status, "evidence": _rule_alone(line.evidence)})
        reason = reasons.setdefault(
            (found.standing, found.label),
            Reason(found.label, found.standing, 0, general.explanation, general.advice),
        )
        reason.sources += 1
    for incident_id in line.incident_ids:
        if incident_id in glances:  # else an import added it after the incidents were read
            glances[incident_id].count(found)


def _cites(glance: Glance) -> bool:
    return glance.cited > 0


def _rule_alone(evidence: dict[str, Any]) -> dict[str, Any]:
    outcome = evidence.get("outcome")
    return {"outcome": {"rule": outcome.get("rule")}} if isinstance(outcome, dict) else {}


def _last_crawl(catalogue: Catalogue) -> dict[str, Any] | None:
    row = catalogue.crawls.last()
    if row is None:
        return None
    kept = ("id", "started_at", "finished_at", "trigger", "ended")
    counts = json.loads(row["counts"]) if row["counts"] else catalogue.crawls.outcomes(row["id"])
    return {**{name: row[name] for name in kept}, "outcomes": counts}


def _warc_use(warc_dir: Path) -> tuple[int, int]:
    """Return how many WARC files there are, and their bytes."""
    sizes = []
    for path in warc_dir.glob("*.warc.gz*"):
        try:
            sizes.append(path.stat().st_size)
        except FileNotFoundError:  # a crawl finishes a file by renaming it
            sizes.append(path.with_suffix("").stat().st_size)
    return len(sizes), sum(sizes)


def _next_steps(
    folder: ArchiveFolder, overview: Overview, standings: Counter[str], reasons: Iterable[Reason]
) -> Iterator[str]:
    command = with_archive(folder.path)
    if not overview.incidents:
        yield f"import what is to be archived: {command} import FILE"
    if overview.due:
        yield f"fetch what is due: {command} crawl"
    if any(reason.label == NOT_EXTRACTED for reason in reasons):
        yield f"make texts of what was fetched: {command} extract"
    if standings[Standing.NOT_USABLE] + standings[Standing.TO_CHECK]:
        yield f"see each source that needs somebody: {command} status --failures"
    if overview.quarantined:
        yield f"see what could not be imported: {command} status --quarantine"
    if overview.with_text:
        yield f"read what was kept: {command} search WORDS"


def failures(catalogue: Catalogue) -> Iterator[Failure]:
    """Iterate over the captured sources whose last capture brought nothing usable, in order of first citation."""
    for line in catalogue.reports.source_lines():
        if line.captured_at is None or is_good(line.outcome, line.verdict):
            continue
        last = judge({**asdict(line), "best_outcome": None, "best_verdict": None})
        if last.standing is Standing.WAITING:
            continue
        kept = line.best_captured_at if line.best_captured_at != line.captured_at else None
        yield Failure(line.url, line.incident_ids, line.captured_at, last.label, last.explanation, last.advice, kept)
