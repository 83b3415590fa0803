"""Marks of products in headers, title, markup and address, by the table `extract/marks.toml`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from archive.words import Verdict
from extract.facts import FIRST_ERROR, Place

if TYPE_CHECKING:
    from archive.words import Evidence
    from extract.facts import Facts
    from extract.verdict.decision import Decision

Beside = Literal["any", "short", "nothing"]
"""How much article may stand beside a mark."""

_TABLE = Path(__file__).parent.parent / "marks.toml"
_SHORT = 900
"""Weight of an article beside which no mark counts but a proof."""
_NOTHING = 120
"""Weight up to which a page has nothing to say beside its guard."""
_MAX_ERROR = 8192
"""Characters of markup up to which an error answer is a product's own short page."""
_COVERS = 0.8
"""Share of a block that a phrase is from which the block says nothing else."""
_ASKED = ("header", "cookie", "status", "title", "markup", "pattern", "url")


@dataclass(frozen=True, slots=True)
class Mark:
    """One entry of the table."""

    product: str
    verdict: Verdict
    beside: Beside
    confidence: float
    header: tuple[tuple[str, str], ...]
    """Names and what their values hold, in lower case."""
    cookie: tuple[str, ...]
    status: tuple[int, ...]
    title: tuple[str, ...]
    markup: tuple[str, ...]
    pattern: re.Pattern[str] | None
    url: tuple[str, ...]

    @property
    def is_of_server(self) -> bool:
        """Whether the server alone gives it, not what stands on the page."""
        return not (self.title or self.markup or self.pattern or self.url)

    def find(self, facts: Facts) -> Evidence | None:
        """Return what of the page fired, None where something that the mark names is not so."""
        if self.status and facts.status not in self.status:
            return None
        fired: Evidence = {}
        for name, is_asked, found in (
            ("header", self.header, _header(facts, self.header)),
            ("cookie", self.cookie, _cookie(facts, self.cookie)),
            ("title", self.title, _title(facts, self.title)),
            ("url", self.url, _url(facts, self.url)),
            ("mark", self.markup, _markup(facts, self.markup)),
            ("mark", self.pattern, _pattern(facts, self.pattern)),
        ):
            if is_asked and found is None:
                return None
            if is_asked:
                fired[name] = found
        return fired


def by_server(facts: Facts) -> Decision | None:
    """Find the header, cookie or status of a product that says what its answer is."""
    return _first(facts, "any", of_server=True) or _first(facts, "short", of_server=True)


def by_page(facts: Facts) -> Decision | None:
    """Find the title, markup or address of a product, beside no more of an article than its entry allows."""
    return (
        _first(facts, "any", of_server=False)
        or _first(facts, "short", of_server=False)
        or _first(facts, "nothing", of_server=False)
    )


def guard_of_error(facts: Facts) -> Decision | None:
    """Find the server's name under an error status, with a page that is short enough to be its own."""
    return _first(facts, "nothing", of_server=True) if len(facts.markup) <= _MAX_ERROR else None


def _first(facts: Facts, beside: Beside, *, of_server: bool) -> Decision | None:
    if not _allows(facts, beside, of_server=of_server):
        return None
    for mark in _by_kind()[beside, of_server]:
        if mark.verdict is Verdict.SOFT_404 and _says_removed(facts):
            continue  # the frame is that of missing pages, and its words say more
        if (fired := mark.find(facts)) is not None:
            rule = "challenge-header" if of_server and mark.verdict is Verdict.BOT_WALL else "product-mark"
            if not of_server and mark.verdict is Verdict.BOT_WALL:
                rule = "challenge-markup"
            evidence = {"rule": rule, "product": mark.product, **fired, "confidence": mark.confidence}
            return mark.verdict, evidence | ({"http_status": facts.status} if facts.status >= FIRST_ERROR else {})
    return None


def _says_removed(facts: Facts) -> bool:
    """Tell whether the page itself says that something was removed; what a reader says of it stands in a sentence."""
    return any(
        said.place in {Place.TITLE, Place.HEADING} or said.covers >= _COVERS
        for said in facts.said
        if said.phrase.group == Verdict.REMOVED
    )


def _allows(facts: Facts, beside: Beside, *, of_server: bool) -> bool:
    if beside == "any" or (of_server and facts.status >= FIRST_ERROR):
        return True
    if beside == "short":
        return facts.weight < _SHORT or facts.status >= FIRST_ERROR
    if facts.is_marked_article and facts.weight:
        return False
    return facts.own_text < 2 * _NOTHING and facts.weight < _NOTHING


def _header(facts: Facts, asked: tuple[tuple[str, str], ...]) -> str | None:
    for name, value in asked:
        if (given := facts.headers.get(name)) is not None and value in given.lower():
            return f"{name}: {given}"
    return None


def _cookie(facts: Facts, asked: tuple[str, ...]) -> str | None:
    given = facts.headers.get("set-cookie", "")
    return next((cookie for cookie in asked if re.search(rf"(?:^|[,\s]){re.escape(cookie)}", given)), None)


def _title(facts: Facts, asked: tuple[str, ...]) -> str | None:
    title = facts.head.title.lower()
    return facts.head.title if any(part in title for part in asked) else None


def _url(facts: Facts, asked: tuple[str, ...]) -> str | None:
    url = (facts.url or "").lower()
    return facts.url if any(part in url for part in asked) else None


def _markup(facts: Facts, asked: tuple[str, ...]) -> str | None:
    return next((part for part in asked if part in facts.markup), None)


def _pattern(facts: Facts, asked: re.Pattern[str] | None) -> str | None:
    found = asked.search(facts.markup) if asked else None
    return found[0] if found else None


@cache
def _by_kind() -> dict[tuple[Beside, bool], list[Mark]]:
    marks = load_marks()
    return {
        (beside, of_server): [mark for mark in marks if (mark.beside, mark.is_of_server) == (beside, of_server)]
        for beside in get_args(Beside)
        for of_server in (True, False)
    }


@cache
def load_marks() -> tuple[Mark, ...]:
    """Read the table, once in a process; ValueError where an entry asks for nothing or for what isn't known."""
    return tuple(_mark(entry) for entry in tomllib.loads(_TABLE.read_text(encoding="utf-8"))["mark"])


def _mark(entry: dict[str, Any]) -> Mark:
    unknown = entry.keys() - {*_ASKED, "product", "verdict", "beside", "confidence"}
    beside = entry.get("beside", "short")
    if unknown or not entry.keys() & set(_ASKED) or beside not in get_args(Beside):
        raise ValueError(f"a mark of {entry.get('product')!r} is badly written: {entry}")
    listed = {name: _listed(entry.get(name, [])) for name in _ASKED if name != "pattern"}
    headers = (header.lower().partition(":") for header in listed.pop("header"))
    return Mark(
        product=entry["product"],
        verdict=Verdict(entry["verdict"]),
        beside=beside,
        confidence=entry.get("confidence", 0.95),
        header=tuple((name.strip(), value.strip()) for name, _, value in headers),
        pattern=re.compile(entry["pattern"]) if "pattern" in entry else None,
        **listed,
    )


def _listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else (value,)
