"""Score what audits say of the labelled sites of `tests/link_sites/`: the confusion matrix, soft 404s, mistakes.

Nothing is served: the answers go through `extract.extract_page`, `extract.drift`, the finding of a probe where one
would be asked for, `archive.signals` and the state machine, as captures in a catalogue do.

python -m bench.link_score              # the figures and every mistake of part A, and the figures of part B
python -m bench.link_score --markdown   # what stands in docs/link-rot.md between its two marks
python -m bench.link_score --part b     # mistakes of part B, too: for those who won't change a rule afterwards
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha1
from typing import TYPE_CHECKING, NamedTuple

from archive.catalogue.histories import COMPANY, Link, Look
from archive.clock import as_timestamp
from archive.signals import Signal
from archive.standing import VERDICT_RANK
from archive.urls import host_of, url_key
from archive.words import LOST, Health, Outcome
from bench.labelled import right_by_language, run, table
from bench.link_sites import PARTS, Answered, Label, LabelledLink, load_links
from extract import ExtractedPage, drift, extract_page
from extract.word_spans import Words
from sourcekeep.audit.finding import Answer, finding, own_words
from sourcekeep.audit.observing import Observer

if TYPE_CHECKING:
    from collections.abc import Iterable


START = datetime(2031, 1, 1, tzinfo=UTC)
BETWEEN = timedelta(days=4)
CAPTURES = 4
"""So many captures of each link are folded into its health."""

HEALTH = {
    Label.LIVE: Health.LIVE,
    Label.MOVED: Health.MOVED,
    Label.DRIFTED: Health.DRIFTED,
    Label.BLOCKED: Health.UNVERIFIABLE,
    Label.REMOVED: Health.REMOVED,
    Label.SOFT_404: Health.DEAD,
    Label.MISSING: Health.DEAD,
    Label.PARKED: Health.DEAD,
}
"""What a link of each label should be after its captures."""

_BY_SIGNAL = {
    Signal.GOOD: Label.LIVE,
    Signal.MOVED: Label.MOVED,
    Signal.DRIFTED: Label.DRIFTED,
    Signal.BLOCKED: Label.BLOCKED,
    Signal.REMOVED: Label.REMOVED,
    Signal.GONE: Label.MISSING,
}


class Known(NamedTuple):
    """What an audit has to go by."""

    probes: bool = True
    first: bool = True
    """Whether the page was captured when it was what was cited."""


EVERYTHING = Known()


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled link, and what the audit says of it."""

    link: LabelledLink
    later: ExtractedPage | None
    said: Label
    signal: Signal
    rule: str
    look: Look
    """The last capture, with what was made of it."""
    health: Health

    @property
    def is_right(self) -> bool:
        """Whether the label is what was said."""
        return self.said == self.link.label


class Score(NamedTuple):
    """How right it is to call pages soft 404s."""

    precision: float
    recall: float


@cache
def judge_part(part: str, known: Known = EVERYTHING) -> tuple[Judged, ...]:
    """Return the links of *part*, judged; once in a process."""
    links = load_links(part)
    ends = Counter(end for link in links for end in {link.later.final_url})
    observer = Observer(lambda final_url: ends[final_url] >= COMPANY)
    return tuple(_judge(observer, link, known) for link in links)


def _judge(observer: Observer, link: LabelledLink, known: Known) -> Judged:
    source = Link(
        source_id=0,
        url=link.url,
        url_key=url_key(link.url),
        host=host_of(link.url),
        site=None,
        health=Health.UNCHECKED,
        health_since=None,
        health_capture_id=None,
        health_rule=None,
        is_judged=False,
        is_kept=False,
        best_capture_id=None,
        best_at=None,
    )
    first = link.first if known.first else None
    answers = [first or link.later, *[link.later] * (CAPTURES - 1)]
    looks = [
        _look(answer, number)._replace(change=change)
        for number, (answer, change) in enumerate(zip(answers, _changes(answers), strict=True))
    ]
    if known.probes and link.probe:
        found = finding(_answer(link.later), _answer(link.probe))
        for number, answer in enumerate(answers):  # as a crawl does: a probe follows a capture that asks for one
            if answer is link.later and observer.probe_wanted(source, looks[: number + 1]):
                looks[number] = looks[number]._replace(finding=found)
    *_, (signal, rule) = observer.said(source, looks)
    course = observer.fold(source, looks)
    return Judged(link, _made(link.later), said_by(signal, rule), signal, rule, looks[-1], course.health)


def said_by(signal: Signal, rule: str) -> Label:
    """Return what a signal says, in the words of the labels."""
    if signal is not Signal.MISSING:
        return _BY_SIGNAL[signal]
    if rule == "parked":
        return Label.PARKED
    return Label.MISSING if rule.startswith("http-") or rule in set(Outcome) else Label.SOFT_404


def _look(answer: Answered, number: int) -> Look:
    made = _made(answer)
    at = as_timestamp(START + number * BETWEEN)
    verdict = made.verdict if made else None
    return Look(0, number + 1, at, answer.outcome, answer.status, verdict, answer.final_url, None, None)


