"""Whether a text breaks off: an ellipsis or half a sentence at its end, with nothing but a gate behind it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from extract.survey import is_prose

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extract.facts import Facts, Said

_ELLIPSIS = re.compile(r"(?:…|\.\.\.|⋯)[\])\"'”’»]*$")
_HALF = re.compile(r"[\w,，、:;–—-]$")
# Scripts that end a sentence without a mark (Thai, Lao, Khmer, Burmese, Tibetan).
_UNMARKED = re.compile(r"[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff]$")
_BETWEEN = 3
"""Blocks that may stand between the end of a text and its gate: a button, a heading of the offer."""


def may_break_off(facts: Facts) -> bool:
    """Tell whether one of the last lines of the article ends like a text that breaks off; a gate may be one of them."""
    return any(_how(facts.page.blocks[order].text) for order in facts.kept[-_BETWEEN - 1 :])


def broken_off(facts: Facts, gates: Iterable[Said]) -> str | None:
    """Return how the text breaks off before one of *gates*, `ellipsis` or `half-sentence`; None where it doesn't."""
    asking = {gate.order for gate in gates}
    last = next((order for order in reversed(facts.kept) if order not in asking), None)
    how = None if last is None else _how(facts.page.blocks[last].text)
    if last is None or how is None or (how == "half-sentence" and not is_prose(facts.page.blocks[last])):
        return None
    behind = min((order for order in asking if order > last), default=None)
    if behind is None:
        return None
    between = [order for order, _ in facts.own if last < order < behind]
    is_direct = len(between) <= _BETWEEN and not any(is_prose(facts.page.blocks[order]) for order in between)
    return how if is_direct else None


def _how(text: str) -> str | None:
    if _ELLIPSIS.search(text):
        return "ellipsis"
    return "half-sentence" if _HALF.search(text) and not _UNMARKED.search(text) else None
