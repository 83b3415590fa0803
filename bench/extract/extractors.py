"""Each contender as a function of a page's bytes and its URL, called as its documentation says for an article's text.

What a contender needs is imported when it is asked for, and by its name where it lives in an environment of its own.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Found = dict[str, Any]
    """`text`, and of Sourcekeep the other fields of an `ExtractedPage`."""
    Extract = Callable[[bytes, str | None], Found]

PLACEHOLDER = "http://page.example/"
"""For a contender that wants a URL, where a page has none or has what is none."""


def _sourcekeep() -> Extract:
    """Return the whole of it: text, comments, metadata, notices, language, verdict."""
    from extract import extract_page

    def extract(body: bytes, url: str | None) -> Found:
        page = extract_page(body, url=url)
        return {
            "text": page.text,
            "verdict": str(page.verdict),
            "evidence": page.evidence,
            "title": page.title,
            "byline": page.byline,
            "published_on": page.published_on,
            "site_name": page.site_name,
            "language": page.language,
            "comments": page.comments,
            "notices": [notice.text for notice in page.notices],
        }

    return extract


def _sourcekeep_article() -> Extract:
    """Return the article's text alone, which is what `trafilatura.extract` makes."""
    from extract.page import article_of

    return lambda body, _: {"text": article_of(body)}


def _trafilatura(**options: Any) -> Extract:
    import trafilatura

    return lambda body, url: {"text": trafilatura.extract(body, url=url, **options)}


def _readability() -> Extract:
    """Its answer is HTML; what that says is read by Resiliparse, which decodes the page better than its own chardet."""
    document_of = import_module("readability").Document
    read, decoded = _plain_text(), _decoder()
    return lambda body, _: {"text": read(document_of(decoded(body)).summary(html_partial=True))}


def _resiliparse() -> Extract:
    read, decoded = _plain_text(), _decoder()
    return lambda body, _: {"text": read(decoded(body), main_content=True)}


def _plain_text() -> Callable[..., str]:
    """Without the bullets and the texts of images that it adds to what stands on the page."""
    extract = import_module("resiliparse.extract.html2text").extract_plain_text
    return partial(extract, list_bullets=False, alt_texts=False)


def _decoder() -> Callable[[bytes], str]:
    encoding = import_module("resiliparse.parse.encoding")

    def decoded(body: bytes) -> str:
        text: str = encoding.bytes_to_str(body, encoding.detect_encoding(body, from_html_meta=True))
        return text

    return decoded


def _newspaper() -> Extract:
    """In the page's own language, and as English where its tools for that language want data that it must download."""
    article = import_module("newspaper").article
    decoded = _decoder()

    def extract(body: bytes, url: str | None) -> Found:
        address = url if url and url.startswith(("http://", "https://")) else PLACEHOLDER
        take = partial(article, address, input_html=decoded(body), fetch_images=False)
        try:
            return {"text": take().text}
        except (ImportError, LookupError):
            return {"text": take(language="en").text}

    return extract


SOURCEKEEP = "sourcekeep"
ARTICLE_ALONE = "sourcekeep, article alone"
TRAFILATURA = "trafilatura"
EXTRACTORS: dict[str, Callable[[], Extract]] = {
    SOURCEKEEP: _sourcekeep,
    ARTICLE_ALONE: _sourcekeep_article,
    TRAFILATURA: _trafilatura,
    "trafilatura, no comments": partial(_trafilatura, include_comments=False),
    "trafilatura, fast": partial(_trafilatura, include_comments=False, fast=True),
    "trafilatura, precision": partial(_trafilatura, include_comments=False, favor_precision=True),
    "readability-lxml": _readability,
    "resiliparse": _resiliparse,
    "newspaper4k": _newspaper,
}
"""By name, each a function that imports the contender and returns it."""
APART = frozenset({"readability-lxml", "resiliparse", "newspaper4k"})
"""Those that run in the environment of the contenders."""
