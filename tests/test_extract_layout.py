from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract import extract_page
from extract.layout import Layout
from extract.markup import parse, read

PARAGRAPH = (
    "<p>The weir board met again on Monday, and after three hours of talk it put off its word on the upper gate"
    " until the water has fallen by a foot, which the clerk says will not be before the first week of May.</p>"
)
LONG = "The keeper walked the bank twice a day and wrote down what he saw there. " * 6


def lines(body: str) -> list[str]:
    """Return the lines that all that is seen of *body* makes."""
    tree = parse(f"<body>{body}</body>")
    assert tree is not None
    reading = read(tree)
    return [line for _, line in Layout.of(tree, reading).lines(reading.blocks, range(len(reading.blocks)))]


def page(body: str) -> bytes:
    return f"<title>The upper gate</title><article><h1>The upper gate</h1>{body}</article>".encode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<table><tr><th>Lock<th>Fall<tr><td>Upper<td>3 ft</table>", ["Lock | Fall", "Upper | 3 ft"]),
        ("<table><tr><th>Lock<th>Fall<tr><td>Upper<td></table>", ["Lock | Fall", "Upper"]),
        ("<table><tr><td><th>May<th>June<tr><th>Upper<td><td>3</table>", ["| May | June", "Upper |  | 3"]),
        ("<table><tr><td><p>Upper<p>gate<td>3<br>ft<tr><td>Low<td>2</table>", ["Upper gate | 3 ft", "Low | 2"]),
        ("<table><caption>Falls</caption><tr><td>A<td>1<tr><td>B<td>2</table>", ["Falls", "A | 1", "B | 2"]),
        (f"<table><tr><td><style>{LONG}</style>A<td>1<tr><td>B<td>2</table>", ["A | 1", "B | 2"]),
        ("<table><tr><td>A<td>1<tr><td>B<td>2</table><p>C", ["A | 1", "B | 2", "C"]),
        ("<table><tr><td>A<td><ul><li>x<li>y</ul><tr><td>B<td>2</table>", ["A | x y", "B | 2"]),
        ("<ul><li>One<li>Two<ul><li>Three</ul></ul><ol><li>Four</ol>", ["One", "Two", "Three", "Four"]),
        ("<blockquote><p>One <b>two</b>\n three</blockquote>", ["One two three"]),
        ("<h2>A  gate</h2><dl><dt>Sill<dd>Its lowest beam</dl>", ["A gate", "Sill", "Its lowest beam"]),
    ],
)
def test_rows_are_lines_and_so_is_everything_else(body: str, expected: list[str]) -> None:
    assert lines(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<pre>if open:\n    wait()\n\n    shut()  \n</pre>", ["if open:", "    wait()", "", "    shut()"]),
        ("<pre><code>\n  a\r\n\tb</code></pre>", ["  a", "\tb"]),
        ("<pre>a<br>  <b>b</b>  c</pre>d", ["a", "  b  c", "d"]),
        ("<ul><li>So: <pre>a\n b</pre> and</ul>", ["So:", "a", " b", "and"]),
        ("<pre>a\n b<pre>c\n d</pre></pre>", ["a", " b", "c", " d"]),
        ("<p><code>a\n  b</code>", ["a b"]),
    ],
)
def test_code_keeps_its_lines_and_their_indentation(body: str, expected: list[str]) -> None:
    assert lines(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "<table><tr><td>One<td>Two</table>",
        "<table><tr><td>One<tr><td>Two</table>",
        "<table role=presentation><tr><td>One<td>Two<tr><td>3<td>4</table>",
        "<table><tr><td><h2>One</h2><td>Two<tr><td>3<td>4</table>",
        "<table><tr><td><form><input></form>One<td>Two<tr><td>3<td>4</table>",
        f"<table><tr><td>Menu<td>{LONG}<tr><td>Foot<td>Two</table>",
        "<table><tr><td>One<td><table><tr><td>x</table><tr><td>3<td>4</table>",
        "<table><tr><td>1<td><pre>a()</pre><tr><td>2<td><pre>b()</pre></table>",
    ],
)
def test_table_that_lays_out_the_page_has_no_rows(body: str) -> None:
    assert not any("|" in line for line in lines(body))


