"""The one entry point: the bytes of a page to its text, what was stripped, and a verdict."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from lxml.html import document_fromstring

from archive.text_records import Notice
from archive.words import Evidence, NoticeKind, Verdict
from extract import mojibake
from extract.article import find_article, read_hints
from extract.bounds import bounded
from extract.decode import Decoded, decode
from extract.documents import Document, is_binary, read_document
from extract.facts import FIRST_ERROR, Facts, read_head
from extract.json_ld import json_ld_of
from extract.language import detect
from extract.markdown import markdown_of, markdown_of_text
from extract.markup import blocks, parse
from extract.metadata import LATEST, metadata_of
from extract.survey import Survey, prose_chars, survey
from extract.verdict import TEXT_VERDICTS, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lxml.html import HtmlElement

    from extract.article import Article

_MIN_NOSCRIPT = 1000
"""Characters of a `<noscript>` that is the page for those without scripts, not a word on switching them on."""
# Where a wall stands, what is left of the page is what the wall says.
_WALL_NOTICE = {
    Verdict.PAYWALLED: NoticeKind.PAYWALL,
    Verdict.CONSENT_WALL: NoticeKind.COOKIE,
    Verdict.LOGIN_WALL: NoticeKind.FORM,
    Verdict.BOT_WALL: NoticeKind.FORM,
    Verdict.REMOVED: NoticeKind.LEGAL,
    Verdict.PARKED: NoticeKind.ADVERT,
}


@dataclass(frozen=True, slots=True)
class ExtractedPage:
    """What extraction made of one page."""

    verdict: Verdict
    evidence: Evidence
    """At least `rule`: which one decided on the verdict."""
    text: str | None = None
    """Paragraphs, items and rows of tables, a line each; None for walls, error pages, and where there is none."""
    comments: str | None = None
    title: str | None = None
    byline: str | None = None
    published_on: str | None = None
    site_name: str | None = None
    language: str | None = None
    """BCP 47; None where there is too little text to tell and the page doesn't say."""
    language_confidence: float | None = None
    notices: tuple[Notice, ...] = ()
    charset: str | None = None
    repair: str | None = None
    """What was wrong with the page's characters, and how it was put right."""


def extract_page(
    body: bytes, *, url: str | None = None, headers: Mapping[str, str] | None = None, http_status: int | None = None
) -> ExtractedPage:
    """Return the text of *body*, what was stripped from it, and what it is.

    *body* is a response's payload without its transfer and content codings; *url*, *headers* and *http_status* are
    the response's. Pure and deterministic; never raises, whatever the bytes are: what fails inside is the verdict
    `unknown`, with the error as its evidence.
    """
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    try:
        return _extract(body, url, lower, http_status or 200)
    except Exception as error:  # noqa: BLE001  # the contract: any bytes give an answer, and this one says why
        return ExtractedPage(
            Verdict.UNKNOWN, {"rule": "extraction-failed", "error": f"{type(error).__name__}: {error}"}
        )


def _extract(body: bytes, url: str | None, headers: Mapping[str, str], status: int) -> ExtractedPage:
    content_type = headers.get("content-type")
    if status < FIRST_ERROR and (document := read_document(body, content_type=content_type, url=url)):
        return _document(document)
    if is_binary(body):
        return _html(Decoded("", None, None), url, headers, status)
    decoded, left_out = _decoded(body, content_type)
    page = _html(decoded, url, headers, status)
    return replace(page, evidence=page.evidence | {"left_out": left_out}) if left_out else page


def _decoded(body: bytes, content_type: str | None = None) -> tuple[Decoded, Evidence]:
    """Return the characters of a page as far as they are read, and what was left out."""
    decoded = decode(body, content_type=content_type)
    read = bounded(decoded.text)
    return replace(decoded, text=read.markup), read.left_out


def _document(document: Document) -> ExtractedPage:
    text = _storable(document.text)
    language = detect(text, document.language)
    return ExtractedPage(
        document.verdict,
        document.evidence,
        text=text,
        title=_storable(document.title),
        byline=_storable(document.author),
        published_on=document.published_on,
        language=language.tag if text else None,
        language_confidence=language.confidence,
        notices=tuple(replace(one, text=said) for one in document.notices if (said := _storable(one.text))),
        charset=document.charset,
        repair=document.repair,
    )


def _html(decoded: Decoded, url: str | None, headers: Mapping[str, str], status: int) -> ExtractedPage:
    tree, repair = _tree(decoded)
    nodes = json_ld_of(tree)
    head = read_head(tree, nodes)
    metadata = metadata_of(tree, url, nodes=nodes, latest=_day_after(headers.get("date")))
    page, article = _article(tree)
    shown = () if article.is_from_data else article.orders
    facts = Facts(url, status, headers, decoded.text, head, page, article.said, shown)
    verdict, evidence = judge(facts)
    text = article.text if verdict in TEXT_VERDICTS and status < FIRST_ERROR else None
    text = _storable(text)
    language = detect(text, head.language or headers.get("content-language"))
    return ExtractedPage(
        verdict,
        evidence,
        text=text,
        comments="\n\n".join(filter(None, page.comments)) or None,
        title=_storable(metadata.title),
        byline=_storable(metadata.byline),
        published_on=metadata.published_on,
        site_name=_storable(metadata.site_name),
        language=language.tag if text else None,
        language_confidence=language.confidence,
        notices=tuple(_notices(page, article if text else None, verdict)),
        charset=decoded.charset,
        repair=repair,
    )


