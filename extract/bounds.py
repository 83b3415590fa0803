"""How much of a page is read: enough for every page that people write, and no more than a few seconds' work.

A page beyond the bounds is read as far as they go, and its evidence says what was left out (`left_out`). The response
is kept whole, whatever is read of it. What breaks the limits all the same is `extract.workers`' to end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from extract.attributes import fewer_attributes

if TYPE_CHECKING:
    from archive.words import Evidence

MAX_CHARS = 6_000_000
"""Characters of markup."""
MAX_TAGS = 100_000
"""Start and end tags."""
_SCRIPT = re.compile(
    r"(<(script|style)\b(?![^>]{0,200}json)[^>]*>).*?(</(?:script|style)\s*>|\Z)", re.IGNORECASE | re.DOTALL
)
_DATA_URI = re.compile(r"data:[\w/+.-]{0,50};base64,[A-Za-z0-9+/=%]{1000,}")
_TAG = re.compile(r"</?[a-zA-Z]")


@dataclass(frozen=True, slots=True)
class Bounded:
    """Markup within the bounds."""

    markup: str
    left_out: Evidence
    """How many characters and attributes were left out; empty for nearly every page."""


def bounded(markup: str) -> Bounded:
    """Return *markup* as far as it is read."""
    whole = len(markup)
    if whole > MAX_CHARS:  # then what nobody reads goes first
        markup = _DATA_URI.sub("data:,", _SCRIPT.sub(r"\1\3", markup))
    end = min(len(markup), MAX_CHARS)
    # Nearly every page has fewer, and the marks are counted at a thousandth of the cost.
    if markup.count("<", 0, end) > MAX_TAGS and (
        tag := next(islice(_TAG.finditer(markup, 0, end), MAX_TAGS, None), None)
    ):
        end = tag.start()
    left_out: Evidence = {"characters": whole - end} if end < whole else {}
    read, dropped = fewer_attributes(markup[:end])
    if dropped:
        left_out["attributes"] = dropped
    return Bounded(read, left_out)
