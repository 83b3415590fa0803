"""What a page says of itself: title, authors, day of publication, site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from extract.byline import authors_of
from extract.described import Described
from extract.publication import published_on
from extract.site_name import site_name_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from extract.json_ld import Node

LATEST = date(2099, 12, 31)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page's head, its JSON-LD and its by-line say."""

    title: str | None = None
    byline: str | None = None
    """The authors' names, joined with `; `."""
    published_on: str | None = None
    """ISO 8601 date, as the publisher's calendar says it."""
    site_name: str | None = None
    """As people write it; no address and no handle."""


def metadata_of(
    tree: HtmlElement, url: str | None, *, nodes: list[Node] | None = None, latest: date = LATEST
) -> Metadata:
    """Return what *tree* says of title, authors, day of publication and site; the tree stays as it is.

    *nodes* are the page's JSON-LD (`extract.json_ld.json_ld_of`), where it was read already. No day after *latest* is
    believed, such as the one on which the page was served; the default doesn't depend on today.
    """
    page = Described(tree, url, nodes)
    published = published_on(page, latest)
    return Metadata(
        title=page.title,
        byline="; ".join(authors_of(page)) or None,
        published_on=published.isoformat() if published else None,
        site_name=site_name_of(page.sites, page.html_title, page.title, page.host, page.tags),
    )
