"""The title of a page: its visible headline, and what the head calls it, without the site's name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from itertools import islice
from typing import TYPE_CHECKING

from extract.names import key, runs
from extract.surroundings import short_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lxml.html import HtmlElement

_LONGEST = 400
_MOST_HEADINGS = 60
_MOST_SITE_HEADINGS = 4
_ALIKE = 0.5
_SAME = 0.9
SEPARATOR = re.compile(r"\s+(?:[|–—·•»«:⋆~>›/]|-{1,2}|::|//)\s+|\s*[|]\s*|(?<=\S):\s+")
"""What stands between a title and the name of its site."""
_MOST_SITE_WORDS = 5
_TELLING = 5
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_HOME = re.compile(r"(?=.)(?:(?:https?:)?//[^/?#]+)?(?:/web/\d+/https?://[^/?#]+)?/?(?:index\.\w{2,5})?")
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff]")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Headline:
    """A heading of the page."""

    element: HtmlElement
    text: str
    """On one line."""


def clean_title(text: str) -> str:
    """Return *text* without markup and entities, folded."""
    return _one_line(_TAG.sub("", unescape(unescape(text[: 4 * _LONGEST]))))


def without_site(title: str, site: Collection[str]) -> str:
    """Return *title* without the names of *site* (as `key` folds them) at its ends, behind or before a separator.

    At the end the name may stand among a few other words: "A title - Example News Network".
    """
    changed = True
    while changed:
        changed = False
        seams = list(SEPARATOR.finditer(title))
        if seams and _names_site(title[seams[-1].end() :], site):
            title, changed = title[: seams[-1].start()], True
        elif seams and key(title[: seams[0].start()]) in site:
            title, changed = title[seams[0].end() :], True
    return title.strip()


def _names_site(part: str, site: Collection[str]) -> bool:
    if key(part) in site:
        return True
    words = part.split()
    return len(words) <= _MOST_SITE_WORDS and any(len(run) >= _TELLING and run in site for run in runs(words))


def headline_of(tree: HtmlElement, declared: list[str], site: Collection[str]) -> Headline | None:
    """Return the heading of *tree* that is the page's title; None where no heading is.

    It is the first of the highest headings that says most of what the head says (*declared*); where none does, the
    only one there is. The name of the site, as *site* folds it, is no headline.
    """
    main = _headings(tree, ("h1",), site)
    best = max(main, key=lambda heading: alike(heading.text, declared), default=None)
    if best and alike(best.text, declared) >= _ALIKE:
        return _without_kicker(best, declared)
    lesser = max(
        _headings(tree, ("h2", "h3", "h4"), site), key=lambda heading: alike(heading.text, declared), default=None
    )
    if lesser and alike(lesser.text, declared) >= _SAME:
        return lesser
    return best if len(main) == 1 else None


def _without_kicker(heading: Headline, declared: list[str]) -> Headline:
    """Return *heading* without what stands before the title in it, where the head has the title alone."""
    titles = {key(title) for title in declared} - {""}
    if key(heading.text) in titles:
        return heading
    parts = [heading.text[seam.end() :] for seam in SEPARATOR.finditer(heading.text)]
    for element in heading.element:
        over = _one_line(short_text(element, _LONGEST) or "")
        parts += [heading.text.removeprefix(over).strip(), over]
    return next((Headline(heading.element, part) for part in parts if key(part) in titles), heading)


def _leads_home(element: HtmlElement) -> bool:
    """Tell whether *element* holds or is in a link to the site's first page: it is the site's name."""
    link = element.find(".//a[@href]")
    if link is None:
        link = next(element.iterancestors("a"), None)
    return link is not None and _HOME.fullmatch(link.get("href", "").strip()) is not None


def _one_line(text: str) -> str:
    return " ".join(_INVISIBLE.sub("", text).split())


def site_headings(tree: HtmlElement) -> list[str]:
    """Return the headings of *tree* that lead to the site's first page: they are its name."""
    first = islice(tree.iter("h1", "h2"), _MOST_SITE_HEADINGS)
    return [_one_line(text) for element in first if _leads_home(element) and (text := short_text(element, _LONGEST))]


def alike(heading: str, declared: Iterable[str]) -> float:
    """Return how much of one of *declared* a heading says, from 0 to 1."""
    return max((_alike(heading, title) for title in declared), default=0.0)


def _alike(one: str, other: str) -> float:
    mine, theirs = key(one), key(other)
    shorter, longer = sorted((mine, theirs), key=len)
    if not shorter:
        return 0.0
    if shorter in longer:
        return 0.5 + 0.5 * len(shorter) / len(longer)
    words, others = set(_WORD.findall(one.casefold())), set(_WORD.findall(other.casefold()))
    shared = len(words & others)
    return 0.5 * shared / min(len(words), len(others)) + 0.5 * shared / len(words | others)


def _headings(tree: HtmlElement, tags: tuple[str, ...], site: Collection[str]) -> list[Headline]:
    found = []
    for element in islice(tree.iter(*tags), _MOST_HEADINGS):
        text = short_text(element, _LONGEST)
        if text and len(text) > 1 and key(text) not in site and not _leads_home(element):
            found.append(Headline(element, _one_line(text)))
    return found
