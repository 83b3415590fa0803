"""Printing for people: strangers' text made safe, lines that fit."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcekeep import screen

UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    "hostile",
    [
        "a\x1b[31mred\x1b[0mb",
        "a\x1b]0;new title\x07redb",
        "a\x1b]8;;https://evil.example\x1b\\redb",
        "a\x9b2Jredb",
        "a\x1bPq#0;2\x1b\\redb",
        "a\x1b(Bredb",
        "a\u202eredb",
        "a\x00\x08red\x7fb",
    ],
)
def test_sequences_go_whole_and_the_words_stay(hostile: str) -> None:
    assert screen.line(hostile) == "aredb"


@given(ANY_TEXT)
def test_nothing_unsafe_is_left_of_any_text(text: str) -> None:
    assert not UNSAFE.search(screen.block(text))
    assert "\n" not in screen.line(text)
    screen.line(text).encode("utf-8")


def test_lines_of_a_text_stay_lines() -> None:
    assert screen.block("one\r\ntwo\u2028three\n") == "one\ntwo\nthree"


@given(st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=3))
def test_json_is_safe_and_says_the_same(value: dict[str, str]) -> None:
    text = screen.as_json(value)
    assert not re.search("[\x00-\x1f\x7f-\x9f\ud800-\udfff]", text)
    assert json.loads(text) == json.loads(json.dumps(value))


def test_lines_fit_in_columns_not_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = screen.wrapped("学校のチャットボットが時間割を読み間違えた。" * 4 + " and words", "  ").split("\n")
    assert len(lines) > 4
    assert all(screen.columns(line) <= 40 for line in lines)
    assert "".join(line.strip() for line in lines).startswith("学校のチャットボットが時間割を")


def test_url_is_never_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    url = "https://news.example/" + "x" * 100
    assert url in screen.wrapped(f"see {url} for more").split("\n")


def test_shortened_counts_columns() -> None:
    assert screen.shortened("abcdef", 6) == "abcdef"
    assert screen.shortened("abcdefg", 6) == "abcde…"
    assert screen.columns(screen.shortened("学校学校学校", 7)) <= 7


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (10**13, "10.0 TB")]
)
def test_sizes(number: int, words: str) -> None:
    assert screen.size(number) == words


def test_argument_that_is_no_utf_8_is_replaced() -> None:
    screen.typed("caf\udce9").encode("utf-8")
