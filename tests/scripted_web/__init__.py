"""A web that changes over twelve weeks by a script, a server for it, and crawls of it week by week.

`scripts.toml` says what each page answers in which week, and what is then to be said of its link; `pages.py` has the
answers' bytes, `server.py` sends them, `running.py` crawls.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

WEEKS = 12

_SAID = re.compile(r"(?P<word>[\w-]+?)(?:@(?P<since>\d+))?(?:\*(?P<times>\d+))?")


@dataclass(frozen=True, slots=True)
class ScriptedLink:
    """A link, what it answers by week, and what is to be said of it."""

    script: str
    url: str
    host: str
    path: str
    text: str
    """Its text's name."""
    like: str | None
    """The labelled page that stands in its place where the script says so."""
    missing: str
    """What its host answers for what it hasn't got."""
    answers: tuple[str, ...]
    """By week, from the first."""
    health: tuple[tuple[str, int], ...]
    """By week: what it is then, and the week since which it has been so."""


@cache
def links() -> tuple[ScriptedLink, ...]:
    """Return all links, in the order of their scripts."""
    scripts = tomllib.loads((Path(__file__).parent / "scripts.toml").read_text(encoding="utf-8"))["script"]
    return tuple(_link(script, number, text) for script in scripts for number, text in enumerate(script["links"], 1))


def _link(script: dict[str, Any], number: int, said: str) -> ScriptedLink:
    text, _, like = (part.strip() for part in said.partition(">"))
    host = script.get("host", f"www.{script['name']}-{number}.example")
    path = f"/stories/{text}.html"
    return ScriptedLink(
        script["name"],
        f"http://{host}{path}",
        host,
        path,
        text,
        like or None,
        script.get("missing", "404"),
        tuple(word for word, _ in _weekly(script["answers"])),
        _since(_weekly(script["health"])),
    )


def _weekly(said: str) -> list[tuple[str, int | None]]:
    """Return by week a word, and the week behind its @."""
    found = [match for word in said.split() if (match := _SAID.fullmatch(word))]
    weekly = [
        (each["word"], int(each["since"]) if each["since"] else None)
        for each in found
        for _ in range(int(each["times"] or 1))
    ]
    if len(weekly) != WEEKS or len(found) != len(said.split()):
        raise ValueError(f"{said!r} doesn't say {WEEKS} weeks")
    return weekly


def _since(weekly: list[tuple[str, int | None]]) -> tuple[tuple[str, int], ...]:
    """Return by week the health, and since which week it has been so: since it stands there, if not said."""
    told: list[tuple[str, int]] = []
    for week, (health, since) in enumerate(weekly, 1):
        before = told[-1] if told else ("", 0)
        told.append((health, since or (before[1] if before[0] == health else week)))
    return tuple(told)


__all__ = ["WEEKS", "ScriptedLink", "links"]
