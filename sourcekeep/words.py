"""What an outcome and a verdict mean to people, and what to do next, by the table in `sourcekeep.wordings`.

`label` is a word for counts, `explain` a sentence for one capture, `advice` the next step. What a whole source is
good for is said by `sourcekeep.judgement`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from archive.http_message import REDIRECTS
from archive.words import Outcome, Verdict
from sourcekeep.wordings import (
    ASKED_TO_WAIT,
    BROKEN,
    NEVER,
    OUTCOMES,
    REDIRECT,
    ROBOTS_UNREACHABLE,
    SERVER_ERROR,
    STATUSES,
    VERDICTS,
    Wording,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

NEVER_CAPTURED = "never captured"
NOT_EXTRACTED = "not extracted yet"


_DECISIVE = frozenset(
    {
        Verdict.PAYWALLED,
        Verdict.CONSENT_WALL,
        Verdict.BOT_WALL,
        Verdict.LOGIN_WALL,
        Verdict.JS_REQUIRED,
        Verdict.PARKED,
        Verdict.REMOVED,
    }
)
"""Verdicts that say more than an error status does: a wall with 403 is a wall."""
_WITH_PAGE = frozenset({Outcome.FETCHED})
_WITH_SOME_PAGE = frozenset({Outcome.HTTP_ERROR, Outcome.TRUNCATED, Outcome.TOO_LARGE})
_FIRED = ("phrase", "header", "title", "match", "text")
"""Keys of a verdict's evidence that hold what people can see on the page itself."""
_LONGEST_DETAIL = 160


def label(outcome: str | None, verdict: str | None, http_status: int | None = None) -> str:
    """Return the word that says how a capture ended, such as `paywalled`, `timeout` or `http-error 404`."""
    word = _deciding(outcome, verdict)
    if word is None:
        return NEVER_CAPTURED
    if word is Outcome.FETCHED:
        return NOT_EXTRACTED
    return f"{word} {http_status}" if word is Outcome.HTTP_ERROR and http_status else str(word)


def explain(
    outcome: str | None,
    verdict: str | None,
    http_status: int | None = None,
    error: str | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> str:
    """Return in one sentence what became of a capture: its outcome, or the verdict where that says more.

    *outcome* is None for a source that was never captured. *evidence* is a capture's, with the keys `outcome`
    and `verdict`. The sentence may quote the page, so on its way to a terminal it goes through `screen.line`.
    """
    evidence = evidence or {}
    sentence = _wording(outcome, verdict, http_status, evidence).sentence
    word = _deciding(outcome, verdict)
    details = _verdict_details(http_status, evidence) if isinstance(word, Verdict) else []
    if isinstance(word, Outcome):
        details = _outcome_details(word, http_status, error, evidence)
    return f"{sentence.removesuffix('.')} ({'; '.join(details)})." if details else sentence


def advice(
    outcome: str | None,
    verdict: str | None,
    http_status: int | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> str:
    """Return what an editor can do about a capture that ended so; empty where there is nothing to do."""
    return _wording(outcome, verdict, http_status, evidence or {}).advice


def evidence_words(evidence: Mapping[str, Any]) -> list[str]:
    """Return the evidence of a capture as lines: `verdict: rule …, phrase …`, the rule first."""
    lines = []
    for about, why in evidence.items():
        if not isinstance(why, dict):
            lines.append(f"{about}: {_value(why)}")
            continue
        keys = sorted(why, key=lambda key: key != "rule")
        pairs = [f"{key.replace('_', ' ')} {_value(why[key])}" for key in keys if why[key] is not None]
        lines.append(f"{about}: {', '.join(pairs)}")
    return lines


def _deciding(outcome: str | None, verdict: str | None) -> Outcome | Verdict | None:
    """Return the word that says most: the verdict where a page came, else the outcome."""
    if outcome is None:
        return None
    known = Outcome(outcome)
    if verdict is None:
        return known
    if known in _WITH_PAGE or (known in _WITH_SOME_PAGE and verdict in _DECISIVE):
        return Verdict(verdict)
    return known


def _wording(outcome: str | None, verdict: str | None, http_status: int | None, evidence: Mapping[str, Any]) -> Wording:
    word = _deciding(outcome, verdict)
    if word is None:
        return NEVER
    if isinstance(word, Verdict):
        return BROKEN.get(_part(evidence, "verdict").get("rule", ""), VERDICTS[word])
    rule = _part(evidence, "outcome").get("rule")
    if word is Outcome.ROBOTS_DENIED and rule == "robots-unreachable":
        return ROBOTS_UNREACHABLE
    if rule == "retry-after":
        return ASKED_TO_WAIT
    if word is Outcome.HTTP_ERROR and http_status is not None:
        return _status_wording(http_status)
    return OUTCOMES[word]


def _status_wording(status: int) -> Wording:
    if status in STATUSES:
        return STATUSES[status]
    if status in REDIRECTS:
        return REDIRECT
    return SERVER_ERROR if 500 <= status < 600 else OUTCOMES[Outcome.HTTP_ERROR]  # noqa: PLR2004


def _verdict_details(http_status: int | None, evidence: Mapping[str, Any]) -> list[str]:
    why = _part(evidence, "verdict")
    details = [f"“{_value(why[key])}”" for key in _FIRED if isinstance(why.get(key), str) and why[key]][:1]
    if http_status is not None and not 200 <= http_status < 300:  # noqa: PLR2004  # the class of success
        details.append(f"HTTP {http_status}")
    return details


def _outcome_details(
    outcome: Outcome, http_status: int | None, error: str | None, evidence: Mapping[str, Any]
) -> list[str]:
    details = []
    if outcome is Outcome.HTTP_ERROR and http_status:
        details.append(f"HTTP {http_status}")
    if error and error != f"HTTP status {http_status}":
        details.append(_value(_tidy(error)))
    attempts = _part(evidence, "outcome").get("attempts")
    if isinstance(attempts, int) and attempts > 1:
        details.append(f"tried {attempts} times")
    return details


def _part(evidence: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = evidence.get(name)
    return part if isinstance(part, dict) else {}


def _tidy(error: str) -> str:
    """Return *error* without the full stop; of OpenSSL's list of errors, the reasons alone."""
    reasons = re.findall(r"\('[^']*', '[^']*', '([^']+)'\)", error)
    return "; ".join(reasons) or error.rstrip(".")


def _value(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST_DETAIL else f"{text[:_LONGEST_DETAIL]}…"
