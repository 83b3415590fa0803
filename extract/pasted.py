"""Page text that somebody pasted: lines without markup, to the same answer as a page.

There is no container to know a notice by, so what a line says and where it stands must tell: the table of notices, a
table of what pages say around comments (`pasted.toml`), and the order in which pages put things (`extract.order`).
There was no response either: no status, no header, no challenge.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from lxml.html import document_fromstring

from archive.storable import storable
from archive.text_records import Notice
from archive.words import NoticeKind, Verdict
from extract import mojibake
from extract.facts import Facts, read_head
from extract.language import detect
from extract.markup import fold, parse
from extract.order import SENTENCE_END, in_order
from extract.page import ExtractedPage
from extract.survey import survey
from extract.verdict import TEXT_VERDICTS, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from extract.survey import Survey

_BULLET = re.compile(r"\s*[-*\u2022](?:\s+|$)")
_BULLETED = 0.5
"""The share of lines from which a text is a list of bullets, an item for each block of the page."""
_WRAPPED_CHARS = 100
"""The longest line of a text that was wrapped by a program."""


def extract_pasted(text: str, *, url: str | None = None) -> ExtractedPage:
    """Return what the pasted *text* of a page is: its article, comments and notices, and a verdict.

    *url* is what it was pasted for. Pure and deterministic; never raises: what fails inside is the verdict `unknown`,
    with the error as its evidence.
    """
    try:
        return _extract(text, url)
    except Exception as error:  # noqa: BLE001  # as in `extract_page`: any text gives an answer, and this one says why
        return ExtractedPage(
            Verdict.UNKNOWN, {"rule": "extraction-failed", "error": f"{type(error).__name__}: {error}"}
        )


def _extract(text: str, url: str | None) -> ExtractedPage:
    repaired = mojibake.repair(text)
    markup = "".join(f"<p>{escape(block)}</p>" for block in blocks_of(repaired.text))
    tree = parse(f"<html><body>{markup}</body></html>")
    if tree is None:
        tree = document_fromstring("<html></html>")
    page = survey(tree)
    kept, comments = in_order(page)
    facts = Facts(url, 200, {}, "", read_head(tree), page, _joined(page, kept) or None, kept)
    verdict, evidence = judge(facts)
    article = facts.text if verdict in TEXT_VERDICTS else None
    language = detect(article, None)
    return ExtractedPage(
        verdict,
        evidence,
        text=storable(article),
        comments=storable(_joined(page, comments)) or None,
        language=language.tag,
        language_confidence=language.confidence,
        notices=tuple(_notices(page, kept if article else [], verdict)),
        repair=repaired.note,
    )


def blocks_of(text: str) -> list[str]:
    """Return the blocks of the page that *text* was pasted from, each with its white space folded.

    In a list of bullets each item is one, with the lines that go on with it; else each line is, or each paragraph
    where the lines were wrapped.
    """
    lines = text.splitlines()
    filled = [line for line in lines if line.strip()]
    bulleted = sum(_BULLET.match(line) is not None for line in filled)
    if bulleted and bulleted >= _BULLETED * len(filled) and _BULLET.match(filled[0]):
        found = _items(filled)
    elif len(filled) < len(lines) and max(map(len, filled), default=0) <= _WRAPPED_CHARS:
        found = re.split(r"\n\s*\n", "\n".join(line.strip() for line in lines))
    else:
        found = filled
    return [block for block in map(fold, found) if block]


def _items(lines: Iterable[str]) -> list[str]:
    """Return the items of a list of bullets; a line without one goes on with an item that has not come to its end."""
    items: list[str] = []
    for line in lines:
        bullet = _BULLET.match(line)
        text = line[bullet.end() :] if bullet else line.strip()
        goes_on = not bullet and items and (line[0].isspace() or not SENTENCE_END.search(items[-1].rstrip()))
        if goes_on:
            items[-1] += f" {text}"
        else:
            items.append(text)
    return items


def _joined(page: Survey, orders: Sequence[int]) -> str:
    return "\n".join(page.blocks[order].text for order in orders)


def _notices(page: Survey, kept: Sequence[int], verdict: Verdict) -> Iterator[Notice]:
    """Yield what was stripped in the order of the page: the cuts, and what is neither article nor comment."""
    rule = "outside-article" if kept else f"verdict:{verdict}"
    others = [order for order, _ in page.left() if order not in set(kept)]
    found = [(cut.order, cut.kind, cut.rule, cut.text) for cut in page.cuts]
    found += [(order, NoticeKind.NAVIGATION, rule, page.blocks[order].text) for order in others]
    for order, kind, why, text in sorted(found):
        yield Notice(kind, why, storable(text), sum(one < order for one in kept))
