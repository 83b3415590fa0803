"""The language of a text: CLD2's opinion, langdetect's where that is unsure, and the page's own word between them.

Both look only at the text that they are given, with fixed tables and a fixed seed: the same text has the same answer
in any order and any process. A language that neither knows must not become a confident wrong one, so an answer counts
only where the text is written in that language's script, and a page's word for a language that neither knows is
believed. What each of the rules is worth is measured by `bench/language_score.py`; the figures are in docs/language.md.
"""

from __future__ import annotations

import gc
import re
from dataclasses import dataclass
from functools import cache

from langdetect import DetectorFactory, LangDetectException
from langdetect.detector_factory import PROFILES_DIRECTORY

from extract import cld2
from extract.language_tags import in_script, normal_tag, only_language, script_languages, script_of
from extract.markup import weight

_SAMPLE = 3000
_SCRIPT_SAMPLE = 600
_SECOND_SAMPLE = 300
"""Characters that are looked at: by CLD2, for the script, and by langdetect, whose time grows with them."""
_ENOUGH = 40
"""Letters and spaces, as `weight` counts them, below which detection is guessing."""
_PLENTY = 400
"""Letters from which a second opinion changes nothing any more."""
_MOST = 0.5
_NEARLY_ALL = 0.9
# ASCII without its letters, and the blocks of Unicode that have only punctuation and symbols.
_NO_LETTERS = re.compile("[\x00-@[-`{-\xbf\u2000-\u2bff\u3000-\u303f\uff00-\uff20\U0001f000-\U0001faff]+")
# langdetect's names where they aren't BCP 47: it tells the two scripts of Chinese by region.
_NAMES = {"zh-cn": "zh-Hans", "zh-tw": "zh-Hant"}
# Standards of one language, which no detector tells apart reliably: here the page's word decides.
_ALIKE = ({"bs", "hr", "sr-Latn", "cnr"}, {"id", "ms"})


@dataclass(frozen=True, slots=True)
class Language:
    """A BCP 47 tag, and how sure it is."""

    tag: str | None = None
    confidence: float | None = None
    """From 0 to 1, the share of the text that is in it; None where only the page's own word is known."""


def detect(text: str | None, declared: str | None) -> Language:
    """Return the language of *text*; *declared* is what the page says (`lang`, `Content-Language`).

    Too little text, or text that could be several languages, is what the page says it is, or None.
    """
    sample = (text or "")[:_SAMPLE]
    if not sample.strip():
        return Language()
    script = script_of(sample[:_SCRIPT_SAMPLE])
    own_word = normal_tag(declared)
    if own_word and script:
        own_word = in_script(own_word, script)
    letters = weight(_NO_LETTERS.sub(" ", sample))
    if letters < _ENOUGH or not script:
        return Language(own_word)
    found = _found(sample, script, own_word, letters)
    if not found.tag or (own_word and own_word != found.tag and _is_believed(own_word, found.tag)):
        return Language(own_word)
    return found


def _found(sample: str, script: str, own_word: str | None, letters: int) -> Language:
    """Return what the two detectors agree on, or the one that knows; nothing where they contradict each other."""
    first, reliable = _first_opinion(sample, script)
    share = first.confidence or 0.0
    if reliable and share >= _NEARLY_ALL and letters >= _PLENTY:
        return first
    second = _second_opinion(sample[:_SECOND_SAMPLE], script)
    if first.tag is None:
        alone = only_language(script)
        return Language(alone) if alone else second if second.tag == own_word else Language()
    if second.tag and second.tag == own_word and not _alike(first.tag, second.tag):
        return second  # two against one
    if not second.tag or _alike(first.tag, second.tag) or first.tag.partition("-")[0] not in _second_knows():
        return first if share >= _MOST and (reliable or first.tag in {second.tag, own_word}) else Language()
    return first if own_word == first.tag else Language()


def _is_believed(own_word: str, found: str) -> bool:
    """Tell whether a page's word goes before what was found.

    It does between standards of one language, and for a language of its own code that neither detector knows: nobody
    writes one by mistake. Codes of two letters are written by mistake, since countries have them as well.
    """
    if _alike(own_word, found):
        return True
    language = own_word.partition("-")[0]
    return len(language) > len("xx") and language not in known_languages()


def _alike(one: str, other: str) -> bool:
    return one == other or any({one, other} <= alike for alike in _ALIKE)


@cache
def known_languages() -> frozenset[str]:
    """Return the languages that at least one of the detectors can answer, as tags without script."""
    return _second_knows() | script_languages() | cld2.languages()


@cache
def _second_knows() -> frozenset[str]:
    return frozenset(_tag(name).partition("-")[0] for name in _factory().langlist)


def _first_opinion(sample: str, script: str) -> tuple[Language, bool]:
    """Return CLD2's language with the share of the text that is in it, and whether CLD2 calls that reliable."""
    guess = cld2.guess(sample)
    tag = in_script(guess.tag, script) if guess.tag else None
    return (Language(tag, guess.share), guess.reliable) if tag else (Language(), False)


def _second_opinion(sample: str, script: str) -> Language:
    """Return langdetect's language with its probability."""
    detector = _factory().create()
    if script == "Hani":  # some of its profiles take this for Korean
        detector.set_prior_map({"zh-cn": 0.5, "zh-tw": 0.5})
    detector.append(sample)
    try:
        found = detector.get_probabilities()
    except LangDetectException:  # no letter that any of its profiles has
        return Language()
    tag = in_script(_tag(found[0].lang), script) if found else None
    return Language(tag, round(found[0].prob, 3)) if tag else Language()


def _tag(name: str) -> str:
    """Return langdetect's name of a language as a tag."""
    return normal_tag(_NAMES.get(name, name)) or name


@cache
def _factory() -> DetectorFactory:
    """Load langdetect's profiles when they are first asked for, once in a process; seeded."""
    factory = DetectorFactory()
    collects = gc.isenabled()
    gc.disable()  # to look for garbage in what stays takes as long as to load it
    try:
        factory.load_profile(PROFILES_DIRECTORY)
    finally:
        if collects:
            gc.enable()
    factory.set_seed(0)
    return factory
