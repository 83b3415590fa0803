"""How good the texts are: the referee's figures, and what the pages were called."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench import metadata_score
from bench.extract.corpus import PARTS
from bench.verdict_pages import PARTS as LABELLED_PARTS
from bench.verdict_score import judge_part, macro_f1
from extract.metadata import Metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.extract.corpus import Corpus
    from bench.extract.extractors import Found

CONTENT = frozenset({"article", "index", "document"})
"""Verdicts that an ordinary page may have; every page of the corpus is one."""


@dataclass(frozen=True, slots=True)
class Called:
    """What Sourcekeep called the pages."""

    verdicts: dict[str, int]
    walls: list[str]
    """Pages that are called something else than content, in words."""
    cut_off: list[str]
    """Those that are called paywalled and say so themselves in their markup: their publisher had cut them off."""


def score(corpus: Corpus, found: Mapping[tuple[str, str], Found]) -> dict[str, dict[str, Any]]:
    """Return the referee's figures by part; a page that is not in *found* has no text."""
    texts: dict[str, dict[str, str | None]] = {part: {} for part in PARTS}
    for page in corpus.pages:
        texts[page.part][page.id] = found.get((page.part, page.id), {}).get("text")
    return {part: corpus.score(part, texts[part]) for part in PARTS}


def called(found: Mapping[tuple[str, str], Found]) -> Called:
    """Return what the pages were called, and which of them were called no content."""
    verdicts = Counter(each["verdict"] for each in found.values())
    odd = {key: each for key, each in found.items() if each["verdict"] not in CONTENT}
    cut_off = [key for key, each in odd.items() if _says_it_is_cut_off(each)]
    return Called(
        dict(verdicts.most_common()),
        [_words(key, each) for key, each in odd.items() if key not in cut_off],
        [_words(key, odd[key]) for key in cut_off],
    )


def labelled_f1() -> float:
    """Return the macro F1 of the verdicts on the labelled pages; they are judged once in a process."""
    return macro_f1(tuple(item for part in LABELLED_PARTS for item in judge_part(part)))


def metadata_scores(corpus: Corpus, found: Mapping[tuple[str, str], Found]) -> metadata_score.Score:
    """Return how title, by-line and day were answered on the pages that are annotated with a title."""
    score = metadata_score.Score({field: metadata_score.Figures() for field in metadata_score.FIELDS.values()})
    for page_id, wanted in corpus.truth["segments"].items():
        if wanted.get("title"):
            said = found.get(("segments", page_id), {})
            answer = Metadata(*(said.get(name) for name in ("title", "byline", "published_on", "site_name")))
            metadata_score.count_answers(score, wanted, answer)
    return score


def _says_it_is_cut_off(found: Found) -> bool:
    return found["verdict"] == "paywalled" and found["evidence"].get("is_accessible_for_free") is False


def _words(key: tuple[str, str], found: Found) -> str:
    return f"{found['verdict']}: {'/'.join(key)} {found['title']!r} {found['evidence']}"[:300]
