"""Gather what one incident cites: each URL once, by its comparison key, verbatim as first cited."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from archive.records import CitedLink
from archive.url_text import FoundUrl, find_urls
from archive.urls import strip_url, url_key

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOTHING = frozenset(
    {"", "-", "--", "\u2013", "\u2014", "?", "n/a", "na", "none", "null", "nan", "unknown", "tbc", "tbd"}
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://|www\.", re.IGNORECASE | re.ASCII)
_SEPARATORS = re.compile(r"""[\s,;|<>\[\]()"'*\u2022-]+""")
_URL_KEYS = ("url", "href", "link", "uri")
_LABEL_KEYS = ("label", "title", "name", "text")
_LONGEST_LABEL = 200
_LONGEST_LOOKED_AT = 50_000
"""Characters of a cell that are looked at to guess what its column holds."""


class Links:
    """The citations of one incident, in order, while they are gathered."""

    def __init__(self) -> None:
        self._links: dict[tuple[bool, str], CitedLink] = {}

    def add(self, link: CitedLink) -> None:
        """Add *link*; where its URL is already cited, only fill in what that citation lacks."""
        key = (link.has_url, url_key(link.cited_as) if link.has_url else link.cited_as)
        known = self._links.setdefault(key, link)
        if known is not link:
            label = known.label or link.label
            self._links[key] = replace(known, label=label, pasted_text=_joined(known.pasted_text, link.pasted_text))

    def add_value(self, value: Any, label: str | None = None) -> None:
        """Add what the cell of a URL column cites: text, or in JSON also a list or an object with a URL."""
        for link in links_of(value, label):
            self.add(link)

    def add_prose(self, prose: str) -> None:
        """Add the URLs that stand in *prose*."""
        for found in find_urls(prose):
            self.add(CitedLink(found.url, label=_label_before(prose, found)))

    def first_key(self) -> str | None:
        """Return the comparison key of the first URL, or None."""
        return next((key for has_url, key in self._links if has_url), None)

    def __iter__(self) -> Iterator[CitedLink]:
        return iter(self._links.values())


def links_of(value: Any, label: str | None = None) -> Iterator[CitedLink]:
    """Yield what the cell of a URL column cites.

    A cell of one word is cited as it stands, be it a URL or not: the crawl says what is wrong with it. Words
    without any URL are a link whose URL was lost. A cell that says "none" in a usual way cites nothing.
    """
    if isinstance(value, str):
        yield from _of_text(value, label)
    elif isinstance(value, list):
        for element in value:
            yield from links_of(element, label)
    elif isinstance(value, dict):
        named = next((value[key] for key in _LABEL_KEYS if isinstance(value.get(key), str) and value[key]), label)
        cited = next((value[key] for key in _URL_KEYS if isinstance(value.get(key), str) and value[key].strip()), None)
        if cited is not None:
            yield from _of_text(cited, named)
        elif named and named.strip():
            yield CitedLink(named.strip(), has_url=False)


def is_url_cell(value: Any) -> bool:
    """Tell whether *value* is nothing but URLs; of a list, whether half of it is."""
    if isinstance(value, str):
        if len(value) > _LONGEST_LOOKED_AT:
            return False
        found = find_urls(value)
        rest = "".join(value[one.end : two.start] for one, two in pairwise(found))
        around = value[: found[0].start] + value[found[-1].end :] if found else value
        return bool(found) and not _SEPARATORS.sub("", around + rest)
    if isinstance(value, list):
        return bool(value) and sum(map(is_url_cell, value)) * 2 >= len(value)
    return isinstance(value, dict) and any(is_url_cell(value.get(key)) for key in _URL_KEYS)


def has_urls(value: Any) -> bool:
    """Tell whether any URL stands in *value*, or in its beginning if it is very long."""
    if isinstance(value, str):
        return bool(find_urls(value[:_LONGEST_LOOKED_AT]))
    if isinstance(value, list):
        return any(has_urls(element) for element in value)
    return is_url_cell(value)


def _of_text(cell: str, label: str | None) -> Iterator[CitedLink]:
    text = strip_url(cell) if "\n" not in cell.strip() else cell.strip()
    if text.casefold() in _NOTHING:
        return
    found = find_urls(text)
    one_word = not re.search(r"\s", text)
    if one_word and (_SCHEME.match(text) or not found) and len(found) <= 1:
        yield CitedLink(cell, label=label)  # verbatim, with what stands around it
    elif found:
        for one in found:
            yield CitedLink(one.url, label=_label_before(text, one) or label)
    else:
        yield CitedLink(text, has_url=False, label=label)


def _label_before(prose: str, found: FoundUrl) -> str | None:
    """Return the label of a Markdown link, or of a line that is just `label: URL`."""
    before = prose[max(0, found.start - _LONGEST_LABEL) : found.start]
    if before.endswith("]("):
        return before[:-2].rpartition("[")[2].strip() or None
    line = before.rpartition("\n")[2].strip(" \t-*\u2022")
    after = prose[found.end : found.end + 1]
    return line[:-1].strip() or None if line.endswith(":") and after in {"", "\r", "\n"} else None


def _joined(one: str | None, other: str | None) -> str | None:
    if not one or not other or one == other:
        return one or other
    return f"{one}\n\n{other}"
