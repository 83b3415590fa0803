"""`extract.kept`: what is asked for again is known, and no long value stays in memory."""

from __future__ import annotations

from typing import Any

from extract_pages import ARTICLES, article, page

from extract import extract_page
from extract.article.edges import _NAMES_FURNITURE
from extract.article.frame import _EXPRESSIONS
from extract.comments import _SAYS_COMMENTS
from extract.containers import _RULES_FOR, _RULES_OF
from extract.kept import LONGEST, Answers
from extract.named import _WORDS_OF, WORDS
from extract.surroundings import _SAYS_ELSEWHERE


def test_function_is_asked_once_for_what_recurs_and_each_time_for_what_is_long() -> None:
    asked: list[int] = []

    def length(text: str) -> int:
        asked.append(len(text))
        return len(text)

    answers = Answers(length)
    for text in ("", "name", "x" * LONGEST, "x" * (LONGEST + 1)):
        assert [answers[text], answers[text]] == [len(text)] * 2
    assert asked == [0, 4, LONGEST, LONGEST + 1, LONGEST + 1]


def test_no_more_are_kept_than_there_is_room_for() -> None:
    answers = Answers(str.upper, 8)
    assert [answers[str(number)] for number in range(100)] == [str(number) for number in range(100)]
    assert len(answers) <= 8


def test_page_with_long_attributes_leaves_none_of_them_in_memory() -> None:
    long, title = f"{'m' * 50_000} share-bar", ARTICLES["en"][0]
    attributes = " ".join(f"{name}='{long}'" for name in ("class", "id", "style", "role", "itemprop", "data-component"))
    for tag in ("div", "span", "h1"):
        extract_page(page(f"<{tag} {attributes}>{title}</{tag}>" + article(before=f"<p {attributes}>A</p>")))
    kept: tuple[Answers[Any], ...] = (
        WORDS,
        _WORDS_OF,
        _RULES_FOR,
        _RULES_OF,
        _SAYS_COMMENTS,
        _SAYS_ELSEWHERE,
        _NAMES_FURNITURE,
    )
    texts = [text for answers in (*kept, *_EXPRESSIONS._saying.values()) for text in answers]
    assert max(map(len, texts)) <= LONGEST
