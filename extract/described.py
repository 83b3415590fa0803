"""What a page says of itself in its head, its JSON-LD and around its headline: each gathered once, when asked for."""

from __future__ import annotations

import re
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from extract.headline import alike, clean_title, headline_of, site_headings, without_site
from extract.json_ld import json_ld_of, texts, types_of
from extract.meta_tags import meta_tags_of
from extract.names import key
from extract.site_name import declared_sites, is_like
from extract.surroundings import pieces_in, pieces_near

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from extract.headline import Headline
    from extract.json_ld import Node
    from extract.surroundings import Piece

_ARTICLE = re.compile(r"(?:article|posting|report|recipe|review|podcastepisode|newsitem)$")
_OTHER = re.compile(r"(?:page|videoobject|audioobject|creativework|dataset|event|question|howto|product)$")
_TITLES = (
    "og:title", "twitter:title", "citation_title", "dc.title", "dcterms.title", "parsely-title", "sailthru.title",
    "title", "headline",
)  # fmt: skip
_ARCHIVED = re.compile(r"^https?://[^/]+/web/\d+[a-z_]*/(?=https?://)")
_GENERIC = frozenset(("com", "org", "net", "us", "edu", "gov", "mil", "info", "biz"))
_SHORTEST_LABEL = 3
_MOST_NODES = 40
_MOST_SITES = 20


class Described:
    """A page's description of itself.

    *url* is where it was fetched; *nodes* are its JSON-LD, where it was read already.
    """

    def __init__(self, tree: HtmlElement, url: str | None, nodes: list[Node] | None = None) -> None:
        self.tree = tree
        self.url = url or ""
        self.tags = meta_tags_of(tree)
        self.nodes = json_ld_of(tree) if nodes is None else nodes

    @cached_property
    def articles(self) -> list[Node]:
        """The nodes for articles; first those with the title of the page."""
        found = [node for node in self.nodes if any(map(_ARTICLE.search, types_of(node)))][:_MOST_NODES]
        return sorted(found, key=lambda node: -round(alike(self.html_title, texts(node, "headline"))))

    @cached_property
    def others(self) -> list[Node]:
        """The nodes for the page itself, and for works that are no articles."""
        return [node for node in self.nodes if any(map(_OTHER.search, types_of(node)))][:_MOST_NODES]

    @cached_property
    def host(self) -> str:
        """The name of the site's host without `www.`; of an archived page, that of the site it was on."""
        try:
            return (urlsplit(_ARCHIVED.sub("", self.url)).hostname or "").removeprefix("www.")
        except ValueError:
            return ""

    @cached_property
    def html_title(self) -> str:
        """The text of `<title>`."""
        element = self.tree.find(".//title")
        return clean_title(element.text_content()) if element is not None else ""

    @cached_property
    def sites(self) -> list[str]:
        """What the page calls its site and its publisher; not what it calls itself, unless the host has that name."""
        named = list(islice(declared_sites(self.tags, self.nodes), _MOST_SITES))
        own = {key(title) for title in self.tags.get("og:title", ())}
        return [name for name in named if key(name) not in own or is_like(name, self.host)]

    @cached_property
    def site_keys(self) -> frozenset[str]:
        """The names by which the site is known again, as `extract.names.key` folds them."""
        labels = self.host.split(".")
        hosts = [".".join(labels[start:]) for start in range(len(labels) - 1)]
        names = [*self.sites, *site_headings(self.tree), *hosts, f"www.{self.host}"]
        names += [label for label in labels[:-1] if len(label) >= _SHORTEST_LABEL]
        return frozenset(key(name) for name in names) - {""}

    @cached_property
    def titles(self) -> list[str]:
        """What the head and the JSON-LD call the page, without the site's name."""
        found = [self.tags[name][0] for name in _TITLES if name in self.tags]
        for node in self.articles:
            found += texts(node, "headline")[:1] or texts(node, "name")[:1]
        found.append(self.html_title)
        bare = (without_site(clean_title(title), self.site_keys) for title in found)
        return list(dict.fromkeys(title for title in bare if title and key(title) not in self.site_keys))

    @cached_property
    def headline(self) -> Headline | None:
        """The visible heading that is the page's title."""
        return headline_of(self.tree, self.titles, self.site_keys)

    @cached_property
    def title(self) -> str | None:
        """The title as the page shows it; else as its head has it."""
        if self.headline:
            return self.headline.text
        return self.titles[0] if self.titles else self.html_title or None

    @cached_property
    def near(self) -> list[Piece]:
        """What stands around the headline; where there is none, what stands first."""
        if self.headline:
            return pieces_near(self.headline.element)
        roots = (self.tree.find(f".//{tag}") for tag in ("article", "main", "body"))
        root = next((root for root in roots if root is not None), None)
        return [] if root is None else pieces_in(root)

    @cached_property
    def day_first(self) -> bool:
        """Whether 5/6/2020 is in June: everywhere but in the United States, by the page's language and its host."""
        language = (self.tree.get("lang") or next(iter(self.tags.get("og:locale", ())), "")).lower().replace("_", "-")
        return language != "en-us" and not (language == "en" and self.host.rsplit(".", 1)[-1] in _GENERIC)
