"""`extract.bounds`: how much of a page is read, and that nothing beyond is left out in silence."""

from __future__ import annotations

import time

import pytest
from extract_pages import article, page, text_of

from archive.records import Verdict
from extract import extract_page
from extract.bounds import MAX_ATTRIBUTES, MAX_CHARS, MAX_TAGS, bounded

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


def test_attributes_beyond_the_bound_are_counted() -> None:
    names = " ".join(f"a{number}=1" for number in range(MAX_ATTRIBUTES + 900))
    made = extract_page(page(f"<div {names}>{ARTICLE}</div>"))
    assert text_of("en") in (made.text or "")
    assert made.evidence["left_out"] == {"attributes": 900}


HOSTILE = {
    "attributes": b"<div " + b" ".join(b"a%d=1" % number for number in range(100_000)) + b">x</div>",
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
