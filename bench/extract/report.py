"""All that one run of the bench measured: as tables, as JSON, against the targets, and whether it holds together."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING, Any

import click

from bench import metadata_score
from bench.extract.comments import count_comments
from bench.extract.extractors import ARTICLE_ALONE, SOURCEKEEP, TRAFILATURA
from bench.extract.quality import Called, called, labelled_f1, score
from bench.extract.table import print_called, print_comments, print_scores, print_speeds
from bench.extract.targets import Target, print_targets

if TYPE_CHECKING:
    from bench.extract.corpus import Corpus
    from bench.extract.rounds import Run, Scaling


@dataclass(frozen=True)  # no slots: what is derived is kept
class Report:
    """One run of the bench."""

    corpus: Corpus
    runs: dict[str, Run]
    """By contender."""
    scaled: Scaling
    """How much faster two processes are than one, of those of whom that was measured."""

    @cached_property
    def scores(self) -> dict[str, dict[str, dict[str, Any]]]:
        """The referee's figures by contender and part."""
        return {name: score(self.corpus, run.first.found) for name, run in self.runs.items()}

    @cached_property
    def called(self) -> Called | None:
        """What Sourcekeep called the pages; None where it didn't run."""
        return called(self.runs[SOURCEKEEP].first.found) if SOURCEKEEP in self.runs else None

    @cached_property
    def comments(self) -> dict[str, int] | None:
        """Where Sourcekeep has the phrases of readers' comments; None where it didn't run."""
        return count_comments(self.corpus, self.runs[SOURCEKEEP].first.found) if SOURCEKEEP in self.runs else None

    @cached_property
    def targets(self) -> list[Target]:
        """What the text is held to."""
        articles, segments = (self.scores.get(SOURCEKEEP, {}).get(part, {}) for part in ("articles", "segments"))
        walls = None if self.called is None else len(self.called.walls)
        labelled = None if self.called is None else labelled_f1()
        two = median(self.scaled[SOURCEKEEP]) if self.scaled.get(SOURCEKEEP) else None
        return [
            Target("articles, F1", articles.get("f1"), 0.983),
            Target("articles, share that is exact", articles.get("exact"), 0.45),
            Target("segments, F1", segments.get("f1"), 0.955),
            Target("segments, unwanted phrases leaked", segments.get("leaked"), 60, at_most=True),
            Target("ordinary pages that are called a wall", walls, 0, at_most=True),
            Target("macro F1 of the verdicts on the labelled pages", labelled, 0.97),
            Target("pages/s of the article alone, by trafilatura.extract", self._speed(ARTICLE_ALONE), 1.5),
            Target("pages/s of all that extract_page makes, by trafilatura.extract", self._speed(SOURCEKEEP), 1.5),
            Target("pages/s of two processes, by one", two, 1.9),
        ]

    def _speed(self, name: str) -> float | None:
        measured = {name, TRAFILATURA} <= self.runs.keys()
        return self.runs[name].speed_by(self.runs[TRAFILATURA]) if measured else None

    def print(self) -> None:
        """Print the tables, and the figures that are Sourcekeep's alone."""
        runs = list(self.runs.values())
        print_scores(runs, self.scores)
        if self.comments:
            print_comments(self.comments)
        print_speeds(runs)
        for name, ratios in self.scaled.items():
            click.echo(f"{name} in two processes: {median(ratios):.2f} times the pages/s of one, by the wall clock")
        if self.called:
            print_called(self.called)
            click.echo(f"verdicts on the labelled pages: macro F1 {labelled_f1():.4f} (python -m bench.verdict_score)")
        if self.called and any(wanted.get("title") for wanted in self.corpus.truth["segments"].values()):
            click.echo("\nmetadata, on all pages of segments that are annotated with a title")
            metadata_score.main(self.corpus.folder)

    def print_targets(self) -> None:
        """Print each target with what came out."""
        print_targets(self.targets)

    def problems(self) -> list[str]:
        """Return what is wrong with Sourcekeep's own runs: nothing may be."""
        problems = []
        for run in self.runs.values():
            if run.name not in (SOURCEKEEP, ARTICLE_ALONE):
                continue
            if run.first.failed:
                key, error = next(iter(run.first.failed.items()))
                problems.append(f"{run.name} failed on {len(run.first.failed)} pages, such as {'/'.join(key)}: {error}")
            if wavering := run.wavering():
                problems.append(f"{run.name} made another thing of {len(wavering)} pages: {', '.join(wavering[:5])}")
        return problems

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON wants it."""
        return {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()},
            "corpus": self.corpus.digest(),
            "runs": [{**run.as_dict(), "scores": self.scores[name]} for name, run in self.runs.items()],
            "two_processes": self.scaled,
            "verdicts": asdict(self.called) if self.called else None,
            "comments": self.comments,
            "targets": [target.as_dict() for target in self.targets],
        }
