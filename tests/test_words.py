"""What outcomes and verdicts mean to people, and what a source is good for."""

from __future__ import annotations

import sqlite3
from itertools import product

import pytest

from archive.catalogue.sources import STANDING_SQL
from archive.words import Outcome, Verdict
from sourcekeep.judgement import Standing, judge, standing
from sourcekeep.words import NEVER_CAPTURED, NOT_EXTRACTED, advice, evidence_words, explain, label

GOOD = {Verdict.ARTICLE, Verdict.DOCUMENT, Verdict.MEDIA}


@pytest.mark.parametrize(("outcome", "verdict"), list(product([None, *Outcome], [None, *Verdict])))
def test_every_ending_has_a_label_and_a_sentence(outcome: str | None, verdict: str | None) -> None:
    assert label(outcome, verdict)
    sentence = explain(outcome, verdict)
    assert sentence[0].isupper()
    assert sentence.endswith(".")


def test_only_what_is_fine_has_no_advice() -> None:
    silent = {verdict for verdict in Verdict if not advice(Outcome.FETCHED, verdict)}
    assert silent == GOOD
    assert {outcome for outcome in Outcome if not advice(outcome, None)} == {Outcome.NOT_MODIFIED}


@pytest.mark.parametrize("status", [301, 400, 401, 402, 403, 404, 405, 410, 418, 429, 451, 500, 503, 999])
def test_every_error_status_is_named_and_has_advice(status: int) -> None:
    assert label("http-error", None, status) == f"http-error {status}"
    assert f"HTTP {status}" in explain("http-error", None, status, f"HTTP status {status}")
    assert advice("http-error", None, status)


def test_status_is_not_said_twice() -> None:
    assert explain("http-error", None, 503, "HTTP status 503").count("503") == 1


def test_refused_page_is_not_called_missing() -> None:
    assert explain("http-error", None, 403) != explain("http-error", None, 404)
    assert "may be there" in explain("http-error", None, 403)


def test_wall_with_an_error_status_is_a_wall() -> None:
    assert label("http-error", "bot-wall", 403) == "bot-wall"
    assert explain("http-error", "bot-wall", 403, "HTTP status 403").endswith("(HTTP 403).")


def test_honest_404_is_no_soft_404() -> None:
    assert label("http-error", "soft-404", 404) == "http-error 404"
    assert label("fetched", "soft-404", 200) == "soft-404"


def test_part_of_an_article_is_called_a_part() -> None:
    assert label("truncated", "article", 200) == "truncated"
    assert "part" in explain("truncated", "article", 200)
    assert label("truncated", "paywalled", 200) == "paywalled"


def test_never_captured_and_not_extracted_differ() -> None:
    assert label(None, None) == NEVER_CAPTURED
    assert label("fetched", None) == NOT_EXTRACTED
    assert "crawl" in advice(None, None)
    assert "extract" in advice("fetched", None)


def test_robots_that_could_not_be_read_is_told_from_a_denial() -> None:
    denied = {"outcome": {"rule": "robots-disallow"}}
    unreachable = {"outcome": {"rule": "robots-unreachable"}}
    assert explain("robots-denied", None, evidence=denied) != explain("robots-denied", None, evidence=unreachable)
    assert advice("robots-denied", None, evidence=denied) != advice("robots-denied", None, evidence=unreachable)


def test_host_that_asked_to_wait_is_told_from_an_error() -> None:
    assert "asked to be left alone" in explain("http-error", None, evidence={"outcome": {"rule": "retry-after"}})


def test_sentence_says_what_failed_and_how_often_it_was_tried() -> None:
    sentence = explain("refused", None, None, "Connection refused.", {"outcome": {"rule": "exception", "attempts": 3}})
    assert sentence.endswith("(Connection refused; tried 3 times).")


def test_list_of_tls_errors_is_reduced_to_its_reasons() -> None:
    error = "[('SSL routines', '', 'wrong version number'), ('x', 'y', 'certificate has expired')]"
    assert "(wrong version number; certificate has expired)" in explain("tls-failed", None, None, error)


def test_sentence_quotes_what_fired_the_verdict() -> None:
    evidence = {"verdict": {"rule": "offer", "phrase": "Subscribe to  read"}}
    assert "“Subscribe to read”" in explain("fetched", "paywalled", 200, None, evidence)


def test_long_errors_are_cut() -> None:
    assert len(explain("invalid-url", None, None, "x" * 10_000)) < 300


def test_evidence_begins_with_its_rule() -> None:
    evidence = {"outcome": {"http_status": 200, "rule": "http-status", "record_id": None}, "verdict": "none"}
    assert evidence_words(evidence) == ["outcome: rule http-status, http status 200", "verdict: none"]


@pytest.mark.parametrize(("outcome", "verdict"), list(product(Outcome, [None, *Verdict])))
def test_what_may_be_a_best_copy_is_usable_or_to_check(outcome: str, verdict: str | None) -> None:
    """The rule of the catalogue and the words for it never part."""
    connection = sqlite3.connect(":memory:")
    sql = f"SELECT {STANDING_SQL} FROM (SELECT ? AS outcome, ? AS verdict)"
    rank = connection.execute(sql, (outcome, verdict)).fetchone()[0]
    connection.close()
    if rank:
        assert standing(outcome, verdict, outcome, verdict) in {Standing.USABLE, Standing.TO_CHECK}
        whole = outcome in {Outcome.FETCHED, Outcome.NOT_MODIFIED}
        assert (standing(outcome, verdict, outcome, verdict) is Standing.USABLE) == (whole and verdict in GOOD)
    else:
        assert standing(outcome, verdict, None, None) in {Standing.NOT_USABLE, Standing.WAITING}


def _row(**more: object) -> dict[str, object]:
    row: dict[str, object] = {"outcome": None, "verdict": None, "http_status": None, "error": None, "evidence": {}}
    return {**row, "captured_at": None, "best_outcome": None, "best_verdict": None, "best_captured_at": None, **more}


def test_later_404_leaves_a_source_usable_and_is_told() -> None:
    found = judge(
        _row(
            outcome="http-error",
            http_status=404,
            captured_at="2026-11-20T10:00:00.000000Z",
            best_outcome="fetched",
            best_verdict="article",
            best_captured_at="2026-10-01T10:00:00.000000Z",
        )
    )
    assert (found.standing, found.label, found.advice) == (Standing.USABLE, "article", "")
    assert found.last_look is not None
    assert "2026-11-20" in found.last_look
    assert "http-error 404" in found.last_look


def test_later_good_capture_is_no_complaint() -> None:
    good = {"outcome": "fetched", "verdict": "article", "captured_at": "2026-11-20T10:00:00.000000Z"}
    best = {"best_outcome": "fetched", "best_verdict": "article", "best_captured_at": "2026-10-01T10:00:00.000000Z"}
    assert judge(_row(**good, **best)).last_look is None


def test_capture_that_waits_for_extraction_is_no_failure() -> None:
    assert judge(_row(outcome="fetched", http_status=200)).standing is Standing.WAITING
    assert judge(_row()).standing is Standing.WAITING
    assert judge(_row(outcome="timeout")).standing is Standing.NOT_USABLE
