"""What a link has been, by what its captures said, one after the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archive.clock import as_timestamp
from archive.signals import Seen, Signal, directory_of, is_home, is_suspicious, signal_of
from archive.words import Finding, Health, Outcome, TextChange, Verdict
from sourcekeep.audit.health import Course

START = datetime(2026, 1, 1, tzinfo=UTC)
G, M, D, B, X, G410, R, S = (
    Signal.GOOD,
    Signal.MOVED,
    Signal.DRIFTED,
    Signal.BLOCKED,
    Signal.MISSING,
    Signal.GONE,
    Signal.REMOVED,
    Signal.SILENT,
)


def course(*seen: tuple[float, Signal]) -> Course:
    """Return what becomes of a link that says each signal on its day."""
    made = Course()
    for number, (day, signal) in enumerate(seen, 1):
        made.take(number, as_timestamp(START + timedelta(days=day)), signal, str(signal))
    return made


@pytest.mark.parametrize(
    ("seen", "health"),
    [
        ([], Health.UNCHECKED),
        ([(0, S)], Health.UNCHECKED),
        ([(0, G)], Health.LIVE),
        ([(0, M)], Health.MOVED),
        ([(0, G), (1, D)], Health.DRIFTED),
        ([(0, B)], Health.UNVERIFIABLE),
        ([(0, X)], Health.FAILING),
        ([(0, X), (4, X)], Health.FAILING),
        ([(0, X), (4, X), (8, X)], Health.DEAD),
        ([(0, G410), (4, G410)], Health.DEAD),
        ([(0, G410), (3, G410)], Health.FAILING),
        ([(0, R), (4, R)], Health.REMOVED),
        ([(0, X), (4, X), (8, R)], Health.REMOVED),
        ([(0, R), (4, X), (8, X)], Health.DEAD),
    ],
)
def test_health_by_signals(seen: list[tuple[float, Signal]], health: Health) -> None:
    assert course(*seen).health is health


def test_clock_that_was_ahead_does_not_hold_up_the_count() -> None:
    assert course((0, G), (4000, X), (1, X), (5, X), (9, X)).health is Health.DEAD
    assert course((0, G), (4000, X), (1, X), (2, X), (3, X)).health is Health.FAILING


def test_failures_within_three_days_count_once() -> None:
    assert course(*((day / 10, X) for day in range(31))).health is Health.FAILING
    assert course((0, X), (3, X), (6, X)).failures == 2  # more than three days: the second is not
    assert course((0, X), (3.001, X), (6.002, X)).health is Health.DEAD


@pytest.mark.parametrize("signal", [G, M, D])
def test_one_good_capture_heals_and_the_count_begins_anew(signal: Signal) -> None:
    healed = course((0, X), (4, X), (8, X), (12, signal), (16, X), (20, X))
    assert [step.health for step in healed.steps][1] is Health.DEAD
    assert healed.health is Health.FAILING
    assert healed.failures == 2


def test_walls_count_neither_for_nor_against() -> None:
    assert course(*((4 * day, B) for day in range(20))).health is Health.UNVERIFIABLE
    assert course((0, X), (4, B), (8, X), (12, B), (16, X)).health is Health.DEAD
    assert course((0, X), (4, X), (8, X), (12, B)).health is Health.DEAD


def test_what_was_found_dead_says_between_which_captures_it_died() -> None:
    dead = course((0, G), (30, G), (60, X), (61, X), (64, X), (68, X))
    assert dead.health is Health.DEAD
    assert dead.last_good
    assert dead.first_failure
    assert (dead.last_good.capture_id, dead.first_failure.capture_id) == (2, 3)
    assert dead.step
    assert dead.step.capture_id == 6


def test_clock_that_jumps_back_makes_no_link_die_sooner() -> None:
    assert course((10, X), (2, X), (6, X)).health is Health.FAILING


@pytest.mark.parametrize(
    ("seen", "signal"),
    [
        (Seen(Outcome.FETCHED, 200, Verdict.ARTICLE), G),
        (Seen(Outcome.NOT_MODIFIED, 304, Verdict.ARTICLE), G),
        (Seen(Outcome.FETCHED, 200, None), S),
        (Seen(Outcome.TRUNCATED, 200, Verdict.ARTICLE), G),
        (Seen(Outcome.HTTP_ERROR, 404, None), X),
        (Seen(Outcome.HTTP_ERROR, 404, Verdict.UNKNOWN), X),
        (Seen(Outcome.HTTP_ERROR, 404, Verdict.REMOVED), R),
        (Seen(Outcome.HTTP_ERROR, 410, Verdict.REMOVED), G410),
        (Seen(Outcome.HTTP_ERROR, 451, Verdict.REMOVED), R),
        (Seen(Outcome.HTTP_ERROR, 403, Verdict.UNKNOWN), B),
        (Seen(Outcome.HTTP_ERROR, 429, Verdict.BOT_WALL), B),
        (Seen(Outcome.HTTP_ERROR, 503, Verdict.BOT_WALL), B),
        (Seen(Outcome.HTTP_ERROR, 503, Verdict.UNKNOWN), X),
        (Seen(Outcome.HTTP_ERROR, 999, None), B),
        (Seen(Outcome.DNS_FAILED), X),
        (Seen(Outcome.TLS_FAILED), B),
        (Seen(Outcome.ROBOTS_DENIED), B),
        (Seen(Outcome.INVALID_URL), B),
        (Seen(Outcome.FETCHED, 200, Verdict.SOFT_404), X),
        (Seen(Outcome.FETCHED, 200, Verdict.PARKED), X),
        (Seen(Outcome.FETCHED, 200, Verdict.REMOVED), R),
        (Seen(Outcome.FETCHED, 200, Verdict.PAYWALLED), B),
        (Seen(Outcome.FETCHED, 200, Verdict.EMPTY), B),
        (Seen(Outcome.FETCHED, 200, Verdict.EMPTY, finding=Finding.SAME_ANSWER), X),
        (Seen(Outcome.FETCHED, 200, Verdict.ARTICLE, finding=Finding.SAME_ANSWER), G),
        (Seen(Outcome.FETCHED, 200, Verdict.ARTICLE, change=TextChange.EDITED), G),
        (Seen(Outcome.FETCHED, 200, Verdict.ARTICLE, change=TextChange.REPLACED), D),
        (Seen(Outcome.FETCHED, 200, Verdict.ARTICLE, elsewhere=True), M),
        (Seen(Outcome.FETCHED, 200, Verdict.ARTICLE, elsewhere=True, change=TextChange.SAME), M),
        (Seen(Outcome.FETCHED, 200, Verdict.INDEX, elsewhere=True, at_home=True), X),
        (Seen(Outcome.FETCHED, 200, Verdict.INDEX, is_deep=False, elsewhere=True, at_home=True), B),
        (Seen(Outcome.FETCHED, 200, Verdict.INDEX, elsewhere=True, at_home=True, change=TextChange.SAME), M),
        (Seen(Outcome.FETCHED, 200, Verdict.INDEX, elsewhere=True), B),
        (Seen(Outcome.FETCHED, 200, Verdict.INDEX, elsewhere=True, in_company=True), X),
        (Seen(Outcome.FETCHED, 200, Verdict.ARTICLE, elsewhere=True, in_company=True), M),
        (Seen(Outcome.FETCHED, 200, Verdict.INDEX, elsewhere=True, keeps_name=True), M),
    ],
)
def test_signal_of_one_capture(seen: Seen, signal: Signal) -> None:
    assert signal_of(seen)[0] is signal


def test_every_outcome_and_verdict_says_something() -> None:
    for outcome in Outcome:
        for verdict in (None, *Verdict):
            signal, rule = signal_of(Seen(outcome, 500 if outcome is Outcome.HTTP_ERROR else 200, verdict))
            assert rule
            assert (signal is Signal.SILENT) == (
                verdict is None
                and outcome in {Outcome.FETCHED, Outcome.NOT_MODIFIED, Outcome.TRUNCATED, Outcome.TOO_LARGE}
            )


@pytest.mark.parametrize(
    ("seen", "asks"),
    [
        (Seen(Outcome.FETCHED, 200, Verdict.ARTICLE), False),
        (Seen(Outcome.FETCHED, 200, Verdict.SOFT_404), True),
        (Seen(Outcome.FETCHED, 200, Verdict.INDEX), True),
        (Seen(Outcome.FETCHED, 200, Verdict.INDEX, is_deep=False), False),
        (Seen(Outcome.FETCHED, 200, Verdict.INDEX, change=TextChange.SAME), False),
        (Seen(Outcome.FETCHED, 200, Verdict.ARTICLE, change=TextChange.REPLACED), True),
        (Seen(Outcome.FETCHED, 200, Verdict.BOT_WALL), False),
        (Seen(Outcome.HTTP_ERROR, 404, Verdict.UNKNOWN), False),
    ],
)
def test_what_a_probe_could_say_more_about(seen: Seen, asks: bool) -> None:
    assert is_suspicious(*signal_of(seen), seen) is asks


@pytest.mark.parametrize(
    ("url", "home"),
    [
        ("https://example.org", True),
        ("https://example.org/", True),
        ("https://example.org/index.html", True),
        ("https://example.org/en/", True),
        ("https://example.org/pt-br/home", True),
        ("https://example.org/a", False),
        ("https://example.org/?p=12", False),
        ("https://example.org/ai/news", False),
    ],
)
def test_homes(url: str, home: bool) -> None:
    assert is_home(url) is home


@pytest.mark.parametrize(
    ("url", "directory"),
    [
        ("https://example.org/a/b.html?x=1", "https://example.org/a/"),
        ("https://example.org/a/b/", "https://example.org/a/"),
        ("https://example.org/story", "https://example.org/"),
        ("https://example.org/", None),
        ("mailto:a@example.org", None),
    ],
)
def test_directory_that_a_probe_asks_in(url: str, directory: str | None) -> None:
    assert directory_of(url) == directory
