from __future__ import annotations

import json
import time
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml.html import tostring

from extract.markup import parse
from extract.metadata import Metadata, metadata_of
from extract.names import names_in

URL = "https://weir-post.example/locks/gate-stuck"
PROSE = "".join(f"<p>{'The keeper waited beside the gate while the water rose behind it. ' * 4}</p>" for _ in range(5))


def read(head: str = "", body: str = "<h1>The gate is stuck</h1>", url: str | None = URL, **options: Any) -> Metadata:
    tree = parse(f"<html lang=en-GB><head>{head}</head><body>{body}{PROSE}</body></html>")
    assert tree is not None
    return metadata_of(tree, url, **options)


def ld(*nodes: dict[str, Any]) -> str:
    return f'<script type="application/ld+json">{json.dumps(nodes)}</script>'


def meta(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


# Titles


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Gate stuck, boats wait | Weir Post</title>", "<h1>The gate is stuck</h1>", "The gate is stuck"),
        ("<title>The gate is stuck</title>", "<h1>Weir Post</h1><h1>The gate is stuck</h1>", "The gate is stuck"),
        ("<title>Gate stuck</title>", "<h1><a href=/>Gate stuck</a></h1><h2>Gate stuck</h2>", "Gate stuck"),
        ("<title>The gate is stuck</title>", "<h1>News</h1><h3>The gate is stuck</h3>", "The gate is stuck"),
        (meta("og:title", "The gate is stuck"), "<h1><em>Locks</em> The gate is stuck</h1>", "The gate is stuck"),
        (meta("og:title", "The gate is stuck"), "<h1>Locks: The gate is stuck</h1>", "The gate is stuck"),
        (meta("og:title", "The gate is stuck - The Weir Post Online"), "", "The gate is stuck"),
        (meta("og:title", "Tom &amp;amp; the <i>gate</i>"), "", "Tom & the gate"),
        (ld({"@type": "Article", "headline": "The gate is stuck"}), "<h1>Menu</h1><h1>Shop</h1>", "The gate is stuck"),
        ("<title>Weir Post: The gate is stuck</title>", "", "The gate is stuck"),
        ("", "<h1>Ga\u00adte</h1>", "Gate"),
        ("<title>Weir Post</title>", "", "Weir Post"),
        ("", "", None),
    ],
)  # fmt: skip
def test_title_is_the_headline_without_the_site(head: str, body: str, title: str | None) -> None:
    assert read(head, body).title == title


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title>Locks - gates - paddles</title>", "Locks - gates - paddles"),
        ("<title>How the Weir Post was founded</title>", "How the Weir Post was founded"),
    ],
)
def test_title_keeps_what_is_not_the_site(head: str, title: str) -> None:
    assert read(head, "").title == title


