"""About when a source was cited: the day to which an archived copy of it should be near.

No record says when a link was put into it. Nearest to that comes the day on which the page was published, by its
address or by our own copy; then the day of the incident; then our first look at it.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from extract.dates import day_in, day_of_url, month_of

if TYPE_CHECKING:
    from archive.catalogue import Catalogue
    from archive.records import Source

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")
_MIDDLE = (7, 1)
"""Of a year of which no more is known."""


def cited_on(catalogue: Catalogue, source: Source) -> str | None:
    """Return about when *source* was cited, as an ISO date; None where nothing tells."""
    text = catalogue.copies.read_by(source.id)
    published = text.published_on if text and text.published_on else None
    if day := day_of_url(source.url):
        return day.isoformat()
    if published and len(published) >= len("2026-01-01"):
        return published[:10]
    first = catalogue.histories.first_seen_at(source.id)
    return _of_incidents(catalogue, source) or (first and first[:10])


def _of_incidents(catalogue: Catalogue, source: Source) -> str | None:
    days = [
        day
        for incident_id, _, _ in catalogue.incidents.citing(source.id)
        if (incident := catalogue.incidents.get(incident_id)) and (day := day_of_words(incident.occurred or ""))
    ]
    return min(days).isoformat() if days else None


def year_of(words: str) -> int | None:
    """Return the first year that *words* tell."""
    year = _YEAR.search(words)
    return int(year[1]) if year else None


def day_of_words(words: str) -> date | None:
    """Return the day that *words* tell, the middle of a month or a year where they tell no more, or None."""
    if day := day_in(words):
        return day
    year = year_of(words)
    if year is None:
        return None
    month = next((number for word in _WORD.findall(words) if (number := month_of(word))), None)
    return date(year, month, 15) if month else date(year, *_MIDDLE)
