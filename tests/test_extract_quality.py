"""The gate under the quality of the text: floors for all the annotated pages beside the checkout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bench.extract.corpus import FOLDER, Corpus, CorpusError, load_corpus
from bench.extract.extractors import ARTICLE_ALONE, SOURCEKEEP, TRAFILATURA
from bench.extract.floors import FILE, fallen, figures_of, lifted, load_floors, read_all, risen
from bench.extract.rounds import run_rounds
from extract.version import EXTRACTOR

if TYPE_CHECKING:
    from bench.extract.contenders import Answer
    from bench.extract.floors import Figures

LIFT = "python -m bench.extract.floors --raise"


@pytest.fixture(scope="module")
def floors() -> dict[str, Any]:
    return load_floors()


@pytest.fixture(scope="module")
def corpus(floors: dict[str, Any]) -> Corpus:
    try:
        corpus = load_corpus()
    except CorpusError:
        pytest.skip(f"the annotated pages are not here ({FOLDER})")
    if corpus.digest() != floors["corpus"]:
        pytest.skip(f"the pages in {FOLDER} are others than those that the floors in {FILE.name} are of")
    return corpus


@pytest.fixture(scope="module")
def answer(corpus: Corpus) -> Answer:
    return read_all(corpus)


@pytest.fixture(scope="module")
def figures(corpus: Corpus, answer: Answer) -> Figures:
    return figures_of(corpus, answer)


def test_no_figure_is_below_its_floor(figures: Figures, floors: dict[str, Any]) -> None:
    assert not fallen(figures, floors), f"the text is worse than it was; {FILE.name} says what it came to"


def test_no_figure_is_far_above_its_floor(figures: Figures, floors: dict[str, Any]) -> None:
    assert not risen(figures, floors), f"the text is better than {FILE.name} says; lift the floors: {LIFT}"


def test_floors_are_of_this_extractor(figures: Figures, floors: dict[str, Any]) -> None:
    assert figures
    assert floors["extractor"] == EXTRACTOR, f"the floors were measured with another extractor; measure again: {LIFT}"


def test_every_text_has_a_language_and_most_pages_have_notices(answer: Answer) -> None:
    assert not answer.failed
    pages = [page for page in answer.found.values() if page["text"]]
    assert all(page["language"] for page in pages)
    assert sum(bool(page["notices"]) for page in pages) >= 0.95 * len(pages)


@pytest.mark.parametrize(("name", "least"), [(ARTICLE_ALONE, 1.0), (SOURCEKEEP, 0.7)])
def test_pages_are_not_read_much_slower_than_by_trafilatura(corpus: Corpus, name: str, least: float) -> None:
    """Coarse, by processor time in turn on the same pages: the figures themselves are in docs/benchmarks.md."""
    ours, theirs = run_rounds([name, TRAFILATURA], corpus.pages[::12], 2, lambda _: None)
    ours_took, theirs_took = (sum(turn.cpu_seconds for turn in one.rounds) for one in (ours, theirs))
    assert theirs_took / ours_took >= least


FLOORS: Figures = {"articles": {"f1": 0.9, "exact": 0.5}, "segments": {"leaked": 9}}


@pytest.mark.parametrize(
    ("section", "name", "figure"), [("articles", "f1", 0.8999), ("articles", "exact", 0.4), ("segments", "leaked", 10)]
)
def test_figure_that_falls_is_named_with_its_floor(section: str, name: str, figure: float) -> None:
    figures = {**FLOORS, section: {**FLOORS[section], name: figure}}
    assert [line.partition(":")[0] for line in fallen(figures, FLOORS)] == [f"{section}.{name}"]
    assert not risen(figures, FLOORS)
    assert lifted(figures, FLOORS) == FLOORS


def test_figure_that_rises_asks_for_a_higher_floor_and_gets_it() -> None:
    figures: Figures = {"articles": {"f1": 0.95, "exact": 0.5}, "segments": {"leaked": 3}}
    assert [line.partition(":")[0] for line in risen(figures, FLOORS)] == ["articles.f1", "segments.leaked"]
    assert not fallen(figures, FLOORS)
    assert lifted(figures, FLOORS) == figures


def test_floors_that_are_met_say_nothing() -> None:
    assert not fallen(FLOORS, FLOORS)
    assert not risen(FLOORS, FLOORS)
    assert lifted(FLOORS, {}) == FLOORS