# Authors


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (ld({"@type": "NewsArticle", "author": {"@type": "Person", "name": "Ada Weir"}}), ""),
        (ld({"@type": "NewsArticle", "author": ["Ada Weir", {"@type": "Organization", "name": "Lock Agency"}]}), ""),
        (ld({"@type": ["Thing", "BlogPosting"], "creator": [{"name": ["Ada Weir"]}]}), ""),
        (ld({"@graph": [{"@type": "Article", "author": {"@id": "#a"}}, {"@id": "#a", "name": "Ada Weir"}]}), ""),
        (meta("author", "By Ada Weir, Staff Writer"), ""),
        (meta("article:author", "https://social.example/ada") + meta("parsely-author", "Ada Weir"), ""),
        (meta("citation_author", "Weir, Ada"), ""),
        (meta("author", "webmaster") + meta("dc.creator", "Ada Weir"), ""),
        (meta("author", "aweir"), "<h1>The gate is stuck</h1><p class=byline>By <a href=/ada>Ada Weir</a></p>"),
        ("", "<h1>The gate is stuck</h1><div class=article-author>Text: Ada Weir<br>ada@weir-post.example</div>"),
        ("", "<h1>The gate is stuck</h1><p>By Ada Weir</p>"),
        ("", "<h1>The gate is stuck</h1><p class=byline>4 May 2021, by Ada Weir</p>"),
        ("", "<h1>The gate is stuck</h1><span class=posted-by>Posted by Ada Weir on Tuesday, 4 May</span>"),
        ("", f"<h1>The gate is stuck</h1>{PROSE}<div><a rel=author href=/ada>Ada Weir</a></div>"),
    ],
)
def test_author_is_found(head: str, body: str) -> None:
    assert read(head, body).byline == "Ada Weir"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (meta("author", "Weir Post"), ""),
        (meta("author", "The Weir Post Newsroom") + meta("og:site_name", "The Weir Post"), ""),
        (meta("author", "admin"), ""),
        (meta("author", "@ada_weir"), ""),
        (meta("author", "ada@weir-post.example"), ""),
        (meta("author", "Sluice Web Design GmbH"), ""),
        (meta("article:author", "https://social.example/ada"), ""),
        (ld({"@type": "ImageObject", "author": {"@type": "Person", "name": "Ada Weir"}}), ""),
        (ld({"@type": "NewsArticle", "publisher": {"name": "Canal Press"}, "author": {"name": "Canal Press"}}), ""),
        ("", "<h1>The gate is stuck</h1><p>By the time it opened, all had gone.</p>"),
        ("", "<h1>The gate is stuck</h1><figure><span class=author>Ada Weir</span></figure>"),
        ("", "<h1>The gate is stuck</h1><span class=photo-author>Ada Weir</span>"),
        ("", f"<h1>The gate is stuck</h1>{PROSE}<div id=comments><b class=author>Ada Weir</b></div>"),
        ("", f"<h1>The gate is stuck</h1>{PROSE}<aside><p class=byline>By Ada Weir</p></aside>"),
    ],
)
def test_site_makers_and_others_are_no_authors(head: str, body: str) -> None:
    assert read(head, body).byline is None


def test_agency_is_the_author_where_no_person_is_named() -> None:
    agency = {"@type": "NewsArticle", "author": {"@type": "Organization", "name": "Lock Agency"}}
    assert read(ld(agency)).byline == "Lock Agency"
    assert read(ld(agency), "<h1>The gate is stuck</h1><p class=byline>By Ada Weir</p>").byline == "Ada Weir"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ada Weir and Tom Sluice", ["Ada Weir", "Tom Sluice"]),
        ("Von Ada Weir und Tom Sluice", ["Ada Weir", "Tom Sluice"]),
        ("Ada Weir, Tom Sluice &amp; Bo Lock", ["Ada Weir", "Tom Sluice", "Bo Lock"]),
        ("Ministry for Rivers and Lakes", ["Ministry for Rivers and Lakes"]),
        ("ADA WEIR | 4 May 2021", ["ADA WEIR"]),
        ("By: Marwan H. van der Sluis", ["Marwan H. van der Sluis"]),
        ("Tom Sluice Jr., PhD", ["Tom Sluice Jr."]),
        ("Ada Weir (Lock Agency)", ["Ada Weir"]),
        ("Ada Weir; Weir; ada weir", ["Ada Weir"]),
        ("作者：王小明", ["王小明"]),
        ("Автор: Анна Речная", ["Анна Речная"]),
        ("gatekeeper42", ["gatekeeper42"]),
        ("Written by", []),
        ("12 comments", []),
        ("Chief Editor", []),
        ("Ada Writer, sports editor", ["Ada Writer"]),
        ("lock-keeper.com", []),
        ("who is to blame?", []),
    ],
)
def test_names_are_read(text: str, names: list[str]) -> None:
    assert names_in(text) == names


# Days