@cache
def _made(answer: Answered) -> ExtractedPage | None:
    """Return what extraction makes of an answer; None where nothing came."""
    if answer.status is None:
        return None
    return extract_page(answer.body, url=answer.final_url, headers=dict(answer.headers), http_status=answer.status)


def _changes(answers: list[Answered]) -> list[str | None]:
    """Return what became of the text at each capture, beside the first of the best ones, as an audit measures it."""
    texts = [(made, made.text) if (made := _made(answer)) and made.text else None for answer in answers]
    standing = [VERDICT_RANK.get(pair[0].verdict, 0) if pair else -1 for pair in texts]
    best = standing.index(max(standing))
    reference = texts[best]
    return [
        drift.measure(Words(reference[1]), Words(pair[1])).change if reference and pair and number != best else None
        for number, pair in enumerate(texts)
    ]


def _answer(answer: Answered) -> Answer:
    made = _made(answer)
    words = own_words(made.title, made.text, ((notice.rule, notice.text) for notice in made.notices)) if made else ""
    return Answer(
        answer.asked_url,
        answer.final_url,
        answer.outcome,
        answer.status,
        made.verdict if made else None,
        words,
        sha1(answer.body).hexdigest() if answer.body else None,
        made.evidence if made else {},
    )


def soft_404(judged: Iterable[Judged]) -> Score:
    """Return how many of the links called soft 404 are, and how many of those that are get called so."""
    pairs = [(item.link.label is Label.SOFT_404, item.said is Label.SOFT_404) for item in judged]
    both = sum(is_one and is_called for is_one, is_called in pairs)
    called, there = sum(is_called for _, is_called in pairs), sum(is_one for is_one, _ in pairs)
    return Score(both / called if called else 0.0, both / there if there else 0.0)


def lost_alive(judged: Iterable[Judged]) -> list[Judged]:
    """Return the links that are there, or of which nobody can tell, and that the state machine calls lost."""
    return [item for item in judged if HEALTH[item.link.label] not in LOST and item.health in LOST]


def not_lost(judged: Iterable[Judged]) -> list[Judged]:
    """Return the links that are gone, and that the state machine doesn't call lost after three failures."""
    return [item for item in judged if HEALTH[item.link.label] in LOST and item.health not in LOST]


_KNOWN = {
    "all that is known": EVERYTHING,
    "without probes": Known(probes=False),
    "first seen when it was so": Known(first=False),
    "neither": Known(probes=False, first=False),
}


def markdown() -> str:
    """Return the figures as they stand in docs/link-rot.md."""
    both = tuple(item for part in PARTS for item in judge_part(part))
    return (
        "\n".join(
            [
                *_figures(),
                "",
                *_matrix(both),
                "",
                *_healths(both),
                "",
                right_by_language((item.link.language, item.is_right) for item in both),
            ]
        )
        + "\n"
    )


def _figures() -> list[str]:
    lines = [
        "| an audit knows | part A: precision | recall | part B: precision | recall | live ones called dead |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, known in _KNOWN.items():
        parts = [judge_part(part, known) for part in PARTS]
        cells = [f"{value:.3f}" for judged in parts for value in soft_404(judged)]
        wrong = sum(len(lost_alive(judged)) for judged in parts)
        lines.append(f"| {name} | {' | '.join(cells)} | {wrong} |")
    return lines


def _matrix(judged: tuple[Judged, ...]) -> list[str]:
    found = Counter((item.link.label, item.said) for item in judged)
    return ["Rows are labels, columns what one capture says.", "", *table(Label, Label, lambda *pair: found[pair])]


def _healths(judged: tuple[Judged, ...]) -> list[str]:
    found = Counter((item.link.label, item.health) for item in judged)
    columns = [health for health in Health if any(item.health is health for item in judged)]
    said = f"Rows are labels, columns the health after {CAPTURES} captures, {BETWEEN.days} days apart."
    return [said, "", *table(Label, columns, lambda *pair: found[pair])]


def _show(part: str, asked: bool) -> None:
    print(f"part {part}: {len(load_links(part))} links")
    for name, known in _KNOWN.items():
        _print(name, judge_part(part, known))
    if part == "a" or asked:
        _print_mistakes(judge_part(part))


def _print(name: str, judged: tuple[Judged, ...]) -> None:
    precision, recall = soft_404(judged)
    wrong = sum(not item.is_right for item in judged)
    print(
        f"  {name}: soft-404 precision {precision:.4f}, recall {recall:.4f}; {wrong} wrong, "
        f"{len(lost_alive(judged))} live called dead, {len(not_lost(judged))} dead not called so"
    )


def _print_mistakes(judged: tuple[Judged, ...]) -> None:
    for item in judged:
        if not item.is_right or item.health is not HEALTH[item.link.label]:
            evidence = item.later.evidence if item.later else {}
            known = f"{item.look.verdict} change={item.look.change} finding={item.look.finding}"
            print(f"  {item.link.name} {item.link.url}: {item.link.label} taken for {item.said}, {item.health}")
            print(f"      {item.rule}: {known} {evidence}"[:300])


if __name__ == "__main__":
    run("Score what audits say of the labelled sites.", "docs/link-rot.md", PARTS, markdown, _show)
