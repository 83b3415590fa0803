"""Find URLs in prose.

A URL in a sentence has no end mark, so where it ends is a judgement. The rules, in order:

- It runs to a blank, a quotation mark or angle bracket, a control or invisible character, or the
  punctuation of Chinese and Japanese. Letters of any script belong to it, as in Wikipedia's addresses.
- A second `http://` begins a URL of its own, unless it stands in the first one's path or query (after
  `/`, `=`, `?`, `&`, `#`, `:` or `%`), as in the addresses of web archives.
- A bracket that closes and was never opened within the URL ends it; `Foo_(bar)` stays whole.
- The punctuation of the sentence is taken off the end, and the quotation or emphasis mark that stands before
  the URL ends it where it comes again.

`www.example.org/x` counts though it has no scheme: people cite so, and browsers read it so. A bare
`example.org` does not, for in prose it is as often the name of a company or of a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

_START = re.compile(r"https?://|(?<![a-z])ftp://|(?<![\w@./:=&?#%-])www\.", re.IGNORECASE | re.ASCII)
_BLANK = r"\s\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
_QUOTATION = r"<>\"`\\^\u201c-\u201f\u00ab\u00bb\u2039\u203a"
_EAST_ASIAN = r"\u3001\u3002\u3008-\u3011\u3014\u3015\uff01\uff0c\uff1a\uff1b\uff1f"
_RUN = re.compile(f"[^{_BLANK}{_QUOTATION}{_EAST_ASIAN}]+")
_MARKUP = re.compile(r"&(?:quot|lt|gt|apos|nbsp|#0*3[49]|#x0*2[27]);", re.IGNORECASE | re.ASCII)
_OPENING = {")": "(", "]": "[", "}": "{", "\uff09": "\uff08"}
_OPENERS = frozenset(_OPENING.values())
_BRACKET = re.compile(r"[()\[\]{}\uff08\uff09]")
_CLOSING_MARK = {"'": "'", "\u2018": "\u2019", "\u2019": "\u2019", "|": "|"}
_EMPHASIS = frozenset("*_~")
_TRAILING = frozenset(".,;:!?'|\u2018\u2019\u2013\u2014\u2026") | _OPENERS
_POSSESSIVE = ("'s", "\u2019s")
_NAMED = re.compile(
    r"(?:https?|ftp)://[^/?#]*[\w\]]|www\.[^\s/?#:.]+(?:\.[^\s/?#:.]+)*\.[^\W\d_]{2,}(?:[/?#:.]|$)",
    re.IGNORECASE,
)
"""A host is named: one letter or digit at least; without a scheme, a name that ends like a domain."""
_NESTING = frozenset("/=?&#:%")


@dataclass(frozen=True, slots=True)
class FoundUrl:
    """A URL and where it stands in the prose: `prose[start:end] == url`."""

    start: int
    end: int
    url: str


def find_urls(prose: str) -> list[FoundUrl]:
    """Return the URLs of *prose* in their order, verbatim. Takes time linear in the length; never raises."""
    found: list[FoundUrl] = []
    position = 0
    while start := _START.search(prose, position):
        run = _RUN.match(prose, start.start())
        position = run.end() if run else start.end()
        for begin, limit in pairwise([*_starts(prose, start.start(), position), position]):
            end = _end(prose, begin, limit)
            if _NAMED.match(prose, begin, end):
                found.append(FoundUrl(begin, end, prose[begin:end]))
    return found


def _starts(prose: str, begin: int, end: int) -> list[int]:
    starts = (match.start() for match in _START.finditer(prose, begin, end))
    return [start for start in starts if start == begin or prose[start - 1] not in _NESTING]


def _end(prose: str, begin: int, end: int) -> int:
    """Return where the URL that begins at *begin*, and may run up to *end*, ends."""
    before = prose[begin - 1] if begin else ""
    if markup := _MARKUP.search(prose, begin, end):
        end = markup.start()
    if before in _CLOSING_MARK:
        closing = prose.find(_CLOSING_MARK[before], begin, end)
        end = closing if closing >= 0 else end
    end = _unopened_bracket(prose, begin, end)
    trailing = _TRAILING | {before} if before in _EMPHASIS else _TRAILING
    while end > begin and prose[end - 1] in trailing:
        end -= 1
    return end - 2 if prose.endswith(_POSSESSIVE, begin, end) else end


def _unopened_bracket(prose: str, begin: int, end: int) -> int:
    depth = dict.fromkeys(_OPENERS, 0)
    for match in _BRACKET.finditer(prose, begin, end):
        if match[0] in _OPENERS:
            depth[match[0]] += 1
        elif depth[_OPENING[match[0]]] == 0:
            return match.start()
        else:
            depth[_OPENING[match[0]]] -= 1
    return end
