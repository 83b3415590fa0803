"""What a page is: the first rule that fires decides, and says why and how sure it is.

The order is part of the rules: what the server says of itself goes before what the page says, and a whole article
goes before every wall that a phrase suggests (an ad-block notice beside an article is no wall). What the rules know
stands in two tables: `extract/marks.toml` (products) and `extract/walls.toml` (phrases).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.words import Verdict
from extract.verdict.consent import consent_wall
from extract.verdict.marks import by_page, by_server
from extract.verdict.offers import cut_off, offer_page
from extract.verdict.shape import almost_nothing, index, nothing, script_shell, short_article, waiting, whole_article
from extract.verdict.status import error_status
from extract.verdict.words import login_form, not_found, says_gate, says_wall

if TYPE_CHECKING:
    from extract.facts import Facts
    from extract.verdict.decision import Decision, Rule

__all__ = ["RULES", "TEXT_VERDICTS", "judge"]

TEXT_VERDICTS = frozenset({Verdict.ARTICLE, Verdict.DOCUMENT, Verdict.INDEX, Verdict.UNKNOWN})
"""Verdicts whose text is kept; of the others, what stood on the page is in the notices."""

_UNSURE = 0.5

RULES: tuple[Rule, ...] = (
    by_server,
    error_status,
    by_page,
    not_found,
    offer_page,
    cut_off,
    whole_article,
    consent_wall,
    says_wall,
    login_form,
    index,
    says_gate,
    script_shell,
    nothing,
    short_article,
    waiting,
    almost_nothing,
)


def judge(facts: Facts) -> Decision:
    """Return the verdict on a page of HTML, with the rule that fired, what made it fire, and a `confidence`."""
    for rule in RULES:
        if decision := rule(facts):
            return decision
    return Verdict.UNKNOWN, {"rule": "no-rule", "weight": facts.weight, "prose": facts.prose, "confidence": _UNSURE}
