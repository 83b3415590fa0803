"""Words with their emphasis, links and code, as CommonMark (0.31) writes them within a line."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lxml.html import HtmlElement

Marks = tuple[str, ...]
"""What is around a piece of text, the outermost first: `**`, `*`, `~~`, a backtick, or `<` and a link's address."""

_MARK_OF = {
    "b": "**", "strong": "**", "i": "*", "em": "*", "cite": "*", "dfn": "*", "del": "~~", "s": "~~", "strike": "~~",
    "code": "`", "kbd": "`", "samp": "`", "tt": "`",
}  # fmt: skip
_EMPHASIS = frozenset(("**", "*", "~~"))
CODE = "`"
_MOST_MARKS = 6
_SPECIAL = re.compile(r"[\\`*_\[\]<>~|]|&(?=#|\w)")
# What begins a heading, a list, a quotation or a rule where a line begins, or makes a heading of the line above.
_LINE_START = re.compile(r"^(?:([#+=-])|(\d{1,9})([.)])(?=\s|$))")
_LINE_END = re.compile(r"(?<!\\)(#+)$")
_SCHEMES = frozenset(("http", "https", "mailto"))
_IN_ADDRESS = "!#$%&'*+,-./:;=?@_~[]"
_BACKTICKS = re.compile(r"`+")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text, and what is around it."""

    text: str
    marks: Marks = ()


def mark_of(element: HtmlElement, base: str | None) -> str | None:
    """Return what *element* puts around its text, or None. Addresses are made whole by *base*, the page's."""
    if element.tag != "a":
        return _MARK_OF.get(element.tag)
    target = (element.get("href") or "").strip()
    if not target or target.startswith("#"):  # a place on the page itself
        return None
    try:
        address = urljoin(base or "", target)
        return f"<{address}" if urlsplit(address).scheme in _SCHEMES else None
    except ValueError:  # no address at all
        return None


def within(marks: Marks, mark: str | None) -> Marks:
    """Return *marks* with *mark* inside them, where it may stand there: none twice, no link in a link, none in code."""
    is_link = mark is not None and mark.startswith("<")
    if mark is None or mark in marks or CODE in marks or len(marks) == _MOST_MARKS:
        return marks
    return marks if is_link and any(other.startswith("<") for other in marks) else (*marks, mark)


def plain(spans: Iterable[Span]) -> str:
    """Return the text of *spans*, folded: what `extract.markup.Block.text` has."""
    return " ".join("".join(span.text for span in spans).split())


def inline(spans: Iterable[Span]) -> str:
    """Return *spans* as one line of Markdown, with white space folded."""
    pieces = _without_lame_emphasis(_folded(list(spans)))
    written: list[str] = []
    around: Marks = ()
    for number, piece in enumerate(pieces):
        if around and around[-1] == CODE:
            around = around[:-1]  # written with its span
        shared = _shared(around, piece.marks)
        written += [_closing(mark) for mark in reversed(around[len(shared) :])]
        opened = piece.marks[len(shared) :]
        if any(mark.startswith("<") for mark in opened) and written and written[-1].endswith("!"):
            written[-1] = f"{written[-1][:-1]}\\!"  # or it would be an image
        written += [_opening(mark) for mark in opened if mark != CODE]
        is_code = CODE in piece.marks
        last = number == len(pieces) - 1
        written.append(_code(piece.text) if is_code else escaped(piece.text, at_start=not number, at_end=last))
        around = piece.marks
    written += [_closing(mark) for mark in reversed(around) if mark != CODE]
    return "".join(written)


def escaped(text: str, *, at_start: bool = True, at_end: bool = True) -> str:
    """Return *text*, one line of it, so that Markdown shows it as it is."""
    shown = _SPECIAL.sub(lambda found: f"\\{found[0]}", text)
    if at_start:
        shown = _LINE_START.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", shown)
    return _LINE_END.sub(lambda found: "\\#" * len(found[1]), shown) if at_end else shown


def fence(text: str, least: int) -> str:
    """Return backticks, at least *least* and more than stand together in *text*."""
    return "`" * max(least, 1 + max(map(len, _BACKTICKS.findall(text)), default=0))


def _folded(spans: Sequence[Span]) -> list[Span]:
    """Return *spans* with white space folded; a space between two spans has only what is around both."""
    found: list[Span] = []
    gap = False
    for span in spans:
        words = span.text.split()
        gap = gap or span.text[:1].isspace()
        if not words:
            gap = gap or bool(span.text)
            continue
        if found and gap:
            found.append(Span(" ", _shared(found[-1].marks, span.marks)))
        found.append(Span(" ".join(words), span.marks))
        gap = span.text[-1].isspace()
    return _joined(found)


def _joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for span in spans:
        if found and found[-1].marks == span.marks:
            found[-1] = replace(found[-1], text=found[-1].text + span.text)
        else:
            found.append(span)
    return found


def _without_lame_emphasis(spans: list[Span]) -> list[Span]:
    """Return *spans* without the emphasis that CommonMark could not read: within a word, or beside another."""
    for mark in _EMPHASIS:
        for start, end in _groups(spans, mark):
            before = spans[start - 1] if start else Span(" ")
            after = spans[end] if end < len(spans) else Span(" ")
            others = _EMPHASIS.intersection((*before.marks, *after.marks))
            holding = spans[start].marks[: spans[start].marks.index(mark)]
            reads = _flanks(before.text[-1], spans[start].text[0]) and _flanks(after.text[0], spans[end - 1].text[-1])
            if not reads or others.difference(holding):
                for number in range(start, end):
                    kept = tuple(other for other in spans[number].marks if other != mark)
                    spans[number] = replace(spans[number], marks=kept)
    return _joined(spans)


def _flanks(outside: str, inside: str) -> bool:
    """Tell whether a mark of emphasis between these two characters is read as one (CommonMark 6.2)."""
    return outside.isspace() or (inside.isalnum() and not outside.isalnum())


def _groups(spans: Sequence[Span], mark: str) -> list[tuple[int, int]]:
    """Return where the runs of *spans* with *mark* begin and end."""
    has = [False, *(mark in span.marks for span in spans), False]
    edges = [number for number, (one, other) in enumerate(pairwise(has)) if one != other]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _shared(one: Marks, other: Marks) -> Marks:
    length = next((number for number, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    return one[: min(len(one), len(other)) if length is None else length]


def _opening(mark: str) -> str:
    return "[" if mark.startswith("<") else mark


def _closing(mark: str) -> str:
    return f"](<{quote(mark[1:], safe=_IN_ADDRESS, errors='replace')}>)" if mark.startswith("<") else mark


def _code(text: str) -> str:
    marks = fence(text, 1)
    space = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{marks}{space}{text}{space}{marks}"
