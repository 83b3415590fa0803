"""The language of a text: langdetect, seeded, on the article only; the page's own word where the text is too short."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from langdetect import DetectorFactory, LangDetectException
from langdetect.detector_factory import PROFILES_DIRECTORY

from extract.survey import weight

_SAMPLE = 2000
_ENOUGH = 60
"""Letters, as `weight` counts them, below which detection is guessing."""
_SURE = 0.8
_TAG = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?(?:[-_].*)?", re.IGNORECASE)
# langdetect's own names where they aren't BCP 47: it tells the two scripts of Chinese by region.
_BCP_47 = {"zh-cn": "zh-Hans", "zh-tw": "zh-Hant"}
_HAN = re.compile("[\u3400-\u9fff]")
_KANA_OR_HANGUL = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_FOREIGN_SHARE = 0.03  # names and titles in Chinese text
_TRADITIONAL_REGIONS = frozenset({"tw", "hk", "mo"})


@dataclass(frozen=True, slots=True)
class Language:
    """A BCP 47 tag, and how sure it is."""

    tag: str | None = None
    confidence: float | None = None
    """From 0 to 1; None where only the page's own word is known."""


def detect(text: str | None, declared: str | None) -> Language:
    """Return the language of *text*; *declared* is what the page says (`lang`, `Content-Language`).

    Too little text, or text that could be several languages, is what the page says it is, or None.
    """
    if not text:
        return Language()
    own_word = normal_tag(declared)
    letters = "".join(character for character in text if character.isalpha() or character.isspace())
    if weight(" ".join(letters.split())) < _ENOUGH:
        return Language(own_word)
    for tag, confidence in _candidates(text[:_SAMPLE]):
        if confidence >= _SURE or tag == own_word:
            return Language(tag, round(confidence, 3))
        break
    return Language(own_word)


def _candidates(text: str) -> list[tuple[str, float]]:
    detector = _factory().create()
    if _is_chinese(text):
        detector.set_prior_map({"zh-cn": 0.5, "zh-tw": 0.5})
    detector.append(text)
    try:
        found = detector.get_probabilities()
    except LangDetectException:  # no letter that any of its profiles has
        return []
    return [(_BCP_47.get(language.lang, language.lang), float(language.prob)) for language in found]


def _is_chinese(text: str) -> bool:
    """Tell whether *text* is in Han characters without kana or Hangul; the profiles take some of it for Korean."""
    han, others = len(_HAN.findall(text)), len(_KANA_OR_HANGUL.findall(text))
    letters = sum(character.isalpha() for character in text)
    return han > letters / 2 and others < han * _FOREIGN_SHARE


@cache
def _factory() -> DetectorFactory:
    """Load the profiles, once in a process; seeded, so that the same text has the same language."""
    factory = DetectorFactory()
    factory.load_profile(PROFILES_DIRECTORY)
    factory.set_seed(0)
    return factory


def normal_tag(declared: str | None) -> str | None:
    """Return a declared language as BCP 47 has it (RFC 5646 2.1.1), without its region; None for what is none."""
    match = _TAG.fullmatch((declared or "").split(",")[0].strip())
    if not match:
        return None
    language, script, region = match[1].lower(), (match[2] or "").title(), (match[3] or "").lower()
    if language == "zh":
        return f"zh-{script or ('Hant' if region in _TRADITIONAL_REGIONS else 'Hans')}"
    return f"{language}-{script}" if script else language
