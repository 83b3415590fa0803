from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml.html import HtmlElement, document_fromstring
from markdown_it import MarkdownIt

from extract.markdown import markdown_of, markdown_of_text
from extract.markup import blocks, parse
from extract.runs import runs

BASE = "https://weir-post.example/locks/gate"
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def markdown(body: str) -> str:
    tree = parse(f"<body>{body}</body>")
    assert tree is not None
    return markdown_of(tree, range(len(list(blocks(tree)))), BASE)


def html(body: str) -> HtmlElement:
    """Return the tree that a reader of Markdown makes of what was made of *body*."""
    return document_fromstring(f"<div>{READER.render(markdown(body))}</div>")


def read_lines(tree: HtmlElement) -> list[str]:
    return [block.text for block in blocks(tree)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<h2>A gate</h2><p>One<br>Two</p>", "## A gate\n\nOne\\\nTwo"),
        ("<h1>A <br>gate #</h1>", "# A gate \\#"),
        ("<ul><li>One<li>Two</ul>", "- One\n- Two"),
        ("<ol start=3><li>One<li>Two</ol>", "3. One\n4. Two"),
        ("<ul><li>One<ul><li>Inner</ul><li><p>Two</p><p>More</p></ul>", "- One\n  - Inner\n- Two\n\n  More"),
        ("<ol><li>One<ol><li>Inner</ol></ol>", "1. One\n   1. Inner"),
        ("<ul><li>One</ul><ul><li>Two</ul>", "- One\n\n* Two"),
        ("<blockquote><p>One</p><p>Two</p></blockquote>", "> One\n>\n> Two"),
        ("<blockquote>One<ul><li>Two</ul></blockquote>", "> One\n>\n> - Two"),
        ("<pre>if open:\n    wait()\n\n```</pre>", "````\nif open:\n    wait()\n\n```\n````"),
        ("<ul><li>So:<pre>a\n  b</pre></ul>", "- So:\n\n  ```\n  a\n    b\n  ```"),
        ("<p>A <b>big</b> and <i>old</i> <s>new</s> <code>g*te</code></p>", "A **big** and *old* ~~new~~ `g*te`"),
        ("<p><b>All <i>of</i></b> it</p>", "**All *of*** it"),
        ("<p>A<b> gate </b>opens</p>", "A **gate** opens"),
        ("<p>un<b>like</b>ly, <i>a</i><b>b</b></p>", "unlikely, ab"),
        ("<p>See <a href=/map>the map</a>.</p>", "See [the map](<https://weir-post.example/map>)."),
        ("<p>Now!<a href='/a b>'>here</a></p>", "Now\\![here](<https://weir-post.example/a%20b%3E>)"),
        ("<a href='javascript:go()'>here</a> <a>there</a> <a href=#x>or</a> <a href=http://[>o</a>", "here there or o"),
        ("<p>1. April, 2*3 [x] &lt;b&gt; &amp;amp; a_b</p>", "1\\. April, 2\\*3 \\[x\\] \\<b\\> \\&amp; a\\_b"),
        ("<p># no heading</p><p>- no item</p><p>+</p><p>==</p>", "\\# no heading\n\n\\- no item\n\n\\+\n\n\\=="),
        ("<p>A<script>no()</script> gate<img alt=no></p><figcaption>Shut</figcaption>", "A gate\n\nShut"),
    ],
)  # fmt: skip
def test_element_has_its_markdown(body: str, expected: str) -> None:
    assert markdown(body) == expected


def test_table_has_its_headings_columns_and_caption() -> None:
    body = (
        "<table><caption>Levels</caption><thead><tr><th>Lock<th>Level<tbody>"
        "<tr><td>Up|per<td><code>a|b</code><tr><td colspan=1><b>Low</b>er<td></table>"
    )
    assert markdown(body) == ("Levels\n\n| Lock | Level |\n| --- | --- |\n| Up\\|per | `a\\|b` |\n| Lower |  |")
    tree = html(body)
    assert [cell.text_content() for cell in tree.iter("th", "td")] == ["Lock", "Level", "Up|per", "a|b", "Lower", ""]


def test_table_without_headings_has_empty_ones() -> None:
    tree = html("<table><tr><td>1<td>2<tr><th>3<td>4</table>")
    assert [cell.text for cell in tree.iter("th", "td")] == [None, None, "1", "2", "3", "4"]


