"""What one capture says of its link, alone: the rules, in one place.

`sourcekeep.audit` folds the signals of a source's captures, in their order, into its health. A status is read by the
classes of RFC 9110 15; which of them say nothing about the page follows what servers send to machines that they don't
like (401, 403, 429, 999 and their like), as opposed to a page that is not there.
"""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from urllib.parse import urlsplit

from archive.words import Finding, Outcome, TextChange, Verdict


class Signal(StrEnum):
    """What a capture says of its link."""

    GOOD = "good"
    """The page is there."""
    MOVED = "moved"
    """The page is there, under another address."""
    DRIFTED = "drifted"
    """A page is there, and it is not the text that was kept first."""
    BLOCKED = "blocked"
    """Nobody can tell from here: a wall, a refusal, a rule of robots.txt, a certificate."""
    MISSING = "missing"
    """The page was not had, as it isn't when it is gone for good."""
    GONE = "gone"
    """The server says that it is gone for good (410)."""
    REMOVED = "removed"
    """Taken down, by its own words or by law (451)."""
    SILENT = "silent"
    """Nothing, so far: the page was fetched and nobody has looked at it yet."""


FOUND = frozenset({Signal.GOOD, Signal.MOVED, Signal.DRIFTED})
"""Signals of a capture that got a page."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One capture, as far as its link goes."""

    outcome: str
    http_status: int | None = None
    verdict: str | None = None
    is_deep: bool = True
    """Whether the source is a page of a site, and not its home."""
    elsewhere: bool = False
    """Whether the chain of redirects ended at another page than the source, by their comparison keys."""
    at_home: bool = False
    """Whether it ended at a site's home."""
    keeps_name: bool = False
    """Whether the last part of the path is the same where it ended."""
    in_company: bool = False
    """Whether other sources ended there as well."""
    change: str | None = None
    """What became of the text: a `TextChange`; None where there is nothing to compare."""
    finding: str | None = None
    """What a probe found: a `Finding`."""


BLOCKING_STATUSES = frozenset({401, 402, 403, 405, 406, 407, 418, 423, 425, 426, 428, 429, 430, 431, 511, 999})
"""Statuses by which servers turn somebody away, and say nothing of the page."""
_GONE = 410
_BY_LAW = 451

_HELD = frozenset({TextChange.SAME, TextChange.EDITED})
GIVEN_WAY = frozenset({TextChange.REWRITTEN, TextChange.REPLACED})
"""Changes after which a text is no more the one that was kept first."""
_WALLS = frozenset({Verdict.PAYWALLED, Verdict.CONSENT_WALL, Verdict.BOT_WALL, Verdict.LOGIN_WALL, Verdict.JS_REQUIRED})
_BY_VERDICT = {
    Verdict.REMOVED: Signal.REMOVED,
    Verdict.SOFT_404: Signal.MISSING,
    Verdict.PARKED: Signal.MISSING,
    **dict.fromkeys(_WALLS, Signal.BLOCKED),
}
_NO_ARTICLE = frozenset({Verdict.INDEX, Verdict.UNKNOWN, Verdict.EMPTY})

_BY_OUTCOME = {
    Outcome.DNS_FAILED: Signal.MISSING,
    Outcome.REFUSED: Signal.MISSING,
    Outcome.RESET: Signal.MISSING,
    Outcome.TIMEOUT: Signal.MISSING,
    Outcome.REDIRECT_LOOP: Signal.MISSING,
    Outcome.TLS_FAILED: Signal.BLOCKED,
    Outcome.ROBOTS_DENIED: Signal.BLOCKED,
    Outcome.ADDRESS_FORBIDDEN: Signal.BLOCKED,
    Outcome.INVALID_URL: Signal.BLOCKED,
    Outcome.UNSUPPORTED_SCHEME: Signal.BLOCKED,
}


def signal_of(seen: Seen) -> tuple[Signal, str]:
    """Return what a capture says of its link, and the rule by which it does."""
    if by_outcome := _BY_OUTCOME.get(Outcome(seen.outcome)):
        return by_outcome, seen.outcome
    if seen.outcome == Outcome.HTTP_ERROR:
        return _of_error(seen.http_status or 0, seen.verdict)
    if seen.verdict is None:
        return Signal.SILENT, "not-extracted"
    return _of_page(seen)


def _of_error(status: int, verdict: str | None) -> tuple[Signal, str]:
    rule = f"http-{status}"
    if verdict in _WALLS:
        return Signal.BLOCKED, f"{rule}:{verdict}"
    if status == _GONE:
        return Signal.GONE, rule
    if status == _BY_LAW or verdict == Verdict.REMOVED:
        return Signal.REMOVED, rule
    return (Signal.BLOCKED if status in BLOCKING_STATUSES else Signal.MISSING), rule


def _of_page(seen: Seen) -> tuple[Signal, str]:
    """Judge a page that came with a verdict."""
    if seen.verdict == Verdict.SOFT_404 and seen.finding == Finding.SAYS_MISSING:
        return Signal.BLOCKED, "probe:says-missing"
    if by_verdict := _BY_VERDICT.get(Verdict(seen.verdict or Verdict.UNKNOWN)):
        return by_verdict, str(seen.verdict)
    if seen.change in _HELD:
        return (Signal.MOVED, "same-text-elsewhere") if seen.elsewhere else (Signal.GOOD, f"text-{seen.change}")
    if (lost := _lost(seen)) or (lost := _drifted(seen)):
        return lost
    if seen.verdict == Verdict.EMPTY:
        return Signal.BLOCKED, "empty"
    return _standing(seen)


