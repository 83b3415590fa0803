"""The name of the site that a page is on, as people write it: no address, no handle."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from extract import json_ld
from extract.headline import SEPARATOR, clean_title
from extract.names import key, runs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from extract.json_ld import Node
    from extract.meta_tags import MetaTags

_DECLARED = ("og:site_name",)
_ALSO = ("application-name", "apple-mobile-web-app-title", "citation_journal_title", "prism.publicationname")
_LAST = ("dc.publisher", "dcterms.publisher", "publisher")
_LONGEST = 80
_MOST_WORDS = 8
_TELLING = 4
_EDGES = " -–—|·•»:"
_NO_NAME = re.compile(r"[{}]|://|^@|^www\.|^by\s|^[\W\d_]+$|^(?:seite|page|página)\s\d", re.IGNORECASE)


def declared_sites(tags: MetaTags, nodes: Iterable[Node]) -> Iterator[str]:
    """Yield what a page calls its site and its publisher, the most trusted first."""
    known = list(nodes)
    for name in _DECLARED:
        yield from tags.get(name, ())[:1]
    for node in known:
        if "website" in json_ld.types_of(node):
            yield from json_ld.texts(node, "name")
    for node in known:
        for publisher in json_ld.values(node, "publisher"):
            if isinstance(publisher, dict):
                yield from json_ld.texts(publisher, "name")
    for name in _ALSO:
        yield from tags.get(name, ())


def site_name_of(
    declared: Iterable[str], html_title: str, headline: str | None, host: str, tags: MetaTags
) -> str | None:
    """Return the name of the site, or None where nothing says it.

    What the page *declares* goes first; then the end or the beginning of its `<title>`, where that is like the *host*
    or the rest is the *headline*.
    """
    ends = _ends(html_title)
    given = [clean_title(name) for name in declared]
    headlines = {key(headline or ""), key(html_title)}
    names = [name for name in given if _is_name(name) and key(name) not in headlines]
    if names:
        return _as_written(names[0], [*names, *ends])
    for end in ends:
        if _is_name(end) and (is_like(end, host) or (headline and key(ends[end]) == key(headline))):
            return end
    last = (name for tag in _LAST for name in tags.get(tag, ()))
    return next((name for name in last if _is_name(name)), None)


def _ends(title: str) -> dict[str, str]:
    """Return what stands after the last separator of *title*, with the rest, and what stands before the first."""
    seams = list(SEPARATOR.finditer(title))
    if not seams:
        return {}
    return {title[seams[-1].end() :]: title[: seams[-1].start()], title[: seams[0].start()]: ""}


def _as_written(name: str, others: Collection[str]) -> str:
    """Return *name* as the page writes it best: with its spaces and capitals, without a slogan behind it."""
    slogan = SEPARATOR.search(name)
    if slogan and any(key(other) == key(name[: slogan.start()]) for other in others):
        name = name[: slogan.start()]
    same = [name, *(other for other in others if key(other) == key(name))]
    return max((one.strip(_EDGES) for one in same), key=lambda one: (one.count(" "), any(map(str.isupper, one))))


def _is_name(name: str) -> bool:
    return 1 < len(name) <= _LONGEST and len(name.split()) <= _MOST_WORDS and not _NO_NAME.search(name)


def is_like(name: str, host: str) -> bool:
    """Tell whether *name* and *host* share a telling word: Example News, news.example.org."""
    labels = {key(label) for label in host.split(".")[:-1]} | {key(host)}
    return any((len(run) >= _TELLING or run == key(name)) and run in labels for run in runs(name.split()))
