"""The conventions of web archives: links between mementos, and URLs with a time in them.

RFC 7089 (Memento) says how archives answer, RFC 8288 how links are written. That a memento's URL has 14 digits for its
time is a habit of OpenWayback, pywb and web.archive.org; `id_` behind them asks for the bytes as they were archived.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from archive.clock import as_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATED = re.compile(r"(?P<archive>https?://(?:[^/?#]+/)+?)(?P<at>\d{14})(?P<form>[a-z]{2}_)?/(?P<of>.+)", re.IGNORECASE)
_RAW = "id_"
_QUOTED = r'"(?:\\.|[^"\\])*"'
_PARAMETER = re.compile(rf";\s*(?P<name>[^\s=;,\"]+)\s*(?:=\s*(?P<value>{_QUOTED}|[^\s;,\"]*))?")
_LINK = re.compile(rf"<(?P<url>[^>]*)>(?P<parameters>(?:\s*;\s*[^\s=;,\"]+\s*(?:=\s*(?:{_QUOTED}|[^\s;,\"]*))?)*)")


@dataclass(frozen=True, slots=True)
class DatedUrl:
    """The URL of a memento in an archive that has the time in it."""

    archive: str
    """What stands before the time."""
    at: str
    """14 digits, in UTC."""
    of: str
    """What was archived."""
    form: str = ""
    """How the archive is to give it: `id_` for the bytes as they were, nothing for a page to look at."""

    @property
    def url(self) -> str:
        """The whole URL."""
        return f"{self.archive}{self.at}{self.form}/{self.of}"

    @property
    def is_raw(self) -> bool:
        """Whether it asks for the bytes as they were archived."""
        return self.form == _RAW

    def raw(self) -> DatedUrl:
        """Return the URL of the bytes as they were archived, without the archive's own banner and links."""
        return replace(self, form=_RAW)

    def plain(self) -> DatedUrl:
        """Return the URL to look at, and to cite."""
        return replace(self, form="")

    def led_to(self, location: str) -> DatedUrl:
        """Return where a redirect in an archived answer leads within the archive: its target, of that time."""
        is_of_archive = location.startswith(("/", "http:", "https:"))  # else it is relative to the page
        within = dated(urljoin(self.archive, location)) if is_of_archive else None
        if within and within.archive == self.archive:
            return within.raw()
        return replace(self.raw(), of=urljoin(self.of, location))


def dated(url: str) -> DatedUrl | None:
    """Return the parts of a memento's URL that has its time in it, or None."""
    found = _DATED.fullmatch(url)
    return DatedUrl(found["archive"], found["at"], found["of"], (found["form"] or "").lower()) if found else None


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a `Link` header or of a TimeMap."""

    url: str
    relations: frozenset[str]
    type: str | None = None
    at: str | None = None
    """Of a memento: when it was captured (`datetime`)."""


def links(text: str, base: str) -> Iterator[Link]:
    """Iterate over the links in *text*, a `Link` header or a TimeMap in link format; *base* is its own URL.

    What is no link is passed over, and so are links that start from elsewhere (`anchor`).
    """
    for found in _LINK.finditer(text):
        parameters: dict[str, str] = {}
        for parameter in _PARAMETER.finditer(found["parameters"]):
            parameters.setdefault(parameter["name"].lower(), _unquoted(parameter["value"] or ""))
        if "anchor" not in parameters:
            relations = frozenset(parameters.get("rel", "").lower().split())
            at = http_time(parameters.get("datetime"))
            yield Link(urljoin(base, found["url"].strip()), relations, parameters.get("type"), at)


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def http_time(value: str | None) -> str | None:
    """Return the time that a header field says (RFC 9110 5.6.7) as the catalogue writes it, or None."""
    try:
        moment = parsedate_to_datetime(value or "")
        return as_timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
