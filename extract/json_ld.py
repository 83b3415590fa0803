"""What a page says in JSON-LD (W3C JSON-LD 1.1, 7.1 "Script Content"), read once for all that ask.

Nothing is fetched and no context is resolved: names are taken as they stand, which is as schema.org writes them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.html import HtmlElement

Node = dict[str, Any]
"""A JSON object; its values are of any type that JSON has, whatever the vocabulary says of them."""

# What makes a script no JSON and says nothing: marks of comments and CDATA around it, commas before an end.
_WRAPPING = re.compile(r"^[ \t]*//[ \t]*(?:<!\[CDATA\[|\]\]>)?[ \t]*$|<!--|-->|<!\[CDATA\[|\]\]>|/\*|\*/", re.MULTILINE)
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_ESCAPE = re.compile(r'(\\["\\/bfnrtu])|\\')
_BETWEEN = re.compile("[\\s;,\ufeff]*")
_MOST_QUOTES = 20
_DECODER = json.JSONDecoder(strict=False)  # line ends stand within strings
_MAIN = ("mainEntity", "mainEntityOfPage")


def json_ld_of(tree: HtmlElement) -> list[Node]:
    """Return the nodes that *tree* describes itself with, in the page's order; empty where there are none.

    They are the objects of each script, of lists and `@graph` within them, and what a page names as its main entity;
    not the parts of these. A value that only refers to a node of the page (`{"@id": …}`) is that node. What can't be
    read is left out; never raises.
    """
    found: list[Node] = []
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower():
            found.extend(_nodes(_values(script.text or "")))
    named = {node["@id"]: node for node in found if isinstance(node.get("@id"), str) and len(node) > 1}
    return [{name: _resolved(value, named) for name, value in node.items()} for node in found]


def types_of(node: Node) -> set[str]:
    """Return the names of a node's types, in lower case and without a vocabulary's address."""
    return {re.split(r"[/#:]", name)[-1].lower() for name in texts(node, "@type")}


def values(node: Node, name: str) -> list[Any]:
    """Return the values of *name*: one, several, or none."""
    value = node.get(name)
    return value if isinstance(value, list) else [] if value is None else [value]


def texts(node: Node, name: str) -> list[str]:
    """Return the values of *name* that are text, also those given with a language (`{"@value": …}`)."""
    plain = (value.get("@value") if isinstance(value, dict) else value for value in values(node, name))
    return [value for value in plain if isinstance(value, str) and value.strip()]


def _values(script: str) -> Iterator[Any]:
    """Yield the JSON values of *script*; one that isn't JSON is read again without its common faults."""
    try:
        yield json.loads(script, strict=False)
    except (ValueError, RecursionError):
        repaired = _ESCAPE.sub(r"\1", _TRAILING_COMMA.sub("", _WRAPPING.sub("", script)))
        yield from _several(repaired)


def _several(text: str) -> Iterator[Any]:
    """Yield the values that stand one after the other in *text*, up to the first that can't be read."""
    start, left = _after_gap(text, 0), _MOST_QUOTES
    while start < len(text):
        try:
            value, end = _DECODER.raw_decode(text, start)
        except json.JSONDecodeError as error:
            quote = text.rfind('"', start, error.pos)
            if not left or quote < 0 or "',' delimiter" not in error.msg:
                return
            # A string ended, and what follows is no comma: it has a quotation mark in it.
            text = f"{text[:quote]}\\{text[quote:]}"
            left -= 1
        except (ValueError, RecursionError):  # a number too long to be read, or too deep
            return
        else:
            yield value
            start = _after_gap(text, end)


def _after_gap(text: str, start: int) -> int:
    gap = _BETWEEN.match(text, start)
    return gap.end() if gap else start


def _nodes(given: Iterable[Any]) -> Iterator[Node]:
    stack = list(given)[::-1]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(reversed(item))
        elif isinstance(item, dict):
            inner = [item[name] for name in _MAIN if isinstance(item.get(name), dict | list)]
            stack.extend(reversed([item.get("@graph"), *inner]))
            yield item


def _resolved(value: Any, named: dict[str, Node]) -> Any:
    if isinstance(value, list):
        return [_resolved_one(item, named) for item in value]
    return _resolved_one(value, named)


def _resolved_one(value: Any, named: dict[str, Node]) -> Any:
    """Return the node that *value* refers to, as it was written: its own references stay, so there is no circle."""
    if isinstance(value, dict) and isinstance(value.get("@id"), str) and "name" not in value:
        return named.get(value["@id"], value)
    return value