def _lost(seen: Seen) -> tuple[Signal, str] | None:
    """Tell of a page in whose place something came that a server sends for whatever it doesn't have."""
    if seen.elsewhere and seen.at_home and seen.is_deep:
        return Signal.MISSING, "redirected-home"
    # An article that every name in its directory leads to may be there: many a server looks at a number alone.
    is_other = seen.elsewhere or seen.verdict in _NO_ARTICLE or seen.change == TextChange.REPLACED
    if seen.finding == Finding.SAME_ANSWER and seen.is_deep and is_other:
        return Signal.MISSING, "probe:same-answer"
    if seen.elsewhere and seen.in_company and seen.verdict in _NO_ARTICLE:
        return Signal.MISSING, "redirected-together"
    return None


def _drifted(seen: Seen) -> tuple[Signal, str] | None:
    return (Signal.DRIFTED, f"text-{seen.change}") if seen.change in GIVEN_WAY else None


def _standing(seen: Seen) -> tuple[Signal, str]:
    """Judge a page that nothing speaks against, and that there is nothing to compare with."""
    if not seen.elsewhere:
        return Signal.GOOD, f"verdict:{seen.verdict}"
    if seen.keeps_name or seen.verdict not in _NO_ARTICLE:
        return Signal.MOVED, "redirected"
    return Signal.BLOCKED, "redirected-to-no-article"


SUSPICIOUS_RULES = frozenset(
    {
        *("empty", "redirected-home", "redirected-together", "redirected-to-no-article", "soft-404"),
        *("probe:same-answer", "probe:says-missing"),
    }
)
"""Rules that a probe can say more about; so can it where a text has given way to another."""


def is_suspicious(signal: Signal, rule: str, seen: Seen) -> bool:
    """Tell whether a probe beside the source would say more about a capture."""
    if not seen.is_deep or seen.verdict is None:
        return False
    unlike_an_article = signal is Signal.GOOD and seen.verdict in _NO_ARTICLE and seen.change is None
    return rule in SUSPICIOUS_RULES or signal is Signal.DRIFTED or unlike_an_article


_DEEPEST_HOME = 2  # /en/index.html
_LETTERS = 2  # of a language (ISO 639-1) or a country (ISO 3166-1)
_HOMES = frozenset({"", "index", "home", "default", "start", "main", "homepage"})


@lru_cache(maxsize=4096)
def is_home(url: str) -> bool:
    """Tell whether *url* is the home of a site: no path, `/index.html` and its like, or a language alone (`/en/`)."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    pieces = [piece for piece in parts.path.lower().split("/") if piece]
    if parts.query or len(pieces) > _DEEPEST_HOME:
        return False
    if pieces and _is_language(pieces[0]):
        pieces = pieces[1:]
    return not pieces or (len(pieces) == 1 and pieces[0].partition(".")[0] in _HOMES)


def _is_language(piece: str) -> bool:
    language, _, region = piece.partition("-")
    return len(language) == _LETTERS and language.isalpha() and len(region) in (0, _LETTERS)


def own_name(url: str) -> str:
    """Return what tells *url* from other pages of its site: the last part of its path, with its query.

    Empty where that is a name of any page (`/`, `/index.php`), as long as there is no query.
    """
    name, query = last_part(url), url.partition("#")[0].partition("?")[2]
    return f"{name}?{query}" if query else "" if name in _HOMES else name


def last_part(url: str) -> str:
    """Return the last part of the path of *url*, without its extension; empty where there is none."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return path.rstrip("/").rpartition("/")[2].partition(".")[0].lower()


def directory_of(url: str) -> str | None:
    """Return the URL of the directory that *url* is in; None for a home, which is in none (Bar-Yossef et al., 2004)."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if is_home(url) or not parts.netloc:
        return None
    above = parts.path.rstrip("/").rpartition("/")[0]
    return f"{parts.scheme}://{parts.netloc}{above}/"


_NO_SUCH_PAGE = frozenset({404, 410})
_SAYS_SO = frozenset({Verdict.SOFT_404, Verdict.REMOVED})


def probe_says(outcome: str, http_status: int | None, verdict: str | None) -> Finding | None:
    """Return what a probe says by itself; None where it got a page, which is to be held against the one beside it."""
    if outcome not in {Outcome.FETCHED, Outcome.HTTP_ERROR} or verdict in _WALLS:
        return Finding.NO_ANSWER
    if http_status in _NO_SUCH_PAGE or verdict in _SAYS_SO:
        return Finding.SAYS_MISSING
    return Finding.NO_ANSWER if outcome == Outcome.HTTP_ERROR else None


PROBE_LETTERS = 25
"""So many letters make a name that no server has (Bar-Yossef et al., 2004)."""


def probe_url(directory: str) -> str:
    """Return the URL of a made-up name in *directory*, another one with each call."""
    return directory + "".join(secrets.choice(string.ascii_lowercase) for _ in range(PROBE_LETTERS))
