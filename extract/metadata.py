"""What a page says of itself: title, author, date of publication, site."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trafilatura.metadata import extract_metadata

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# They warn of each page that says nothing, which is an answer here and no warning.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)

_DATES = {
    "original_date": True,  # of publication, not of the last change
    "extensive_search": False,  # no guessing from numbers in the text
    "max_date": "2099-12-31",  # its default is today, and the same page must give the same answer tomorrow
}


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page's head, its JSON-LD and its by-line say."""

    title: str | None = None
    byline: str | None = None
    published_on: str | None = None
    """ISO 8601 date."""
    site_name: str | None = None


def metadata_of(tree: HtmlElement, url: str | None) -> Metadata:
    """Return what *tree* says of title, author, date and site."""
    found = extract_metadata(tree, url, _DATES, True)
    return Metadata(_clean(found.title), _clean(found.author), _clean(found.date), _clean(found.sitename))


def _clean(text: str | None) -> str | None:
    return " ".join(text.split()) or None if text else None