@pytest.mark.parametrize(
    "body",
    [
        "<table><tr><td>One</td></tr><tr><td>Two</td></tr></table>",
        "<table><tr><td>One<td>Two</table>",
        "<table><tr><td><h2>One</h2><td>x<tr><td>Two<td>y</table>",
        "<table><tr><td><ul><li>One</ul><td>x<tr><td>Two<td>y</table>",
        "<table><tr><td><table><tr><td>1<td>2</table><td>x<tr><td>Two<td>y</table>",
        f"<table><tr><td>{'One and all. ' * 40}<td>x<tr><td>Two<td>y</table>",
    ],
)
def test_table_that_lays_out_the_page_is_none(body: str) -> None:
    assert html(body).find(".//table") is None


def test_only_the_blocks_that_are_asked_for_are_there() -> None:
    tree = parse("<ul><li>One<li>Two<li>Three</ul><p>Four</p>")
    assert tree is not None
    assert markdown_of(tree, {0, 2}) == "- One\n- Three"
    assert markdown_of(tree, ()) == ""


def test_plain_text_stays_plain() -> None:
    shown = markdown_of_text("# One  *two*\n\n 3. four")
    assert shown == "\\# One \\*two\\*\n\n3\\. four"
    assert read_lines(document_fromstring(READER.render(shown))) == ["# One *two*", "3. four"]


_WORDS = st.text(alphabet="ab1 *_`~#[]()<>&!|\\+-=.:\"'\n中é", min_size=1, max_size=12)
_INLINE = st.recursive(
    _WORDS.map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;")),
    lambda inner: st.tuples(
        st.sampled_from(["b", "i", "s", "code", "a href='/x?y=(z)&b=_*'", "span", "em", "strong"]),
        st.lists(inner, min_size=1, max_size=4),
    ).map(lambda pair: f"<{pair[0]}>{''.join(pair[1])}</{pair[0].split()[0]}>"),
    max_leaves=10,
)
_BLOCK = st.recursive(
    _INLINE.map(lambda text: f"<p>{text}</p>") | _INLINE.map(lambda text: f"<h3>{text}</h3>"),
    lambda inner: st.tuples(
        st.sampled_from(["ul", "ol", "blockquote", "div", "table"]), st.lists(inner, min_size=1, max_size=3)
    ).map(lambda pair: _around(*pair)),
    max_leaves=8,
)


def _around(tag: str, inner: list[str]) -> str:
    if tag == "table":
        return f"<table>{''.join(f'<tr><td>{one}</td><td>x</td></tr>' for one in inner)}</table>"
    item = "li" if tag in {"ul", "ol"} else "div"
    return f"<{tag}>{''.join(f'<{item}>{one}</{item}>' for one in inner)}</{tag}>"


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(body=st.lists(_BLOCK | _INLINE, min_size=1, max_size=4).map("".join))
def test_what_a_reader_shows_is_what_the_page_shows(body: str) -> None:
    tree = parse(f"<body>{body}</body>")
    assert tree is not None
    shown = "".join("".join(read_lines(html(body))).split())
    assert shown == "".join("".join(read_lines(tree)).split()), markdown(body)


def test_table_that_lays_out_an_item_leaves_its_parts_apart() -> None:
    body = "<ul><li><table><tr><td><ul><li>One</ul><td>Two</table><li>Three</ul>"
    assert markdown(body) == "- - One\n\n  Two\n- Three"


@settings(deadline=None, max_examples=200)
@given(body=st.lists(_BLOCK | st.sampled_from(["<br>", "<a href=/>", "</a>", "<select>x</select>y", "<svg>z</svg>t"])))
def test_runs_are_the_blocks(body: list[str]) -> None:
    tree = parse(f"<body>{''.join(body)}</body>")
    assert tree is not None
    found = [(" ".join("".join(span.text for span in run.spans).split()), run.element) for run in runs(tree, BASE)]
    assert found == [(block.text, block.element) for block in blocks(tree)]


@pytest.mark.parametrize(
    "page",
    [
        "<ul><li>One" * 20_000,
        "<div>One" * 50_000,
        "<b>One <i>two</i> " * 30_000,
        "<p>" + "*_`[" * 100_000,
        "<table>" + "<tr><td colspan=99>One<td>Two" * 20_000,
        "<tr>" + "<td>One" * 50_000,
        "<pre>" + "`" * 300_000 + "\n",
        "<blockquote>One<br>" * 5_000,
    ],
    ids=range(8),
)  # fmt: skip
def test_large_page_takes_no_time(page: str) -> None:
    tree = parse(page)
    assert tree is not None
    orders = range(200_000)
    started = time.process_time()
    markdown_of(tree, orders, BASE)
    assert time.process_time() - started < 4
