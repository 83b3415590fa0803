"""What a source is good for, why, and what to do next: its last capture and its best one, put into words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from archive.standing import SUCCESSES, USABLE_VERDICTS
from archive.words import Outcome, Verdict
from sourcekeep.screen import when
from sourcekeep.wordings import NO_TEXT
from sourcekeep.words import advice, explain, label

if TYPE_CHECKING:
    from collections.abc import Mapping

_WITH_BODY = frozenset({Outcome.FETCHED, Outcome.TRUNCATED, Outcome.TOO_LARGE})


class Standing(StrEnum):
    """What a source is good for."""

    USABLE = "usable"
    """A whole copy of what was cited is kept."""
    TO_CHECK = "to-check"
    """A copy is kept, and somebody has to see whether it is what was cited; or it is a part."""
    NOT_USABLE = "not-usable"
    """It was looked at, and there is no copy."""
    WAITING = "waiting"
    """It was not fetched yet, or what was fetched is not extracted yet."""

    @property
    def words(self) -> str:
        """The standing as it reads in a sentence."""
        return self.replace("-", " ")


@dataclass(frozen=True, slots=True)
class Judgement:
    """A source's standing with its reason."""

    standing: Standing
    label: str
    """The one word for it: a verdict or an outcome."""
    explanation: str
    advice: str
    """What to do next; empty where there is nothing to do."""
    last_look: str | None
    """What became of a later capture that was worse than the copy that is kept; None where none was."""


def judge(row: Mapping[str, Any]) -> Judgement:
    """Judge the source of a *row* with the columns of `Reports.source_lines` or `Reports.export`."""
    found = standing(row["outcome"], row["verdict"], row["best_outcome"], row["best_verdict"])
    last = (row["outcome"], row["verdict"], row["http_status"])
    if found in {Standing.NOT_USABLE, Standing.WAITING}:
        explanation = explain(*last, row["error"], row["evidence"])
        return Judgement(found, label(*last), explanation, advice(*last, row["evidence"]), None)
    if row["best_verdict"] == Verdict.DOCUMENT and not row["words"]:
        return Judgement(Standing.TO_CHECK, Verdict.DOCUMENT, NO_TEXT.sentence, NO_TEXT.advice, _last_look(row))
    best = (row["best_outcome"], row["best_verdict"])
    return Judgement(found, label(*best), explain(*best), advice(*best), _last_look(row))


def _last_look(row: Mapping[str, Any]) -> str | None:
    if row["captured_at"] == row["best_captured_at"] or is_good(row["outcome"], row["verdict"]):
        return None
    last = (row["outcome"], row["verdict"], row["http_status"])
    why = explain(*last, row["error"], row["evidence"])
    return f"The last look, on {when(row['captured_at'])}, ended with {label(*last)}: {why}"


def standing(outcome: str | None, verdict: str | None, best_outcome: str | None, best_verdict: str | None) -> Standing:
    """Return what a source is good for, by its last capture and its best one (None where there is none)."""
    if best_verdict is not None:
        return Standing.USABLE if is_good(best_outcome, best_verdict) else Standing.TO_CHECK
    waiting = outcome is None or (verdict is None and outcome in _WITH_BODY)
    return Standing.WAITING if waiting else Standing.NOT_USABLE


def is_good(outcome: str | None, verdict: str | None) -> bool:
    """Tell whether a capture brought a whole page of the kind that is cited, or found it unchanged."""
    if outcome == Outcome.NOT_MODIFIED and verdict is None:
        return True
    return outcome in SUCCESSES and verdict in USABLE_VERDICTS
