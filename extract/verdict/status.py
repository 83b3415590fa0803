"""What an error status says of a page (RFC 9110 15.5 and 15.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.words import Verdict
from extract.facts import FIRST_ERROR
from extract.verdict.decision import shown
from extract.verdict.marks import by_page, guard_of_error

if TYPE_CHECKING:
    from archive.words import Evidence
    from extract.facts import Facts
    from extract.verdict.decision import Decision

_BY_STATUS = {
    401: (Verdict.LOGIN_WALL, 0.9),
    402: (Verdict.PAYWALLED, 0.9),
    418: (Verdict.BOT_WALL, 0.7),  # a joke of RFC 2324, by which several sites turn machines away
    410: (Verdict.REMOVED, 0.97),
    451: (Verdict.REMOVED, 0.95),  # RFC 7725
}
_TOO_MANY = 429
_BLOCKING = frozenset({401, 403, 405, 418, 429, 503})
# Beside 404 and the server's own errors, words of a wall prove nothing; that something was removed they may say.
_SPOKEN = {
    403: (Verdict.BOT_WALL, Verdict.LOGIN_WALL, Verdict.REMOVED, Verdict.PARKED),
    404: (Verdict.REMOVED, Verdict.PARKED),
    405: (Verdict.BOT_WALL,),
    429: (Verdict.BOT_WALL,),
    503: (Verdict.BOT_WALL,),
}
_MUCH_TEXT = 1500


def error_status(facts: Facts) -> Decision | None:
    """Judge 4xx and 5xx: what stands on an error page is no source's text, but it may prove a wall."""
    if facts.status < FIRST_ERROR:
        return None
    evidence: Evidence = {"rule": "http-status", "http_status": facts.status}
    if facts.status in _BLOCKING and (proof := guard_of_error(facts) or by_page(facts)):
        return proof[0], {**proof[1], **evidence}
    if known := _BY_STATUS.get(facts.status):
        return known[0], {**evidence, "confidence": known[1]}
    if facts.own_text < _MUCH_TEXT:
        for verdict in _SPOKEN.get(facts.status, ()):
            if said := next((said for said in facts.said if said.phrase.group == verdict), None):
                return verdict, {**evidence, **shown(said), "confidence": 0.9}
    if facts.status == _TOO_MANY:
        return Verdict.BOT_WALL, {**evidence, "confidence": 0.75}
    return Verdict.UNKNOWN, {**evidence, "confidence": 0.9}