def test_rows_of_a_table_within_one_that_lays_out_the_page_are_lines() -> None:
    inner = "<table><tr><td>A<td>1<tr><td>B<td>2</table>"
    assert lines(f"<table><tr><td>Menu<td>{inner}<tr><td>Foot<td>c</table>") == ["Menu", "A | 1", "B | 2", "Foot", "c"]


def test_article_has_its_table_its_list_and_its_code_as_they_read() -> None:
    table = "<table><tr><th>Lock<th>Fall<tr><td>Upper<td>3 ft<tr><td>Lower<td>2 ft</table>"
    code = "<pre>while high:\n    wait()</pre>"
    made = extract_page(page(f"{PARAGRAPH * 4}{table}{PARAGRAPH}<ol><li>Lift<li>Wait</ol>{code}{PARAGRAPH}"))
    assert made.text is not None
    found = made.text.split("\n")
    assert found[4:7] == ["Lock | Fall", "Upper | 3 ft", "Lower | 2 ft"]
    assert found[8:12] == ["Lift", "Wait", "while high:", "    wait()"]


def test_position_of_a_notice_counts_the_lines_before_it() -> None:
    table = "<table><tr><th>Lock<th>Fall<tr><td>Upper<td>3 ft</table>"
    notice = "<p>Share this article</p>"
    code = "<pre>a\n  b\nc</pre>"
    body = f"{PARAGRAPH * 3}{table}{notice}{PARAGRAPH}{code}<p>Subscribe to our newsletter</p>{PARAGRAPH}"
    made = extract_page(page(body))
    assert made.text is not None
    positions = {notice.text: notice.position for notice in made.notices}
    found = made.text.split("\n")
    assert found[positions["Share this article"] - 1] == "Upper | 3 ft"
    assert found[positions["Subscribe to our newsletter"] - 1] == "c"


def test_cell_that_was_cut_leaves_its_row() -> None:
    table = "<table><tr><th>Lock<th>More<tr><td>Upper<td>Share this article<tr><td>Lower<td>shut</table>"
    made = extract_page(page(f"{PARAGRAPH * 4}{table}{PARAGRAPH}"))
    assert made.text is not None
    assert made.text.split("\n")[4:7] == ["Lock | More", "Upper", "Lower | shut"]


_TAGS = "table tr td th caption pre ul li p br code h2 select svg".split()
_TREES = st.recursive(
    st.sampled_from(["gate", " a\n  b ", "\n", "<br>", "<!-- c -->", "<select><option>x</select>"]),
    lambda inner: st.tuples(st.sampled_from(_TAGS), st.lists(inner, max_size=4)).map(
        lambda pair: f"<{pair[0]}>{''.join(pair[1])}</{pair[0]}>"
    ),
    max_leaves=25,
)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(body=_TREES)
def test_lines_have_the_words_of_the_blocks_in_their_order(body: str) -> None:
    tree = parse(f"<body>{body}gate</body>")
    assert tree is not None
    reading = read(tree)
    found = list(Layout.of(tree, reading).lines(reading.blocks, range(len(reading.blocks))))
    words = " ".join(block.text for block in reading.blocks).split()
    assert " ".join(line for _, line in found).replace("|", " ").split() == words
    assert [order for order, _ in found] == sorted(order for order, _ in found)


@pytest.mark.parametrize(
    "body",
    [
        "<table><tr><td>a<td>b" * 3_000,
        "<pre>a" * 20_000,
        f"<table>{'<tr><td>a<td>b' * 40_000}</table>",
        f"<pre>{'a<br>' * 40_000}</pre>",
    ],
)
def test_nesting_and_length_cost_no_more_than_their_size(body: str) -> None:
    started = time.process_time()
    assert lines(body)
    assert time.process_time() - started < 3
