"""Start tags with more attributes than people write, and the page without those beyond the bound."""

from __future__ import annotations

import re

MAX_ATTRIBUTES = 100
"""Attributes of one tag: libxml2 compares each with all before it."""

_LONG = 1000
"""Characters of a tag from which its attributes are counted."""
# A tag's end is told as the parser tells it: an angle in the quotes of a value ends no tag and begins none, and what
# looks like a tag in a comment or a script is none. Nothing is read twice, whatever the page has.
_TAG = re.compile(
    r"""<(?:!--(?:-?>|.*?(?:-->|\Z))
          |(?P<tag>(?:(?P<raw>(?i:script|style))\b|[a-zA-Z])[^>=]*+(?:=\s*+(?:"[^"]*+"|'[^']*+')?+[^>=]*+)*+)
           (?(raw)[^<]*+(?:<(?!/(?i:(?P=raw))\b)[^<]*+)*+))""",
    re.DOTALL | re.VERBOSE,
)
_TAG_NAME = re.compile(r"[a-zA-Z][^\s/]*")
_ATTRIBUTE = re.compile(r"""[^\s=<>"']++(?:\s*+=\s*+(?:"[^"]*"|'[^']*'|[^\s"'<>]++))?""")


def fewer_attributes(markup: str) -> tuple[str, int]:
    """Return *markup* without the attributes beyond the bound, and how many those are."""
    parts, at, dropped = [], 0, 0
    for found in _TAG.finditer(markup):
        begin, end = found.span()
        if end - begin <= _LONG or not (tag := found["tag"]) or len(tag) <= _LONG:
            continue
        attributes = _attributes(tag)
        if len(attributes) > MAX_ATTRIBUTES:
            dropped += len(attributes) - MAX_ATTRIBUTES
            begin, end = found.span("tag")
            parts.append(markup[at : begin + attributes[MAX_ATTRIBUTES]])
            at = end
    return "".join((*parts, markup[at:])), dropped


def _attributes(tag: str) -> list[int]:
    """Return where the attributes of a start tag begin; *tag* is what stands between its angles."""
    name = _TAG_NAME.match(tag)
    return [found.start() for found in _ATTRIBUTE.finditer(tag, name.end())] if name else []
