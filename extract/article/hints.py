"""What a page's head and its JSON-LD say of the article: title, description, and at times its whole text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any

from lxml.etree import XPath

from extract.article.shape import squeeze
from extract.markup import blocks, fold, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

_TITLES = XPath("//meta[@property='og:title' or @name='twitter:title']/@content")
_DESCRIPTIONS = XPath("//meta[@property='og:description' or @name='description']/@content")
_HAS_BODY = re.compile(r'"articleBody"|"HowTo"')
_LINKED_DATA = XPath("//script[contains(@type, 'ld+json')]")


@dataclass(frozen=True, slots=True)
class Hints:
    """What a page says of its article outside its visible text."""

    titles: tuple[str, ...] = ()
    """The title in all its forms, squeezed."""
    descriptions: tuple[str, ...] = ()
    """The description in all its forms, squeezed."""
    bodies: tuple[str, ...] = ()
    """The text of schema.org's `articleBody` or of a `HowTo`, paragraphs a line each."""


def read_hints(tree: HtmlElement) -> Hints:
    """Read the hints of *tree*, before anything is cut from it."""
    title = tree.find(".//title")
    titles = [] if title is None else [title.text_content()]
    titles += map(str, _TITLES(tree))
    return Hints(
        tuple(filter(None, map(squeeze, titles))),
        tuple(filter(None, (squeeze(str(text)) for text in _DESCRIPTIONS(tree)))),
        tuple(_bodies(tree)),
    )


def _bodies(tree: HtmlElement) -> Iterator[str]:
    for script in _LINKED_DATA(tree):
        if not _HAS_BODY.search(script.text or ""):
            continue
        try:
            stack: list[Any] = [json.loads(script.text, strict=False)]
        except (ValueError, RecursionError):  # pages hold all kinds of text there
            continue
        while stack:
            item = stack.pop()
            if isinstance(item, list):
                stack.extend(item)
            elif isinstance(item, dict):
                if isinstance(body := item.get("articleBody"), str):
                    yield _plain(body)
                if isinstance(steps := item.get("step"), list):
                    yield "\n".join(_plain(step["text"]) for step in steps if _is_text(step))
                stack.extend(item.values())


def _is_text(step: object) -> bool:
    """Return whether a step of schema.org's HowTo has its text itself."""
    return isinstance(step, dict) and isinstance(step.get("text"), str)


def _plain(body: str) -> str:
    """Return *body* without markup, which some pages put there, escaped or not."""
    if "<" not in body and "&" not in body:
        return "\n".join(filter(None, map(fold, body.split("\n"))))
    if "&lt;" in body:
        body = unescape(body)
    root = parse(body)
    return "" if root is None else "\n".join(block.text for block in blocks(root))
