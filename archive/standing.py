"""How good a capture is as the copy of its source, and when its source is due again: the rules, in one place."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from archive.clock import as_timestamp
from archive.words import Outcome, Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from archive.settings import Settings

SUCCESSES = frozenset({Outcome.FETCHED, Outcome.NOT_MODIFIED})
"""Outcomes after which a source counts as reached."""

PARTS = frozenset({Outcome.TRUNCATED, Outcome.TOO_LARGE})
"""Outcomes after which a part of the page is there."""

NEVER_AGAIN = frozenset({Outcome.INVALID_URL, Outcome.UNSUPPORTED_SCHEME})
"""Outcomes that no later crawl can change, since nothing but the URL decides them."""

DENIED = frozenset({Outcome.ROBOTS_DENIED, Outcome.ADDRESS_FORBIDDEN})
"""Outcomes that are a rule and no failure: looked at again with the good ones."""

USABLE_VERDICTS = frozenset({Verdict.ARTICLE, Verdict.DOCUMENT, Verdict.MEDIA})
"""Of a whole page of the kind that is cited."""

VERDICT_RANK = {
    Verdict.ARTICLE: 4,
    Verdict.DOCUMENT: 4,
    Verdict.MEDIA: 4,
    Verdict.UNKNOWN: 2,
    Verdict.INDEX: 2,
}
"""How likely a page of each verdict is what was cited; a verdict that isn't here is no copy of anything."""


def failures_after(outcome: Outcome, failures_before: int) -> int:
    """Return how many failures in a row there are once a capture ended with *outcome*."""
    if outcome in SUCCESSES:
        return 0
    return failures_before if outcome in DENIED | NEVER_AGAIN else failures_before + 1


def next_due(
    outcome: Outcome, failures: int, finished: datetime, settings: Settings, *, failing: int = 0
) -> str | None:
    """Return when a source is due again after its *failures*-th failure in a row, or a good capture; None for never.

    Failures are confirmed after 3 days, then 7 (`confirm_after`), all others looked at after `recrawl_after`. So is a
    page that came well and whose verdict says that it is missing, the *failing*-th time.
    """
    if outcome in NEVER_AGAIN:
        return None
    if outcome in SUCCESSES | DENIED:
        failures = failing
    days = settings.recrawl_after
    if 0 < failures <= len(settings.confirm_after):
        days = settings.confirm_after[failures - 1]
    return as_timestamp(finished + timedelta(days=days))
