"""`extract.verdict`: the tables of marks and of phrases, and that no page makes the rules fail."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from extract_pages import ARTICLES, MENU, article_page, page
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.words import Verdict
from extract import extract_page
from extract.phrases import load_table
from extract.verdict.decision import sure
from extract.verdict.marks import Mark, _mark, load_marks

URL = "https://paper.example/2031/04/the-lift"
EXTRACT = Path(__file__).parent.parent / "extract"
GROUPS: dict[str, dict[str, Any]] = {
    table: tomllib.loads((EXTRACT / table).read_text(encoding="utf-8")) for table in ("walls.toml", "gates.toml")
}
PHRASES = [
    phrase.replace("…", " and ").strip()
    for groups in GROUPS.values()
    for entries in groups.values()
    for language, phrases in entries.items()
    if language != "max_chars"
    for phrase in phrases
]
IN_MARKUP = [(mark, text) for mark in load_marks() for text in mark.markup if mark.beside != "any"]


@pytest.mark.parametrize(("mark", "text"), IN_MARKUP, ids=lambda value: value if isinstance(value, str) else "")
def test_mark_in_the_markup_makes_no_whole_article_a_wall(mark: Mark, text: str) -> None:
    made = extract_page(article_page(head=f"<script>/* {text} */</script>"), url=URL)
    assert made.verdict == Verdict.ARTICLE, (mark.product, made.evidence)


@pytest.mark.parametrize("mark", [mark for mark in load_marks() if mark.beside == "nothing" and mark.is_of_server])
def test_servers_name_makes_no_answer_without_error_a_wall(mark: Mark) -> None:
    headers = dict(mark.header)
    assert extract_page(article_page(), url=URL, headers=headers).verdict == Verdict.ARTICLE
    assert extract_page(b"<p>No.</p>", url=URL, headers=headers).verdict != mark.verdict
    status = mark.status[0]
    assert extract_page(b"<p>No.</p>", url=URL, headers=headers, http_status=status).verdict == mark.verdict


@pytest.mark.parametrize("mark", [mark for mark in load_marks() if mark.beside == "any" and mark.is_of_server])
def test_proof_of_the_server_goes_before_what_stands_on_the_page(mark: Mark) -> None:
    status = mark.status[0] if mark.status else 200
    made = extract_page(article_page(), url=URL, headers=dict(mark.header), http_status=status)
    assert made.verdict == mark.verdict
    assert made.evidence["product"] == mark.product


def test_challenge_under_401_asks_for_no_login() -> None:
    body = page("<script id=\"anubis_challenge\" type='application/json'>{}</script><h1>Making sure</h1>")
    assert extract_page(body, url=URL, http_status=401).verdict == Verdict.BOT_WALL
    assert extract_page(page("<p>Who are you?</p>"), url=URL, http_status=401).verdict == Verdict.LOGIN_WALL


@pytest.mark.parametrize(
    "entry",
    [
        {"product": "x", "verdict": "bot-wall"},
        {"product": "x", "verdict": "bot-wall", "headers": "server: x"},
        {"product": "x", "verdict": "bot-wall", "markup": "x", "beside": "much"},
        {"product": "x", "verdict": "wall", "markup": "x"},
    ],
)
def test_badly_written_mark_is_refused(entry: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"x|wall"):
        _mark(entry)


@pytest.mark.parametrize(
    ("table", "group", "languages"),
    [
        *(("walls.toml", group, 15) for group in GROUPS["walls.toml"]),
        ("gates.toml", "register", 15),
        ("gates.toml", "consent-button", 25),
        ("gates.toml", "meter", 15),
        ("gates.toml", "offer", 15),
    ],
)
def test_tables_speak_many_languages(table: str, group: str, languages: int) -> None:
    assert len(GROUPS[table][group].keys() - {"max_chars"}) >= languages


def test_every_phrase_of_the_gates_fires_once() -> None:
    known = load_table("gates.toml")
    for group, entries in GROUPS["gates.toml"].items():
        for phrases in (entries[language] for language in entries if language != "max_chars"):
            assert len(set(phrases)) == len(phrases)
            for phrase in phrases:
                text = phrase.strip("… ").replace("…", " x ")
                assert any(found.group == group for found in known.find_all(text)), phrase


def test_confidence_rises_with_the_distance_from_the_limit() -> None:
    assert sure(0.95, 900, 900) == 0.6
    assert sure(0.95, 901, 900) < sure(0.95, 1200, 900) < sure(0.95, 1800, 900) == 0.95
    assert sure(0.95, 9000, 900) == 0.95 == sure(0.95, 0, 900)


PIECES = st.sampled_from(
    [
        *PHRASES,
        *(text for _, texts in ARTICLES.values() for text in texts),
        MENU,
        "<form><input type='password'></form>",
        "<h1>404</h1>",
        "<p>€ 5 per month</p>",
        "<a href='/x'>A story with a headline that is a link</a>",
        "<article>",
        "</div>",
        "<noscript>",
        '<script type="application/ld+json">{"isAccessibleForFree": false, "wordCount": "９9"}</script>',
        '<script type="application/ld+json">{"wordCount": [null, {"a": 1}, "120", -4, 1e999]}</script>',
        "<title>404 | </title>",
        "\x00\ud800",
    ]
)
HEADERS = st.dictionaries(
    st.sampled_from(["server", "set-cookie", "cf-mitigated", "x-cache", "content-language", "x-datadome"]),
    st.sampled_from(["", "AkamaiGHost", "awselb/2", "challenge", "parking_session=1", "\udcff"]),
    max_size=3,
)


@given(
    pieces=st.lists(PIECES, max_size=8),
    text=st.text(max_size=40),
    headers=HEADERS,
    status=st.sampled_from([None, 0, 200, 202, 401, 403, 404, 418, 429, 503, 999]),
    url=st.sampled_from([None, "", "http://[", URL, "https://paper.example/", "https://paper.example/login?next=/"]),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_no_page_makes_the_rules_fail(
    pieces: list[str], text: str, headers: dict[str, str], status: int | None, url: str | None
) -> None:
    body = "".join(f"<div>{piece}</div>" for piece in [*pieces, text]).encode("utf-8", "replace")
    made = extract_page(body, url=url, headers=headers, http_status=status)
    assert made.evidence["rule"] != "extraction-failed", made.evidence
    assert made.verdict == Verdict.DOCUMENT or 0 < made.evidence["confidence"] < 1
    assert made == extract_page(body, url=url, headers=headers, http_status=status)
