"""How much of a page is read: enough for every page that people write, and no more than a few seconds' work.

A page beyond the bounds is read as far as they go, and its evidence says what was left out (`left_out`). The response
is kept whole, whatever is read of it. What breaks the limits all the same is `extract.workers`' to end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.records import Evidence

MAX_CHARS = 6_000_000
"""Characters of markup."""
MAX_TAGS = 120_000
"""Start and end tags."""
MAX_ATTRIBUTES = 100
"""Attributes of one tag: libxml2 compares each with all before it."""

_SCRIPT = re.compile(
    r"(<(script|style)\b(?![^>]{0,200}json)[^>]*>).*?(</(?:script|style)\s*>|\Z)", re.IGNORECASE | re.DOTALL
)
_DATA_URI = re.compile(r"data:[\w/+.-]{0,50};base64,[A-Za-z0-9+/=%]{1000,}")
_TAG = re.compile(r"</?[a-zA-Z]")
_LONG = 1000
"""Characters of a tag from which its attributes are counted."""
_TAG_NAME = re.compile(r"[a-zA-Z][^\s/]*")
_ATTRIBUTE = re.compile(r"""\s*[^\s=<>"']+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+))?""")


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
    pieces = markup[:end].split("<")
    dropped = 0
    # Splitting and measuring is several times as fast as an expression that looks for long tags.
    for number in [number for number, piece in enumerate(pieces) if len(piece) > _LONG and number]:
        inner, closing, text = pieces[number].partition(">")
        attributes = _attributes(inner) if closing and len(inner) > _LONG else []
        if len(attributes) > MAX_ATTRIBUTES:
            dropped += len(attributes) - MAX_ATTRIBUTES
            pieces[number] = f"{inner[: attributes[MAX_ATTRIBUTES]]}>{text}"
    if dropped:
        left_out["attributes"] = dropped
    return Bounded("<".join(pieces) if dropped else markup[:end], left_out)


def _attributes(tag: str) -> list[int]:
    """Return where the attributes of a start tag begin; *tag* is what stands between its angles."""
    name = _TAG_NAME.match(tag)
    return [found.start() for found in _ATTRIBUTE.finditer(tag, name.end())] if name else []
