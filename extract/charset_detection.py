"""Which legacy encoding bytes are in, where a page doesn't say or says something that can't be.

The bytes are read in each encoding that the web has used, and CLD2 says how well what comes out fits a language that
was written in that encoding. The best fit wins. Languages that CLD2 tells by their script alone must also have the
letters that are frequent in them, since another encoding's bytes can show as any letters of the script.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from extract import cld2
from extract.charsets import WINDOWS_1252, Charset

_SAMPLE = 2000
_SHORT = 300
"""Bytes below which CLD2's guesses are taken as well as what it calls a result."""
_UNSURE = 100
"""Points of what CLD2 knows no language in, though its letters are as frequent as in one."""
_SURE = 350
"""Points that garbage doesn't reach."""
_SCRIPT = re.compile(rb"<(?:script|style)\b", re.IGNORECASE)
_SCRIPT_END = re.compile(rb"</(?:script|style)\s*>", re.IGNORECASE)
_TAG = re.compile(rb"<[^<>]*>")
# What text has none of, or next to none: C1 controls, what could not be decoded, private characters, half-width kana.
_ODD = re.compile("[\x80-\x9f\ufffd\ue000-\uf8ff\uff61-\uff9f]")
_ODD_WEIGHT = 10
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class _Candidate:
    charset: Charset
    languages: frozenset[str]
    """Tags as CLD2 has them; empty for every language that no other candidate has."""


def _candidate(line: str) -> _Candidate:
    name, *languages = line.split()
    return _Candidate(Charset(name), frozenset(languages))


_CENTRAL = "pl cs sk hu sl hr bs sr ro"
_CYRILLIC = "ru uk be bg mk sr"
# Where two fit as well, the first wins: the one that more of the web was written in.
_CANDIDATES = tuple(
    map(
        _candidate,
        (
            "windows-1252",
            "shift_jis ja",
            "euc-jp ja",
            "gbk zh-Hans",
            "big5 zh-Hant",
            "euc-kr ko",
            f"windows-1251 {_CYRILLIC}",
            "koi8-r ru bg",
            "koi8-u uk",
            f"iso-8859-5 {_CYRILLIC}",
            "ibm866 ru",
            f"windows-1250 {_CENTRAL}",
            f"iso-8859-2 {_CENTRAL}",
            "windows-1253 el",
            "iso-8859-7 el",
            "windows-1254 tr az",
            "windows-1255 he yi",
            "windows-1256 ar fa ur",
            "iso-8859-6 ar",
            "windows-1257 lt lv et",
            "iso-8859-13 lt lv",
            "windows-874 th",
            "windows-1258 vi",
        ),
    )
)
_CLAIMED = frozenset[str]().union(*(candidate.languages for candidate in _CANDIDATES))
# By language: its most frequent letters, and the share of letters beyond ASCII that they must make up.
_FREQUENT = {
    "el": ("αοιετσνηυρπκμλςάίόέή", 0.82),
    "th": ("านรอกงมยลวดตทสปคหบขะ", 0.68),
    "ar": ("اليمنرتوبسدعفهقكحجةىأ", 0.8),
    "fa": ("اليمنرتوبسدهشگکز", 0.6),
    "ur": ("اليمنرتوبسدهکگںے", 0.5),
    "he": ("יוהלאתברמשנעדםקחכ", 0.7),
    "ja": ("のにはをたがでとしてるれなかいっあ", 0.25),
    "ko": ("이다의는에을를고가한하지로사은기도자어인아리시대나해일정그으서과", 0.25),
    "zh-Hans": ("的一是不了在人有我他这中大来上国个到说们为子和你地出时年得就那要下以生会自之过家学对可后", 0.15),
    "zh-Hant": ("的一是不了在人有我他這中大來上國個到說們為子和你地出時年得就那要下以生會自之過家學對可後", 0.15),
} | dict.fromkeys(_CYRILLIC.split(), ("оеаинтсрвлкмпдуіјъьяз", 0.75))


def detect_charset(body: bytes) -> Charset:
    """Return the legacy encoding that *body* looks like; windows-1252 where nothing speaks for another."""
    return _best(sample_of(body))[0]


def disproof_of_windows_1252(body: bytes) -> Charset | None:
    """Return the encoding that *body* is surely in although it says windows-1252, which servers say by default.

    There must be enough text, and it must be in no language as windows-1252 but clearly in one as something else.
    """
    sample = sample_of(body)
    if len(sample) < _SHORT or _score(_CANDIDATES[0], sample):
        return None
    charset, score = _best(sample)
    return charset if score >= _SURE and charset.decode(sample) != WINDOWS_1252.decode(sample) else None


def _best(sample: bytes) -> tuple[Charset, float]:
    best, best_score = WINDOWS_1252, 0.0
    for candidate in _CANDIDATES:
        score = _score(candidate, sample)
        if score > best_score:
            best, best_score = candidate.charset, score
    return best, best_score


def sample_of(body: bytes) -> bytes:
    """Return the lines of *body* that aren't ASCII, without markup: what its encoding can be told by."""
    text = _TAG.sub(b"\n", _without_scripts(body))
    found = bytearray()
    for line in text.splitlines():
        if not line.isascii():
            found += line + b"\n"
            if len(found) >= _SAMPLE:
                break
    return bytes(found[:_SAMPLE])


def _without_scripts(markup: bytes) -> bytes:
    parts, position = [], 0
    while (script := _SCRIPT.search(markup, position)) and (end := _SCRIPT_END.search(markup, script.end())):
        parts.append(markup[position : script.start()])
        position = end.end()
    return b"\n".join([*parts, markup[position:]])


def _score(candidate: _Candidate, sample: bytes) -> float:
    """Return how well *sample* fits *candidate*, in CLD2's points; 0 where it is none of its languages."""
    text = candidate.charset.decode(sample)
    beyond_ascii = sum(character > "\x7f" for character in text)
    plain = 1 - _ODD_WEIGHT * max(0, len(_ODD.findall(text)) - 1) / max(1, beyond_ascii)
    if plain <= 0:
        return 0.0
    guess = cld2.guess(text, best_effort=len(sample) < _SHORT)
    if guess.tag and (guess.tag in candidate.languages or (not candidate.languages and guess.tag not in _CLAIMED)):
        return guess.score * guess.share * plain * _frequent_letters(text, guess.tag)
    likely = next(iter(sorted(candidate.languages & _FREQUENT.keys())), None)
    return _UNSURE * plain * _frequent_letters(text, likely) if likely and not guess.tag else 0.0


def _frequent_letters(text: str, tag: str) -> float:
    """Return the share of the letters that are frequent in the language, 0 where that is too small; 1 if untold."""
    if tag not in _FREQUENT:
        return 1.0
    frequent, least = _FREQUENT[tag]
    letters = [letter for letter in _LETTER.findall(text.lower()) if letter > "\x7f"]
    share = sum(letter in frequent for letter in letters) / max(1, len(letters))
    return share / least if share >= least else 0.0
