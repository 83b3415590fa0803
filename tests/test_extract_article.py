"""Which blocks of a page are its article."""

from __future__ import annotations

import json

import pytest
from extract_pages import ARTICLES, article, page, text_of

from extract import extract_page
from extract.page import article_of

TITLE, PARAGRAPHS = ARTICLES["en"]
BODY = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
LEAD = "What began as one broken button became an inquiry of two years: " * 3


def left_out(body: str, rule: str, *, title: str = TITLE) -> list[str]:
    """Return the notices of *rule* that a page with *body* has, once its text is found to be the article's."""
    made = extract_page(page(body, title=title))
    assert made.text == text_of("en")
    return [notice.text for notice in made.notices if notice.rule == rule]


def test_headline_is_title_and_no_text() -> None:
    assert left_out(article(), "article:headline") == [TITLE]


def test_lead_between_headline_and_article_is_text() -> None:
    header = f"<header><h1>{TITLE}</h1><p class='article-lead'>{LEAD}</p></header>"
    made = extract_page(page(f"<main>{header}<div class='article-body'>{BODY}</div></main>", title=TITLE))
    assert made.text == f"{LEAD.strip()}\n{text_of('en')}"


def test_sub_title_is_no_lead() -> None:
    body = f"<h1>{TITLE}</h1><p class='subtitle'>A button and its end</p><div class='article-body'>{BODY}</div>"
    made = extract_page(page(f"<main>{body}</main>", title=TITLE))
    assert made.text == text_of("en")


@pytest.mark.parametrize(
    ("piece", "rule"),
    [
        ("<p class='bildunterschrift'>The lift, seen from below</p>", "article:furniture"),
        ("<div class='contributor'><p>Ada Writer walks, and writes of it.</p></div>", "article:furniture"),
        ("<p><a href='/x'>The stairs that nobody swept for a year</a></p>", "article:link-line"),
    ],
)
def test_what_stands_between_paragraphs_and_is_no_text(piece: str, rule: str) -> None:
    pieces = [f"<p>{text}</p>" for text in PARAGRAPHS]
    found = left_out(f"<article><h1>{TITLE}</h1>{''.join([*pieces[:2], piece, *pieces[2:]])}</article>", rule)
    assert len(found) == 1


@pytest.mark.parametrize(
    "attribute",
    ["data-block='true'", "data-unwanted='discarded teaser'", "block='x'", "Block='x'", "Unwanted='discarded'"],
)
def test_attributes_of_a_page_are_taken_for_no_marks_of_our_own(attribute: str) -> None:
    pieces = "".join(f"<div {attribute}><p {attribute}>{text}</p></div>" for text in PARAGRAPHS)
    made = extract_page(page(f"<article><h1>{TITLE}</h1><div {attribute}>{pieces}</div></article>", title=TITLE))
    assert (made.text, made.evidence.get("error")) == (text_of("en"), None)


def test_headings_at_the_end_are_no_text() -> None:
    found = left_out(f"<article><h1>{TITLE}</h1>{BODY}<h3>In the same column</h3></article>", "article:end-matter")
    assert found == ["In the same column"]


def test_text_in_json_is_the_article_where_the_markup_has_none() -> None:
    data = json.dumps({"@type": "NewsArticle", "articleBody": text_of("en")})
    script = f"<script type='application/ld+json'>{data}</script>"
    assert article_of(page("<div id='app'>Loading</div>", title=TITLE, head=script)) == text_of("en")


def test_page_for_readers_without_scripts_is_read() -> None:
    assert article_of(page(f"<noscript><article>{BODY}</article></noscript>")) == text_of("en")


def test_hyphens_that_nobody_sees_are_gone_and_characters_composed() -> None:
    written = BODY.replace("hospital", "hos\u00adpi\u00adtal e\u0301", 1)
    found = article_of(page(f"<article>{written}</article>"))
    assert found is not None
    assert "hospital é" in found


def test_column_of_paragraphs_is_the_article_where_teasers_surround_it() -> None:
    words = "The council has met again, and of the lifts in its own house it had nothing to say to anybody. "
    teasers = f"<div><div>{words}</div></div>" * 4
    assert article_of(page(f"<div><div>{BODY}</div><div>{teasers}</div></div>", title=TITLE)) == text_of("en")


def test_excerpts_of_other_articles_do_not_outweigh_a_short_one() -> None:
    short = "The lift stood still on Monday, and everybody who works above the fourth floor took the stairs. " * 3
    excerpt = (
        "<article><p>" + "Another day, another lift, and a caretaker who knew all of it before. " * 3 + "</p></article>"
    )
    own = f"<article><h1>{TITLE}</h1><p>{short}</p></article>"
    assert article_of(page(f"<main>{own}<div>{excerpt * 6}</div></main>", title=TITLE)) == short.strip()
