"""CLD2, the one place that asks it: which language a text is in, how much of it, and how well it fits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import pycld2

from extract.language_tags import normal_tag

# What it refuses: controls, surrogates and noncharacters.
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]|[^\x00-\U0001fffd]")
# Unknown, Klingon, Pig Latin, and what it takes all Canadian syllabics for. Codes with xx are scripts.
_NO_LANGUAGE = frozenset({"un", "tlh", "zzp", "iu"})
_SCRIPT = "xx"
_NAMES = {"bh": "bho"}


@dataclass(frozen=True, slots=True)
class Guess:
    """What CLD2 takes a text for."""

    tag: str | None = None
    """BCP 47, mostly without script; None where it knows no language."""
    share: float = 0.0
    """Of the text, from 0 to 1."""
    score: float = 0.0
    """How well each thousand bytes of it fit; languages told by their script alone have 1024."""
    reliable: bool = False


def guess(text: str, *, best_effort: bool = False) -> Guess:
    """Return what CLD2 takes *text* for; with *best_effort* also where that is little more than chance."""
    try:
        reliable, _, details = pycld2.detect(_UNREADABLE.sub(" ", text), isPlainText=True, bestEffort=best_effort)
    except pycld2.error:  # a character that it can't read after all
        return Guess()
    _, name, percent, score = details[0]
    return Guess(_tag(name), percent / 100, score, reliable) if _is_language(name) else Guess()


@cache
def languages() -> frozenset[str]:
    """Return the languages that it can answer, as tags without script."""
    detected = set(pycld2.DETECTED_LANGUAGES)
    tags = (_tag(code) for name, code in pycld2.LANGUAGES if name in detected and _is_language(code))
    return frozenset(tag.partition("-")[0] for tag in tags)


def _is_language(name: str) -> bool:
    return name not in _NO_LANGUAGE and not name.startswith(_SCRIPT)


def _tag(name: str) -> str:
    return normal_tag(_NAMES.get(name, name)) or name
