"""What a rule answers, the limits that rules share, and how sure an answer is."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import TYPE_CHECKING

from archive.words import Evidence, Verdict

if TYPE_CHECKING:
    from extract.facts import Facts, Said

Decision = tuple[Verdict, Evidence]
Rule = Callable[["Facts"], Decision | None]

WHOLE_ARTICLE = 900
"""Weight from which an article is one, whatever stands beside it."""
SHORT_ARTICLE = 250
"""Weight from which text is an article where nothing speaks for another verdict."""
SOME_TEXT = 80

_AT_THE_LIMIT = 0.6
_SHOWN = 200


def sure(most: float, value: float, limit: float) -> float:
    """Return how sure a verdict is whose *value* lies on the right side of *limit*.

    It is 0.6 at the limit and rises with the root of the distance to *most*, at twice the limit or at nothing.
    """
    distance = min(1.0, abs(value - limit) / limit)
    return round(_AT_THE_LIMIT + (most - _AT_THE_LIMIT) * sqrt(distance), 2)


def shown(said: Said) -> Evidence:
    """Return a phrase as evidence has it."""
    return {
        "phrase": said.phrase.phrase,
        "language": said.phrase.language,
        "text": said.text[:_SHOWN],
        "place": said.place.value,
    }