@pytest.mark.parametrize(
    ("head", "body", "url"),
    [
        (ld({"@type": "NewsArticle", "datePublished": "2021-05-04", "dateModified": "2022-01-01"}), "", URL),
        (meta("article:published_time", "2021-05-04T23:30:00+02:00"), "", URL),
        (meta("article:published_time", "soon") + meta("dc:date.issued", "2021-05-04"), "", URL),
        ("<meta itemprop=datePublished content=2021-05-04>", "", URL),
        (ld({"@type": "WebPage", "datePublished": "2021-05-04"}), "", URL),
        ("", "<h1>The gate is stuck</h1><time datetime=2021-05-04T08:00>this morning</time>", URL),
        ("", "<h1>The gate is stuck</h1><p class=date>Tuesday 4 May 2021</p>", URL),
        ("", "<h1>The gate is stuck</h1><p>Weir, 4 May 2021</p>", URL),
        ("", f"<h1>The gate is stuck</h1>{PROSE}<p>Published: 4 May 2021. <p>Next meeting: 9 May 2022", URL),
        ("", "", "https://weir-post.example/2021/05/04/gate"),
        ("", "<h1>The gate is stuck</h1><p class=date>04/05/2021</p>", URL),
    ],
)
def test_day_of_publication_is_found(head: str, body: str, url: str) -> None:
    assert read(head, body, url).published_on == "2021-05-04"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (meta("article:modified_time", "2021-05-04"), ""),
        (meta("article:published_time", "0001-01-01T00:00:00Z"), ""),
        (meta("article:published_time", "9999-12-31"), ""),
        ("", "<h1>The gate is stuck</h1><p>The lock was built on 4 May 1921.</p>"),
        ("", "<h1>The gate is stuck</h1><time class=updated datetime=2021-05-04></time>"),
        ("", f"<h1>The gate is stuck</h1>{PROSE}<div id=comments><time>4 May 2021</time></div>"),
        ("", f"<h1>The gate is stuck</h1>{PROSE}<ul><li>Opens 4 May 2021<li>Shuts 5 May 2021</ul>"),
    ],
)
def test_another_day_is_not_that_of_publication(head: str, body: str) -> None:
    assert read(head, body).published_on is None


def test_day_after_the_page_was_served_is_not_believed() -> None:
    head = meta("article:published_time", "2021-05-04") + meta("dc.date", "2021-04-30")
    assert read(head, latest=date(2021, 5, 4)).published_on == "2021-05-04"
    assert read(head, latest=date(2021, 5, 3)).published_on == "2021-04-30"


@pytest.mark.parametrize(
    ("shown", "day"),
    [
        ("<time datetime=2021-05-05T01:30:00+02:00>today</time>", "2021-05-05"),
        ("<p>5 May 2021</p>", "2021-05-05"),
        ("<p>4 May 2021</p><p>5 May 2021</p>", "2021-05-04"),
        ("<p class=updated>5 May 2021</p>", "2021-05-04"),
        ("<p>6 May 2021</p>", "2021-05-04"),
        ("<time datetime=2021-05-05T07:00:00+02:00>later</time>", "2021-05-04"),
    ],
)
def test_day_is_that_of_the_publishers_zone_where_the_page_shows_it(shown: str, day: str) -> None:
    head = meta("article:published_time", "2021-05-04T23:30:00Z")
    assert read(head, f"<h1>The gate is stuck</h1>{shown}").published_on == day


def test_order_of_day_and_month_follows_the_language_of_the_page() -> None:
    body = f"<body><h1>The gate is stuck</h1><p class=date>05/04/2021</p>{PROSE}"
    for language, day in (("en-US", "2021-05-04"), ("en-GB", "2021-04-05"), ("fr", "2021-04-05")):
        tree = parse(f"<html lang={language}>{body}")
        assert metadata_of(tree, URL).published_on == day


# Sites


@pytest.mark.parametrize(
    ("head", "site"),
    [
        (meta("og:site_name", "The Weir Post"), "The Weir Post"),
        (ld({"@type": "WebSite", "name": "The Weir Post"}), "The Weir Post"),
        (ld({"@type": "NewsArticle", "publisher": {"name": "The Weir Post"}}), "The Weir Post"),
        (meta("og:site_name", "{$site.name}") + meta("application-name", "The Weir Post"), "The Weir Post"),
        (meta("og:site_name", "https://weir-post.example") + meta("publisher", "The Weir Post"), "The Weir Post"),
        (meta("og:site_name", "weirpost") + "<title>The gate is stuck | Weir Post</title>", "Weir Post"),
        (meta("og:site_name", "Weir Post - All the locks") + "<title>Boats wait - Weir Post</title>", "Weir Post"),
        ("<title>The gate is stuck – Notes from a Canal</title>", "Notes from a Canal"),
        ("<title>Boats wait - Weir-Post Online</title>", "Weir-Post Online"),
        ("<title>Boats wait - Gates and paddles</title>", None),
        ("<title>The gate is stuck | 04.05.2021</title>", None),
        (meta("twitter:site", "@weirpost"), None),
        (meta("og:site_name", "The gate is stuck") + meta("og:title", "The gate is stuck"), None),
        (meta("og:site_name", "Weir Post") + meta("og:title", "Weir Post"), "Weir Post"),
        ("", None),
    ],
)  # fmt: skip
def test_site_name_is_as_people_write_it(head: str, site: str | None) -> None:
    assert read(head).site_name == site


