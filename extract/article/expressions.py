"""trafilatura's expressions, read as what they ask of an element: its tag, and words in its attributes.

XPath has no memory: it asks each expression of each element anew, and each regular expression in it by a call from C to
Python. Class names recur, on a page and from page to page. So all expressions are asked at once here, and their answer
is kept with the tag and the attributes that it is for.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lxml.etree import XPath
    from lxml.html import HtmlElement

    Attributes = tuple[tuple[str, str], ...]

_UNION = re.compile(r"\|(?=\s*\(?\.//)")
_STEP = re.compile(r"\s*\(?\.//(\*|\w+)")
_TAG = re.compile(r"self::(\w+)")
_NAMES = r"@[\w-]+(?:\|@[\w-]+)*"
_TERM = re.compile(
    rf"""re:test\((?P<tested>{_NAMES}),\s*'(?P<pattern>[^']*)'(?:,\s*'(?P<flag>i)')?\)
      |(?P<how>contains|starts-with)\((?:(?P<searched>{_NAMES})
          |translate\((?P<folded>@[\w-]+),\s*'(?P<upper>[A-Z]+)',\s*'[a-z]+'\)),\s*'(?P<part>[^']*)'\)
      |(?P<compared>@[\w-]+)='(?P<value>[^']*)'
      |(?P<present>@[\w-]+)""",
    re.VERBOSE,
)
_GLUE = re.compile(r"\bor\b|[\s()\[\]]+")


class Expressions:
    """Expressions that ask for one of some tags, if they name any, and for one of some words in an attribute.

    Raises ValueError where one asks for anything else.
    """

    def __init__(self, expressions: Iterable[XPath]) -> None:
        self._paths = [[_Path(path) for path in _UNION.split(each.path)] for each in expressions]
        self._asked = frozenset(name for paths in self._paths for path in paths for name in path.asked)
        self._answer = lru_cache(maxsize=1 << 14)(self._ask)

    def find(self, tree: HtmlElement) -> list[list[HtmlElement]]:
        """Return for each of the expressions the elements below *tree* that it is about, in the order of the page."""
        found: list[list[HtmlElement]] = [[] for _ in self._paths]
        asked = self._asked
        for element in tree.iterdescendants():
            attributes = tuple([pair for pair in element.items() if pair[0] in asked])
            for number in self._answer(element.tag, attributes):
                found[number].append(element)
        return found

    def _ask(self, tag: str, attributes: Attributes) -> list[int]:
        """Return the numbers of the expressions that are about an element with *tag* and *attributes*."""
        return [number for number, paths in enumerate(self._paths) if any(path.fits(tag, attributes) for path in paths)]


class _Path:
    """One path of an expression."""

    def __init__(self, path: str) -> None:
        step = _STEP.match(path)
        predicates = path[step.end() if step else 0 :].replace("[1]", "")  # the first of them is the caller's to take
        if step is None or (rest := _GLUE.sub("", _TERM.sub("", _TAG.sub("", predicates)))):
            raise ValueError(f"not only about tags and attributes: {rest if step else path}")
        self._tags = frozenset(_TAG.findall(predicates) if step[1] == "*" else [step[1]])
        patterns: dict[str, list[str]] = {}
        for term in _TERM.finditer(predicates):
            names, pattern = _term(term)
            patterns.setdefault(names, []).append(pattern)
        self._tests = [(names.replace("@", "").split("|"), _search(each)) for names, each in patterns.items()]
        self.asked = {name for names, _ in self._tests for name in names}
        """The attributes that it asks for."""

    def fits(self, tag: str, attributes: Attributes) -> bool:
        if self._tags and tag not in self._tags:
            return False
        # Where a term names several attributes, it is about the first that there is in the markup.
        values = ((next((each[1] for each in attributes if each[0] in names), None), search) for names, search in self._tests)
        return not self._tests or any(value is not None and search(value) for value, search in values)


def _term(term: re.Match[str]) -> tuple[str, str]:
    """Return the attributes that a term is about, and the regular expression for their value."""
    names = next(found for group in ("tested", "searched", "folded", "compared", "present") if (found := term[group]))
    if term["tested"]:
        return names, f"(?{term['flag'] or ''}:{term['pattern']})"
    if term["how"]:
        both = (term["upper"] or "").lower()
        part = "".join(f"[{one}{one.upper()}]" if one in both else re.escape(one) for one in term["part"])
        return names, f"^{part}" if term["how"] == "starts-with" else part
    return names, rf"^{re.escape(term['value'])}\Z" if term["compared"] else ""


def _search(patterns: Iterable[str]) -> Callable[[str], object]:
    return lru_cache(maxsize=1 << 12)(re.compile("|".join(patterns)).search)
