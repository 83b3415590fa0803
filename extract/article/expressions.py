"""trafilatura's expressions, read as what they ask of an element: its tag, and words in its attributes.

XPath has no memory: it asks each expression of each element anew, and each regular expression in it by a call from C to
Python. Class names recur, on a page and from page to page. So all expressions are asked at once here, and their answer
is kept with the tag and the attributes that it is for.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from extract.kept import Answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lxml.etree import XPath
    from lxml.html import HtmlElement

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
# What may stand behind the step: one choice of tags (S) and one of tests (T), neither within the other.
_CHOICES = {
    "*": re.compile(r"(?=\[)(?:\[S(?:orS)*\])?(?:\[T(?:orT)*\])?\)?"),
    "tag": re.compile(r"(?:\[T(?:orT)*\])?\)?"),
}


class Expressions:
    """Expressions that ask for one of some tags, if they name any, and for one of some words in an attribute.

    Raises ValueError where one asks for anything else.
    """

    def __init__(self, expressions: Iterable[XPath]) -> None:
        self._paths = [
            _Path(number, path) for number, each in enumerate(expressions) for path in _UNION.split(each.path)
        ]
        self._count = 1 + max(path.number for path in self._paths)
        asked = {name for path in self._paths for names in path.tests for name in names}
        # Most values have none of the words, which one look tells.
        self._words = {name: _search(self._patterns(name)) for name in asked}
        tags = {tag for path in self._paths if not path.tests for tag in path.tags}
        self._fitting = {tag: self._fits_tag(tag) for tag in tags}
        self._saying = {name: Answers(partial(self._says, name), 1 << 14) for name in asked}

    def find(self, tree: HtmlElement) -> list[list[HtmlElement]]:
        """Return for each of the expressions the elements below *tree* that it is about, in the order of the page."""
        found: list[list[HtmlElement]] = [[] for _ in range(self._count)]
        saying, none = self._saying, frozenset[int]()
        for element in tree.iterdescendants():
            attributes = element.items()
            numbers = self._fitting.get(element.tag, none)
            for name, value in attributes:
                if name in saying and (paths := saying[name][value]):
                    numbers |= {path.number for path in paths if path.fits(element.tag, name, attributes)}
            for number in numbers:
                found[number].append(element)
        return found

    def _fits_tag(self, tag: str) -> frozenset[int]:
        """Return the numbers of the expressions that ask for nothing but *tag*."""
        return frozenset(path.number for path in self._paths if not path.tests and tag in path.tags)

    def _says(self, name: str, value: str) -> list[_Path]:
        """Return the paths that ask for *value* in the attribute *name*."""
        return [path for path in self._paths if path.asks_for(name, value)] if self._words[name](value) else []

    def _patterns(self, name: str) -> list[str]:
        return [
            pattern for path in self._paths for names, each in path.tests.items() if name in names for pattern in each
        ]


class _Path:
    """One path of an expression."""

    def __init__(self, number: int, path: str) -> None:
        step = _STEP.match(path)
        predicates = path[step.end() if step else 0 :].replace("[1]", "")  # the first of them is the caller's to take
        form = "".join(_TERM.sub("T", _TAG.sub("S", predicates)).split())
        if step is None or not _CHOICES["*" if step[1] == "*" else "tag"].fullmatch(form):
            raise ValueError(f"not only about tags and attributes: {path.strip()}")
        self.number = number
        """Of the expression."""
        self.tags = frozenset(_TAG.findall(predicates) if step[1] == "*" else [step[1]])
        self.tests: dict[tuple[str, ...], list[str]] = {}
        """By attributes: the regular expressions for the value of the first that there is."""
        for term in _TERM.finditer(predicates):
            names, pattern = _term(term)
            self.tests.setdefault(names, []).append(pattern)
        self._searches = {names: _search(patterns) for names, patterns in self.tests.items()}

    def asks_for(self, name: str, value: str) -> bool:
        """Tell whether it asks for *value* in the attribute *name*, if that is the first that a test names."""
        return any(name in names and search(value) for names, search in self._searches.items())

    def fits(self, tag: str, name: str, attributes: Sequence[tuple[str, str]]) -> bool:
        """Tell whether it is about an element with *tag* and *attributes*, whose *name* has a word that it asks for."""
        if self.tags and tag not in self.tags:
            return False
        if all(len(names) == 1 for names in self._searches if name in names):
            return True
        firsts = (
            (next((each for each in attributes if each[0] in names), None), search)
            for names, search in self._searches.items()
            if name in names
        )
        return any(first is not None and first[0] == name and search(first[1]) for first, search in firsts)


def _term(term: re.Match[str]) -> tuple[tuple[str, ...], str]:
    """Return the attributes that a term is about, and the regular expression for their value."""
    found = next(filter(None, map(term.group, ("tested", "searched", "folded", "compared", "present"))))
    names = tuple(found.replace("@", "").split("|"))
    if term["tested"]:
        return names, f"(?{term['flag'] or ''}:{term['pattern']})"
    if term["how"]:
        both = (term["upper"] or "").lower()
        part = "".join(f"[{one}{one.upper()}]" if one in both else re.escape(one) for one in term["part"])
        return names, f"^{part}" if term["how"] == "starts-with" else part
    return names, rf"^{re.escape(term['value'])}\Z" if term["compared"] else ""


def _search(patterns: Iterable[str]) -> Callable[[str], object]:
    return re.compile("|".join(patterns)).search
