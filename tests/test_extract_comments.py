"""Readers' comments: which parts of a page are theirs, and how the bench counts where they end up."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from extract_pages import article, page, text_of

from bench.extract.comments import count_comments
from bench.extract.corpus import load_corpus
from extract import extract_page

if TYPE_CHECKING:
    from pathlib import Path

SAID = "I walked up those stairs too, and counted them twice."


@pytest.mark.parametrize(
    "markup",
    [
        f"<div class='column full comment_entries'><div class='letter'><p>{SAID}</p></div></div>",
        f"<section id=comments><ol><li class=comment><article id=comment-7><p>{SAID}</p></article></ol></section>",
        f"<section id=comments><article class='comment even'><p>{SAID}</p></article></section>",
        f"<div class='commentsCon flex'><p class=commentText>{SAID}</p></div>",
        f"<div class='kommentarModul'><p>{SAID}</p></div>",
        f"<div class=leserbrief><p>{SAID}</p></div>",
        f"<ul id=yorumlar><li>{SAID}</ul>",
        f"<div class=leserBriefe><p>{SAID}</p></div>",
        f"<x-comments><p>{SAID}</p></x-comments>",
        f"<site-area class=comment-list><p>{SAID}</p></site-area>",
        f"<section id=comments><article class=Comment_1><p>{SAID}</p></article></section>",
        f"<section id=comments><article class=commentItem><p>{SAID}</p></article></section>",
    ],
)
def test_comments_stand_apart(markup: str) -> None:
    made = extract_page(page(article(after=markup)))
    assert made.comments == SAID
    assert SAID not in (made.text or "")


@pytest.mark.parametrize("names", ["class=commentary", "id=comment-policy", "class=commented"])
def test_what_only_sounds_like_comments_is_none(names: str) -> None:
    assert extract_page(page(article(after=f"<div {names}><p>{SAID}</p></div>"))).comments is None


def test_comments_that_hold_another_article_are_the_page() -> None:
    made = extract_page(page(f"<div class=comments>{article()}</div>"))
    assert text_of("en") in (made.text or "")


def test_bench_counts_phrases_of_comments_by_where_they_are(tmp_path: Path) -> None:
    phrases = ["stairs too", "a rainy day", "Printed  in Elm", "Only its scripts", "nobody has it"]
    body = page(article(after=f"<p>{SAID} It was a rainy day. Printed in Elm; nobody has it.</p>"))
    (tmp_path / "score.py").write_text("", encoding="utf-8")
    for part, truth in (("articles", {}), ("segments", {"a": {"url": None, "comments": phrases}})):
        (tmp_path / part).mkdir()
        (tmp_path / part / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    (tmp_path / "segments" / "a.html.gz").write_bytes(gzip.compress(body))
    found = {"comments": "stairs too", "text": "a rainy day", "notices": ["Printed in Elm"]}
    counted = count_comments(load_corpus(tmp_path), {("segments", "a"): found})
    assert counted == {"in comments": 1, "in article": 1, "in notices": 1, "nowhere": 1, "not served": 1}
