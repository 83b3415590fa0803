"""Words for each rule by which a capture says something of its link."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pytest

from archive.signals import Seen, own_name, signal_of
from archive.words import Finding, Health, Outcome, TextChange, Verdict
from sourcekeep.audit.wording import HEALTH, rule_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

STATUSES = (None, 200, 403, 404, 410, 451, 503, 599, 999)
YES_OR_NO = (False, True)


def all_seen() -> Iterator[Seen]:
    """Iterate over captures of every outcome, status, verdict, end, change and finding, in all their combinations."""
    for outcome, status, verdict in product(Outcome, STATUSES, [None, *Verdict]):
        yield Seen(outcome, status, verdict)
    ends = product(YES_OR_NO, repeat=5)
    for verdict, end, change, finding in product(Verdict, ends, [None, *TextChange], [None, *Finding]):
        deep, elsewhere, at_home, keeps_name, in_company = end
        page = Seen(Outcome.FETCHED, 200, verdict, deep, elsewhere, at_home, keeps_name, in_company)
        yield replace(page, change=change, finding=finding)


def test_every_rule_of_every_capture_has_words() -> None:
    rules = {signal_of(seen)[1] for seen in all_seen()}
    wordless = {rule for rule in rules if rule_in_words(rule) == rule}
    assert wordless == set()
    assert {"probe:same-answer", "probe:says-missing", "redirected-together", "text-rewritten", "http-999"} <= rules


def test_status_is_told_with_its_phrase_and_the_wall_that_came_with_it() -> None:
    assert rule_in_words("http-404") == "its server answers 404 Not Found"
    assert rule_in_words("http-999") == "its server answers 999"
    assert rule_in_words("http-403:bot-wall") == "its server answers 403 Forbidden, by a bot wall"


def test_every_health_has_words() -> None:
    assert set(HEALTH) == set(Health)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://a.example/news/lift.html", "lift"),
        ("https://a.example/view.php?id=17", "view?id=17"),
        ("https://a.example/index.php?id=17#top", "index?id=17"),
        ("https://a.example/index.php", ""),
        ("https://a.example/", ""),
    ],
)
def test_own_name_is_what_tells_a_page_from_others_of_its_site(url: str, name: str) -> None:
    assert own_name(url) == name
