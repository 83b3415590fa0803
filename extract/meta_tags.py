"""The meta tags of a page: Open Graph, Dublin Core, Highwire, Parse.ly, Sailthru and what else has a name."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MetaTags = dict[str, list[str]]
"""Contents by name, in the page's order; names in lower case."""


def meta_tags_of(tree: HtmlElement) -> MetaTags:
    """Return the contents of the meta tags of *tree* by `property`, `name` or `itemprop`, folded; none is empty.

    Names are in lower case, with a dot where Dublin Core has a colon. An `itemprop` has its own mark before its name
    (`itemprop:author`): it may speak of a part of the page.
    """
    found: MetaTags = {}
    for meta in tree.iter("meta"):
        content = " ".join(unescape(meta.get("content") or "").split())
        if not content:
            continue
        for name in (meta.get("property"), meta.get("name")):
            for one in (name or "").lower().split():
                found.setdefault(one.replace("dc:", "dc.").replace("dcterms:", "dcterms."), []).append(content)
        if item := meta.get("itemprop"):
            found.setdefault(f"itemprop:{item.lower()}", []).append(content)
    return found


def first(tags: MetaTags, *names: str) -> str | None:
    """Return the first content of the first of *names* that the page has."""
    return next((tags[name][0] for name in names if name in tags), None)
