"""Start tags with more attributes than people write, and the page without those beyond the bound.

A tag's end is told as the parser tells it: an angle in the quotes of a value ends no tag and begins none, and what
looks like a tag in a script is none.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ATTRIBUTES = 100
"""Attributes of one tag: libxml2 compares each with all before it."""

_LONG = 1000
"""Characters of a tag from which its attributes are counted."""
_VALUE = r"""=\s*+(?:"[^"]*+"|'[^']*+')?+"""
_TAG = re.compile(
    rf"""<!--.*?(?:-->|\Z)|<(?:(?P<raw>script|style)\b|[a-z])[^>=]*+(?:{_VALUE}[^>=]*+)*+(?:>|\Z)""",
    re.IGNORECASE | re.DOTALL,
)
_RAW_END = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in ("script", "style")}
# The same from behind the angle, up to the next tag at most.
_IN_TAG = re.compile(rf"""[a-zA-Z][^<>=]*+(?:(?:<(?![a-zA-Z/!?])|{_VALUE})[^<>=]*+)*+""")
_TAG_NAME = re.compile(r"<?[a-zA-Z][^\s/]*")
_ATTRIBUTE = re.compile(r"""\s*[^\s=<>"']+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+))?""")


def fewer_attributes(markup: str) -> tuple[str, int]:
    """Return *markup* without the attributes beyond the bound, and how many those are."""
    if not _may_have_many(markup):
        return markup, 0
    parts, at, dropped = [], 0, 0
    for begin, end in _long_tags(markup):
        attributes = _attributes(markup[begin:end])
        if len(attributes) > MAX_ATTRIBUTES:
            dropped += len(attributes) - MAX_ATTRIBUTES
            parts.append(markup[at : begin + attributes[MAX_ATTRIBUTES]])
            at = end - markup.endswith(">", begin, end)
    return "".join((*parts, markup[at:])), dropped


def _may_have_many(markup: str) -> bool:
    """Tell whether something looks like a tag with too many attributes; it may be a part of a script.

    Splitting and measuring is several times as fast as an expression for tags. What stands between two angles is looked
    at where it is long, or has no end of its own.
    """
    pieces = markup.split("<")
    begins = list(accumulate(map(len, pieces), initial=0))
    behind = last = 0
    for number in [number for number, piece in enumerate(pieces) if len(piece) > _LONG or ">" not in piece]:
        tag = number  # or one before, in the quotes of which it stands
        while tag > last and not pieces[tag][:1].isalpha():
            tag -= 1
        last, begin = number, begins[tag] + tag
        if not tag or begin < behind or (found := _IN_TAG.match(markup, begin)) is None:
            continue
        behind = found.end()
        if behind - begin > _LONG and len(_attributes(found[0])) > MAX_ATTRIBUTES:
            return True
    return False


def _long_tags(markup: str) -> Iterator[tuple[int, int]]:
    """Yield where long start tags begin and end."""
    at = 0
    while found := _TAG.search(markup, at):
        begin, at = found.span()
        if at - begin > _LONG and not markup.startswith("<!", begin):
            yield begin, at
        if found["raw"]:
            end = _RAW_END[found["raw"].lower()].search(markup, at)
            at = end.start() if end else len(markup)


def _attributes(tag: str) -> list[int]:
    """Return where the attributes of a start tag begin."""
    name = _TAG_NAME.match(tag)
    return [found.start() for found in _ATTRIBUTE.finditer(tag, name.end())] if name else []