def article_of(body: bytes) -> str | None:
    """Return the text of the article of an HTML page, as `extract_page` finds it before it asks what the page is."""
    _, article = _article(_tree(_decoded(body)[0])[0])
    return article.text


def markdown_of_page(
    body: bytes, *, url: str | None = None, content_type: str | None = None, without: Mapping[int, str] | None = None
) -> str | None:
    """Return the text of *body* as Markdown: CommonMark, with tables and strikethrough as GitHub has them.

    The words are those that `extract_page` gives a page whose text is kept; None where there are none. *content_type*
    is the HTTP header's value; links are made whole by *url*. *without* are lines of a page's text, by their numbers
    from 0, that are left out: what was taken out of it later. A line with other words at that place stays: the text is
    of other rules, then.
    """
    without = without or {}
    if document := read_document(body, content_type=content_type, url=url):
        return markdown_of_text(_storable(document.text) or "") or None
    decoded, _ = _decoded(body, content_type)
    _, article = _article(_tree(decoded)[0])
    if article.is_from_data:
        lines = enumerate((_storable(article.text) or "").split("\n"))
        return markdown_of_text("\n".join(line for number, line in lines if without.get(number) != line))
    whole, _ = _tree(decoded)  # the other one was cut to pieces
    if not prose_chars(blocks(whole)):
        _open_noscript(whole)
    return _storable(markdown_of(whole, _orders(article, without), url))


def _orders(article: Article, without: Mapping[int, str]) -> list[int]:
    """Return the blocks of *article* without those of which all lines are left out: a row has several blocks."""
    lines = (article.text or "").split("\n")
    out = {number for number, line in without.items() if number < len(lines) and lines[number] == line}
    ends = ((order, bisect_right(article.lines, order)) for order in article.orders if out)
    gone = {order for order, end in ends if out.issuperset(range(min(bisect_left(article.lines, order), end - 1), end))}
    return [order for order in article.orders if order not in gone]


def _tree(decoded: Decoded) -> tuple[HtmlElement, str | None]:
    """Return the tree of a page, and what was wrong with its characters."""
    tree = parse(decoded.text)
    if tree is None:  # nothing, or only comments: the status may still say what it is
        tree = document_fromstring("<html></html>")
    return tree, "; ".join(filter(None, (decoded.repair, mojibake.repair_tree(tree).note))) or None


def _article(tree: HtmlElement) -> tuple[Survey, Article]:
    """Return what stands on the page, and which of it is the article. The tree is cut to pieces by that."""
    hints = read_hints(tree)
    page = survey(tree)
    if not prose_chars(page.blocks) and _open_noscript(tree):
        page = survey(tree)
    return page, find_article(tree, page, hints)


def _open_noscript(tree: HtmlElement) -> bool:
    """Make `<noscript>` with the text of a page visible, and return whether there was any."""
    found = [element for element in tree.iter("noscript") if len(element.text_content()) >= _MIN_NOSCRIPT]
    for element in found:
        element.tag = "div"
    return bool(found)


def _day_after(served: str | None) -> date:
    """Return the day behind the one on which a page was served, by its `Date` (RFC 9110 6.6.1): none is later there."""
    try:
        return parsedate_to_datetime(served or "").date() + timedelta(days=1)
    except (ValueError, OverflowError):
        return LATEST


def _storable(text: str | None) -> str | None:
    """Return *text* without what UTF-8 can't hold or a terminal would obey: lone surrogates, NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "") if text else None


def _notices(page: Survey, article: Article | None, verdict: Verdict) -> Iterable[Notice]:
    """Yield what was stripped in the order of the page: the cuts, and what stands outside the *article*.

    Without an article, where the page's text is not kept, all of the page is what the verdict says.
    """
    kept, lines = (article.orders, article.lines) if article else ((), ())
    kind = NoticeKind.NAVIGATION if article else _WALL_NOTICE.get(verdict, NoticeKind.NAVIGATION)
    rules = {order: "outside-article" if article else f"verdict:{verdict}" for order, _ in page.left()}
    if article:
        rules |= {order: f"article:{rule}" for order, rule in article.left_out.items()}
    for order in kept:
        rules.pop(order, None)
    found = [(cut.order, Notice(cut.kind, cut.rule, cut.text, 0)) for cut in page.cuts]
    found += [(run[0], Notice(kind, rules[run[0]], _joined(page, run), 0)) for run in _runs(rules)]
    for order, notice in sorted(found, key=lambda pair: pair[0]):
        yield Notice(notice.kind, notice.rule, _storable(notice.text) or "", bisect_left(lines, order))


def _runs(rules: Mapping[int, str]) -> Iterable[list[int]]:
    """Yield the numbers of blocks in runs without a gap that one rule left out."""
    run: list[int] = []
    for order in sorted(rules):
        if run and (order != run[-1] + 1 or rules[order] != rules[run[0]]):
            yield run
            run = []
        run.append(order)
    if run:
        yield run


def _joined(page: Survey, orders: list[int]) -> str:
    return "\n".join(page.blocks[order].text for order in orders)
