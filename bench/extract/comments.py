"""Where the phrases of readers' comments that pages are annotated with end up in what Sourcekeep makes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from extract.markup import fold, parse, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.extract.corpus import Corpus
    from bench.extract.extractors import Found

IN_COMMENTS, IN_ARTICLE, IN_NOTICES, NOWHERE = "in comments", "in article", "in notices", "nowhere"
PLACES = (IN_COMMENTS, IN_ARTICLE, IN_NOTICES, NOWHERE)
NOT_SERVED = "not served"
"""Phrases that the page had only once its scripts had run: nobody can find them, and they count for nothing."""


def count_comments(corpus: Corpus, found: Mapping[tuple[str, str], Found]) -> dict[str, int]:
    """Return how many annotated phrases of comments are in each of PLACES, and how many were never served."""
    from extract.decode import decode

    counts = Counter(dict.fromkeys((*PLACES, NOT_SERVED), 0))
    for page in corpus.pages:
        wanted = corpus.truth[page.part][page.id].get("comments") if page.part == "segments" else None
        if not wanted:
            continue
        tree = parse(decode(page.body()).text)
        served = "" if tree is None else text_of(tree)
        counts.update(_place(fold(phrase), served, found.get(("segments", page.id), {})) for phrase in wanted)
    return dict(counts)


def _place(phrase: str, served: str, found: Found) -> str:
    if phrase not in served:
        return NOT_SERVED
    said = (found.get("comments"), found.get("text"), " ".join(found.get("notices") or ()))
    return next((place for place, text in zip(PLACES, said, strict=False) if phrase in fold(text or "")), NOWHERE)
