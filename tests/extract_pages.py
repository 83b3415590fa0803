"""Pages in many languages for the tests of `extract`, all of our own words."""

from __future__ import annotations

import tomllib
from html import escape
from pathlib import Path

ARTICLES: dict[str, tuple[str, list[str]]] = {
    language: (entry["title"], entry["paragraphs"])
    for language, entry in tomllib.loads(
        (Path(__file__).parent / "extract_articles.toml").read_text(encoding="utf-8")
    ).items()
}
"""By language: a title and the paragraphs of a whole article."""

MENU = '<nav class="main-nav"><ul><li><a href="/">Home</a></li><li><a href="/n">News</a></li></ul></nav>'


def text_of(language: str) -> str:
    """Return the paragraphs of an article, a line each."""
    return "\n".join(ARTICLES[language][1])


def article(language: str = "en", *, before: str = "", after: str = "", paragraphs: int = 5) -> str:
    """Return the markup of an article with *before* and *after* around it, within a page's body."""
    title, texts = ARTICLES[language]
    body = "".join(f"<p>{escape(text)}</p>" for text in texts[:paragraphs])
    return f"{before}<main><article><h1>{escape(title)}</h1>{body}</article></main>{after}"


def page(body: str, *, title: str = "A page", language: str = "en", head: str = "") -> bytes:
    """Return a page of HTML in UTF-8."""
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>{head}</head>"
        f"<body>{body}</body></html>"
    ).encode()


def article_page(language: str = "en", *, head: str = "", before: str = "", after: str = "") -> bytes:
    """Return a whole page with an article."""
    title = ARTICLES[language][0]
    return page(article(language, before=MENU + before, after=after), title=title, language=language, head=head)
