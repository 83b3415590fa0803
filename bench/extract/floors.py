"""Floors under the figures, which the tests hold: `tests/extract_floors.toml`.

python -m bench.extract.floors            # measure, and say how the figures stand to the floors
python -m bench.extract.floors --raise    # lift each floor to its figure; none is ever lowered by a program
"""

from __future__ import annotations

import sys
import tomllib
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench.extract.comments import IN_ARTICLE, IN_COMMENTS, count_comments
from bench.extract.contenders import ROOT, ContenderError, Runner
from bench.extract.corpus import CorpusError, load_corpus
from bench.extract.extractors import SOURCEKEEP
from bench.extract.quality import called, labelled_f1, metadata_scores, score
from bench.extract.rounds import read_together

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.extract.contenders import Answer
    from bench.extract.corpus import Corpus

    Figures = dict[str, dict[str, float]]
    """By section and name."""

FILE = ROOT / "tests" / "extract_floors.toml"
PROCESSES = 2

SLACK = {
    "f1": 0.002,
    "precision": 0.002,
    "recall": 0.002,
    "exact": 0.012,
    "leaked": 2,
    "missed": 2,
    "apart": 2,
    "mixed_in": 1,
    "article": 1,
    "index": 1,
    "walls": 0,
    "labelled_f1": 0.002,
    "title": 0.003,
    "byline": 0.003,
    "published_on": 0.003,
}
"""How much better than its floor a figure may be before the floor must be lifted."""
AT_MOST = frozenset({"leaked", "missed", "mixed_in", "index", "walls"})
"""Figures of which less is better: their floor is a ceiling."""

_HEAD = """\
# What the text of the annotated pages comes to, at least; of leaked, missed, mixed_in, index
# and walls, at most. The comments are annotated phrases: how many stand apart, and how many are mixed into the article.
# `python -m bench.extract.floors --raise` lifts what has become better. To lower a floor, edit it here, and say why in
# the commit.
"""


def read_all(corpus: Corpus) -> Answer:
    """Let two processes of Sourcekeep read all pages; raises ContenderError when one ends."""
    with ExitStack() as stack:
        return read_together([stack.enter_context(Runner(SOURCEKEEP)) for _ in range(PROCESSES)], corpus.pages)


def figures_of(corpus: Corpus, answer: Answer) -> Figures:
    """Return the figures that have floors."""
    scores, verdicts = score(corpus, answer.found), called(answer.found)
    comments = count_comments(corpus, answer.found)
    counts = {name: verdicts.verdicts.get(name, 0) for name in ("article", "index")}
    return {
        "articles": {name: scores["articles"][name] for name in ("f1", "precision", "recall", "exact")},
        "segments": {name: scores["segments"][name] for name in ("f1", "precision", "recall", "leaked", "missed")},
        "comments": {"apart": comments[IN_COMMENTS], "mixed_in": comments[IN_ARTICLE]},
        "verdicts": {**counts, "walls": len(verdicts.walls), "labelled_f1": labelled_f1()},
        "metadata": {name: field.f1 for name, field in metadata_scores(corpus, answer.found).fields.items()},
    }


def load_floors() -> dict[str, Any]:
    """Return the floors, with `corpus` and `extractor`, of which they are."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def fallen(figures: Figures, floors: Mapping[str, Any]) -> list[str]:
    """Return in words which of *figures* are below their floor."""
    return [
        f"{section}.{name}: {_form(figure)}, and its floor is {_form(floors[section][name])}"
        for section, name, figure in _each(figures)
        if _gain(name, figure, floors[section][name]) < 0
    ]


def risen(figures: Figures, floors: Mapping[str, Any]) -> list[str]:
    """Return in words which of *figures* are so far above their floor that it guards nothing."""
    return [
        f"{section}.{name}: {_form(figure)}, and its floor is {_form(floors[section][name])}"
        for section, name, figure in _each(figures)
        if _gain(name, figure, floors[section][name]) > SLACK[name]
    ]


def lifted(figures: Figures, floors: Mapping[str, Any]) -> Figures:
    """Return *floors*, each at its figure where that is better."""
    best: Figures = {section: {} for section in figures}
    for section, name, figure in _each(figures):
        floor = floors.get(section, {}).get(name, figure)
        best[section][name] = figure if _gain(name, figure, floor) >= 0 else floor
    return best


def _each(figures: Figures) -> list[tuple[str, str, float]]:
    return [(section, name, figure) for section, named in figures.items() for name, figure in named.items()]


def _gain(name: str, figure: float, floor: float) -> float:
    """Return by how much *figure* is better than *floor*; both are compared as they are written."""
    gain = float(_form(figure)) - float(_form(floor))
    return round(-gain if name in AT_MOST else gain, 4)


def _form(figure: float) -> str:
    return f"{figure:.4f}" if isinstance(figure, float) else str(figure)


def _written(corpus: str, extractor: str, floors: Figures) -> str:
    lines = [_HEAD, f'corpus = "{corpus}"', f'extractor = "{extractor}"']
    for section, named in floors.items():
        lines += ["", f"[{section}]", *(f"{name} = {_form(figure)}" for name, figure in named.items())]
    return "\n".join(lines) + "\n"


@click.command(epilog="Example: python -m bench.extract.floors --raise")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--raise", "lift", is_flag=True, help="Lift each floor to its figure. None is lowered.")
def main(folder: Path | None, *, lift: bool) -> None:
    """Measure the text of the annotated pages in FOLDER, and say how it stands to the floors that the tests hold.

    Exits with 1 when a figure is below its floor.
    """
    from extract.version import EXTRACTOR

    try:
        corpus = load_corpus(folder) if folder else load_corpus()
        figures = figures_of(corpus, read_all(corpus))
    except (CorpusError, ContenderError) as error:
        sys.exit(f"error: {error}")
    floors = load_floors() if FILE.exists() else {}
    digest = corpus.digest()
    if floors and floors["corpus"] != digest:
        sys.exit(f"error: the floors in {FILE.name} are of other pages than those of {corpus.folder}")
    best = lifted(figures, floors)
    if lift:
        FILE.write_text(_written(digest, EXTRACTOR, best), encoding="utf-8")
    click.echo(_written(digest, EXTRACTOR, figures).removeprefix(_HEAD).strip())
    below = fallen(figures, best)
    for line in below:
        click.echo(f"FALLEN {line}", err=True)
    sys.exit(1 if below else 0)


if __name__ == "__main__":
    main()