def test_archived_page_has_the_site_that_it_was_on() -> None:
    url = "https://archive.example/web/20210504100000/https://weir-post.example/gate"
    assert read("<title>Boats wait - Weir-Post Online</title>", url=url).site_name == "Weir-Post Online"


# Anything


def test_tree_stays_as_it_is() -> None:
    tree = parse(f"<title>x</title><script type=application/ld+json>{{}}</script><h1>The gate</h1>{PROSE}")
    before = tostring(tree)
    metadata_of(tree, URL)
    assert tostring(tree) == before


def test_nodes_that_were_read_already_are_taken() -> None:
    assert read(ld({"@type": "Article", "author": "Ada Weir"}), nodes=[]).byline is None


@pytest.mark.parametrize(
    "url", [None, "", "not an address", "http://[", "https://weir-post.example:port/", "//", "\ud800"]
)
def test_any_address_gives_an_answer(url: str | None) -> None:
    assert read(url=url).title == "The gate is stuck"


_MARKUP = """
<h1> </h1> <h2> <p.class=byline> <a.href=/> <time.datetime=' 2021-05-04 '> By.Ada.Weir 4.May.2021 <title> </title> .|.
<meta.property=og:title.content=' <meta.name=author.content=' <script.type=application/ld+json> [] {}
{"@type":"Article","author": ]} </script> : <div> <article> </article> <main> <svg> &amp; <!-- --> <html> <body> ٤
"""
_PIECES = st.lists(
    st.sampled_from([piece.replace(".", " ") for piece in _MARKUP.split()] + ["\u00ad", "\0", "\n"])
    | st.text(max_size=20),
    max_size=40,
)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(pieces=_PIECES)
def test_any_page_gives_an_answer(pieces: list[str]) -> None:
    tree = parse("".join(pieces))
    if tree is not None:
        found = metadata_of(tree, URL)
        assert found.published_on is None or date.fromisoformat(found.published_on)
        assert all(value is None or value.strip() for value in (found.title, found.byline, found.site_name))


_WIDE = "".join(f"<meta name=author content='Ada Weir {number}'>" for number in range(100_000))


@pytest.mark.parametrize(
    "page",
    [
        _WIDE,
        "<title>" + "Weir Post | " * 100_000,
        ld({"@type": "Article", "author": [{"name": f"Ada Weir{'x' * number}"} for number in range(1_000)]}),
        ld(*({"@type": "Article", "headline": f"Gate {n}", "publisher": {"name": f"P{n}"}} for n in range(20_000))),
        "<h1>" * 100_000,
        "<h1>The gate</h1>" * 50_000,
        "<h1>The gate</h1>" + "<p class=author>" * 50_000,
        "<h1>The gate</h1>" + "<b></b>" * 200_000,
        "<div class=byline>" * 20_000 + "<h1>The gate</h1>",
        "<p>" + "1 " * 500_000,
        "<p class=author>" + "By " * 300_000,
        "<p>4 May 2021" * 50_000,
        "<meta property=og:title content='" + "a: " * 300_000 + "'>",
        "<meta name=author content='" + "von " * 300_000 + "'>",
        "<meta name=date content='" + "1/" * 300_000 + "'>",
    ],
    ids=range(15),
)  # fmt: skip
def test_large_page_takes_no_time(page: str) -> None:
    tree = parse(page)
    started = time.process_time()
    metadata_of(tree, URL)
    assert time.process_time() - started < 2
