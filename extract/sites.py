"""The lines that recur in the articles of one site, learned from the archive and taken out of its texts.

What comes of it depends on the site's texts alone, whichever came first: what was taken out before is put back before
anything is learned. So a line that has become boilerplate with the last capture leaves the first ones too, and one that
no longer is returns to all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from archive.catalogue.recurrence import LineTally
from extract.recurring import LEAST, RULE, RULES, Lines, learn, restore, strip, take_in
from extract.version import EXTRACTOR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.catalogue import Catalogue
    from archive.catalogue.recurrence import SiteText
    from extract.recurring import Learned

CHECK = f"{RULES} {EXTRACTOR}"
"""What stands in `recurrence_checks`."""

_WRITE_COUNT = 50


def strip_recurring(catalogue: Catalogue) -> int:
    """Take out what recurs in the texts of each site that changed; return how many texts are others by that.

    The caller holds the archive's `extract` lock.
    """
    changed = 0
    with LineTally() as tally:
        for site in catalogue.recurrence.begin(CHECK):
            changed += _strip_site(catalogue, tally, site)
    catalogue.recurrence.finish(CHECK)
    return changed


def _strip_site(catalogue: Catalogue, tally: LineTally, site: str) -> int:
    learned = _learn(catalogue, tally, site)
    changed, waiting = 0, []
    for before in catalogue.recurrence.texts(site, EXTRACTOR):
        if not learned and not any(notice.rule.startswith(RULE) for notice in before.notices):
            continue
        text, notices = strip(*restore(before.text, before.notices), learned, site)
        if (text, notices) != (before.text, before.notices):
            waiting.append(replace(before, text=text, notices=notices))
            changed += 1
        if len(waiting) >= _WRITE_COUNT:
            catalogue.recurrence.put(waiting)
            waiting.clear()
    catalogue.recurrence.put(waiting)
    return changed


def _learn(catalogue: Catalogue, tally: LineTally, site: str) -> dict[int, Learned]:
    """Return what recurs on a site: each source says it once, by the text that it is read by."""
    if catalogue.recurrence.count_best(site, EXTRACTOR) < LEAST:
        return {}
    tally.clear()
    for lines in _best(catalogue, site):
        tally.count(key for number, key in enumerate(lines.keys) if lines.all[number].strip())
    if not tally.has_frequent(LEAST):
        return {}
    articles = sum(take_in(lines, tally) for lines in _best(catalogue, site))
    return learn(tally, articles)


def _best(catalogue: Catalogue, site: str) -> Iterator[Lines]:
    best: Iterator[SiteText] = catalogue.recurrence.texts(site, EXTRACTOR, only_best=True)
    return (Lines(restore(text.text, text.notices)[0]) for text in best)
