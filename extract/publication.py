"""The day on which a page was published, as its publisher's calendar says it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from lxml.etree import XPath

from extract.dates import Stamp, day_in, day_of_url, days_in, stamp_of
from extract.json_ld import texts
from extract.surroundings import is_elsewhere, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from extract.described import Described
    from extract.json_ld import Node

_EARLIEST = date(1800, 1, 1)
"""No newspaper's archive on the web goes further back; what does is a form's default."""
_FIRST_PAGES = date(1990, 1, 1)
"""What is older in a page's text is the day of something else: there was no web."""
_IN_META = (
    "article:published_time", "og:article:published_time", "article:published", "og:published_time",
    "parsely-pub-date", "sailthru.date", "citation_online_date", "citation_publication_date", "citation_date",
    "dc.date.issued", "dcterms.issued", "dc.date.created", "dcterms.created", "dc.date", "dcterms.date", "pubdate",
    "publishdate", "publish-date", "publicationdate", "publication_date", "publish_date", "published_date",
    "datepublished", "shareaholic:article_published_time", "cxenseparse:recs:publishtime", "displaydate",
    "article.published", "rnews:datepublished", "date", "pdate", "itemprop:datepublished",
)  # fmt: skip
_FOR_DATES = re.compile(r"date|time|publi|posted|datum|fecha|stamp|\bmeta")
_CHANGED = re.compile(r"modif|updat|aktualis|changed|edited|actualis|aggiorn")
_SAYS_PUBLISHED = re.compile(
    r"publi[sckqée]|posted|veröffentlicht|erschienen|erstellt|gepost|geplaatst|publicerad|udgivet|дата"
)
# Along one axis: libxml2 sorts what several lead to, which takes as long as the page is deep.
_WITH_A_YEAR = XPath("descendant::text()[contains(., '20') or contains(., '19')]")
_CODE = frozenset(("script", "style", "noscript"))
_MOST_LINES = 400
_LONGEST_LINE = 70
_SAME_MOMENT = timedelta(minutes=1)


def published_on(page: Described, latest: date) -> date | None:
    """Return the day of publication, not after *latest*; None where nothing says it."""
    for stamp in _stamps(page):
        if stamp and _EARLIEST <= stamp.day <= latest:
            return _at_home(page, stamp)
    return None


def _stamps(page: Described) -> Iterator[Stamp | None]:
    """Yield what may be the day, the most trusted first."""
    yield from _of_nodes(page.articles, ("datePublished", "dateCreated"), page)
    for name in _IN_META:
        for text in page.tags.get(name, ())[:1]:
            yield stamp_of(text, day_first=page.day_first)
    yield from _of_nodes(page.others, ("datePublished", "uploadDate"), page)
    for stamp in _visible(page):
        if stamp and stamp.day >= _FIRST_PAGES:
            yield stamp


def _visible(page: Described) -> Iterator[Stamp | None]:
    yield from _marked(page)
    if day := day_of_url(page.url):
        yield Stamp(day)
    for piece in page.near:
        if len(piece.text) <= _LONGEST_LINE:
            yield stamp_of(piece.text, day_first=page.day_first)
    yield from _scattered(page)


def _of_nodes(nodes: Iterable[Node], names: Iterable[str], page: Described) -> Iterator[Stamp | None]:
    for node in nodes:
        for name in names:
            for text in texts(node, name)[:1]:
                yield stamp_of(text, day_first=page.day_first)


def _marked(page: Described) -> Iterator[Stamp | None]:
    """Yield the days near the headline in `<time>`, then those in what is called a date."""
    original = [piece for piece in page.near if not _CHANGED.search(piece.words)]
    for piece in original:
        if piece.element.tag == "time":
            yield stamp_of(piece.element.get("datetime") or "")
            yield stamp_of(piece.text, day_first=page.day_first)
    for piece in original:
        if _FOR_DATES.search(piece.words):
            yield stamp_of(piece.text, day_first=page.day_first)


def _scattered(page: Described) -> Iterator[Stamp]:
    """Yield the days in short lines anywhere: where a line says "published", and the only day that any names."""
    found: set[date] = set()
    body = page.tree.find("body")
    for line in [] if body is None else _WITH_A_YEAR(body)[:_MOST_LINES]:
        text, holder = line.strip(), line.getparent()
        if len(text) > _LONGEST_LINE or holder.tag in _CODE:
            continue
        day = day_in(text, day_first=page.day_first)
        if day is None or is_elsewhere(holder):
            continue
        if _SAYS_PUBLISHED.search(f"{text} {words_of(holder)}".lower()):
            yield Stamp(day)
        found.add(day)
    if len(found) == 1:
        yield Stamp(found.pop())


def _at_home(page: Described, stamp: Stamp) -> date:
    """Return the day of *stamp* in the publisher's zone, where it is a time in UTC and the page shows the day."""
    if not stamp.is_in_utc or stamp.moment is None:
        return stamp.day
    for piece in page.near:
        other = stamp_of(piece.element.get("datetime") or "")
        if other and other.moment and other.moment.utcoffset() and abs(other.moment - stamp.moment) <= _SAME_MOMENT:
            return other.day
    in_url = day_of_url(page.url)
    shown = [in_url] if in_url else []
    for piece in page.near:
        if not _CHANGED.search(piece.words):
            shown += days_in(piece.text, day_first=page.day_first)
    return stamp.day if stamp.day in shown else next(filter(stamp.may_be, shown), stamp.day)
