"""`extract.bounds`: how much of a page is read, and that nothing beyond is left out in silence."""

from __future__ import annotations

import time

import pytest
from extract_pages import article, page, text_of

from archive.words import Verdict
from extract import extract_page
from extract.attributes import MAX_ATTRIBUTES
from extract.bounds import MAX_CHARS, MAX_TAGS, bounded

ARTICLE = article("en")


def test_ordinary_page_is_read_whole() -> None:
    markup = page(ARTICLE).decode()
    assert bounded(markup).markup == markup
    assert not bounded(markup).left_out


def test_page_of_very_many_tags_is_read_as_far_as_the_bound_and_says_so() -> None:
    made = extract_page(page(ARTICLE + "<i>x</i>" * MAX_TAGS))
    assert (made.verdict, text_of("en") in (made.text or "")) == (Verdict.ARTICLE, True)
    assert made.evidence["left_out"]["characters"] > 8 * MAX_TAGS // 2 - 2000


def test_long_page_is_cut_and_scripts_and_inline_images_go_before_its_text() -> None:
    image = f'<img src="data:image/png;base64,{"QUJD" * (MAX_CHARS // 4)}">'
    script = f"<script>{'var a = 1;' * (MAX_CHARS // 10)}</script>"
    made = extract_page(page(image + script + ARTICLE))
    assert text_of("en") in (made.text or "")
    assert made.evidence["left_out"]["characters"] > 2 * MAX_CHARS - 100


@pytest.mark.parametrize("value", ["1", "'>'", '"<"', "'a <b> c'"])
def test_attributes_beyond_the_bound_are_counted(value: str) -> None:
    names = " ".join(f"a{number}={value}" for number in range(MAX_ATTRIBUTES + 900))
    made = extract_page(page(f"<div {names}>{ARTICLE}</div>"))
    assert text_of("en") in (made.text or "")
    assert made.evidence["left_out"] == {"attributes": 900}


@pytest.mark.parametrize(
    "words",
    [
        "<p>if a < b {}</p>",
        "<p>{} a=<b> {}</p>",
        "<script>if (a<b) c='{}>'</script>",
        "<p title=o'clock>{}</p>",
        "<p><script>if (a<b {} = '>')</script></p>",
        "<!-- <p {}>{}</p> --><b>x</b>",
    ],
)
def test_words_behind_an_angle_are_no_attributes(words: str) -> None:
    markup = words.format("word " * 1000, "word " * 1000)
    assert bounded(markup).markup == markup


ATTRIBUTES = b" ".join(b"a%d=1" % number for number in range(100_000)) + b">x</div>"
HOSTILE = {
    "attributes": b"<div " + ATTRIBUTES,
    "attributes behind a quoted end": b"<div x='>' " + ATTRIBUTES,
    "attributes behind a quoted beginning": b'<div x="<" ' + ATTRIBUTES,
    "attributes behind both in quotes": b'<div x="><" ' + ATTRIBUTES,
    "attributes behind a stray beginning": b"<div < " + ATTRIBUTES,
    "attributes behind a script in quotes": b"<i title='<script>'></i><div " + ATTRIBUTES,
    "attributes behind an empty comment": b"<!--><div " + ATTRIBUTES,
    "attributes with both in each": b"<div " + ATTRIBUTES.replace(b"=1", b"='<b>'"),
    "scripts without an end": b"<script>a<b</scrip" * 300_000,
    "attributes of a script": b"<script " + ATTRIBUTES,
    "attributes of an end": b"</div " + ATTRIBUTES,
    "attributes without an end": b"<div " + ATTRIBUTES[:-8],
    "attributes with an end in each": b"<div " + ATTRIBUTES.replace(b"=1", b"='>'"),
    "attributes with a beginning in each": b"<div " + ATTRIBUTES.replace(b"=1", b'="<b"'),
    "quotes in quotes without an end": b'<a x="<a " ' * 300_000,
    "attribute with spaces behind it": b"<div a" + b" " * 500_000 + b"'>x",
    "links in nested elements": b"<div>" * 200 + b"<p><a href=/x>A link</a> and words behind it</p>" * 20_000,
    "years in nested elements": (b"<i>" * 100 + b"2031" + b"</i>" * 100) * 1000,
    "nested": b"<div>" * 1_000_000,
    "nested formatting": b"<font><i><p>" * 300_000,
    "nested tables": b"<table><tr><td>" * 150_000,
    "tiny elements": b"<p>x</p>" * 300_000,
    "line breaks": b"x<br>" * 300_000,
    "rows": b"<table>" + b"<tr><td>a</td><td>b</td></tr>" * 100_000,
    "one long line": b"<p>" + b"word and more " * 700_000,
    "angles without an end": b"\xe9" + b"<" * 2_000_000,
    "styles without an end": b"\xe9<style>" * 300_000,
    "comments": b"<!-- c -->" * 200_000,
    "comments without an end": b"\xe9<!--" * 400_000,
    "entities": b"&amp;" * 1_000_000,
    "links": b"<li><a href=/x>Some link text</a></li>" * 100_000,
    "readers": b"<div class='comments'><p>Words of a reader here.</p></div>" * 40_000,
    "data": b'<script type="application/ld+json">' + b'{"@graph":[' * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_page_takes_no_more_than_its_time(name: str) -> None:
    started = time.process_time()
    made = extract_page(b"<!DOCTYPE html><html><body>" + HOSTILE[name])
    assert time.process_time() - started < 5
    assert made.evidence["rule"] != "extraction-failed"


SLOW = {
    "no-script within each other": b"<noscript>words for those without scripts, " * 2_000 + b"<p>" + b"x " * 40_000,
    "elements that are never content": b"<select><option>x</select>words behind it " * 20_000,
    "one line of ASCII and a byte that is no UTF-8": b"<p>" + b"word " * 100_000 + b"\xe9",
    "stray bytes of very many kinds": b"<p>" + b"".join(
        b"\xf0%c%c words " % (128 + number % 64, 192 + number // 64) for number in range(4_000)
    ) * 12,
}  # fmt: skip


@pytest.mark.parametrize("name", SLOW)
def test_page_that_took_minutes_takes_no_more_than_its_time(name: str) -> None:
    started = time.process_time()
    made = extract_page(b"<!DOCTYPE html><html><body>" + SLOW[name])
    assert time.process_time() - started < 5
    assert made.evidence["rule"] != "extraction-failed"


def test_references_to_characters_that_no_tree_may_have_are_left_out() -> None:
    for reference in ("&#1;", "&#x1F;", "&#0", "&#xD800;", "&#57343;", "&#x00fffe;"):
        made = extract_page(page(ARTICLE.replace("For eleven days", f"For<select></select>{reference} eleven days")))
        assert (made.verdict, (made.text or "")[:15]) == (Verdict.ARTICLE, "For eleven days"), reference
    kept = ARTICLE.replace("For eleven days", "A &amp; B &amp;#1; &#233; &#1081; &#x1F468; &#13;&#9;for eleven days")
    assert (extract_page(page(kept)).text or "").startswith("A & B &#1; é й \U0001f468 for eleven days")


def test_file_under_an_error_status_is_no_words() -> None:
    made = extract_page(b"%PDF-1.7\n" + bytes(range(128, 256)) * 9_000, http_status=404)
    assert (made.text, made.notices, made.evidence["rule"]) == (None, (), "http-status")
