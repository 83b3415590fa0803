"""Score the verdicts on the labelled pages of `tests/verdict_pages/`: F1 by verdict, the confusion matrix, mistakes.

python -m bench.verdict_score              # the figures and every mistake, with its evidence
python -m bench.verdict_score --markdown   # what stands in docs/verdicts.md between its two marks
python -m bench.verdict_score --part a     # only the part that the rules are tuned on
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from archive.words import Verdict
from bench.labelled import right_by_language, run, table
from bench.verdict_pages import PARTS, LabelledPage, load_pages
from extract import ExtractedPage, extract_page

SURE = (0.0, 0.7, 0.85, 0.95, 1.01)
"""Bounds of the ranges of confidence in which verdicts are counted."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled page, and what extraction made of it."""

    page: LabelledPage
    made: ExtractedPage

    @property
    def is_right(self) -> bool:
        """Whether the verdict is the label."""
        return self.made.verdict == self.page.label


@cache
def judge_part(part: str) -> tuple[Judged, ...]:
    """Return the pages of *part*, judged; once in a process."""
    return tuple(
        Judged(page, extract_page(page.body, url=page.url, headers=page.headers, http_status=page.status))
        for page in load_pages(part)
    )


def f1_by_verdict(judged: tuple[Judged, ...]) -> dict[Verdict, float]:
    """Return the F1 of each verdict that is a label among *judged*."""
    labels = Counter(item.page.label for item in judged)
    given = Counter(item.made.verdict for item in judged)
    right = Counter(item.page.label for item in judged if item.is_right)
    return {verdict: 2 * right[verdict] / (labels[verdict] + given[verdict]) for verdict in Verdict if labels[verdict]}


def macro_f1(judged: tuple[Judged, ...]) -> float:
    """Return the mean of the F1 of every verdict, each counting the same."""
    scores = f1_by_verdict(judged)
    return sum(scores.values()) / len(scores)


def confusion(judged: tuple[Judged, ...]) -> Counter[tuple[Verdict, Verdict]]:
    """Return how often each label got each verdict."""
    return Counter((item.page.label, item.made.verdict) for item in judged)


def calibration(judged: tuple[Judged, ...]) -> list[tuple[float, float, int, int]]:
    """Return for each range of confidence its bounds, how many verdicts are in it, and how many of them are right."""
    rows = []
    for low, high in pairwise(SURE):
        inside = [item for item in judged if low <= item.made.evidence.get("confidence", 1.0) < high]
        rows.append((low, min(high, 1.0), len(inside), sum(item.is_right for item in inside)))
    return rows


def markdown() -> str:
    """Return the figures as they stand in docs/verdicts.md."""
    parts = {part: judge_part(part) for part in PARTS}
    both = tuple(item for part in PARTS for item in parts[part])
    lines = [
        *_figures(parts, both),
        "",
        *_matrix(both),
        "",
        right_by_language((item.page.language or "none", item.is_right) for item in both),
        "",
        *_sure(both),
    ]
    return "\n".join(lines) + "\n"


def _figures(parts: dict[str, tuple[Judged, ...]], both: tuple[Judged, ...]) -> list[str]:
    columns = {**{f"part {part.upper()}": parts[part] for part in PARTS}, "both": both}
    scores = {name: f1_by_verdict(judged) for name, judged in columns.items()}
    counts = {name: Counter(item.page.label for item in judged) for name, judged in columns.items()}
    head = " | ".join(f"{name}: pages | F1" for name in columns)
    lines = [f"| verdict | {head} |", "|---" + "|---:" * (2 * len(columns)) + "|"]
    for verdict in Verdict:
        cells = (f"{counts[name][verdict]} | {scores[name].get(verdict, 0):.3f}" for name in columns)
        lines.append(f"| `{verdict}` | {' | '.join(cells)} |")
    cells = (f"{len(judged)} | **{macro_f1(judged):.3f}**" for judged in columns.values())
    return [*lines, f"| macro | {' | '.join(cells)} |"]


def _matrix(judged: tuple[Judged, ...]) -> list[str]:
    found = confusion(judged)
    return ["Rows are labels, columns are verdicts.", "", *table(Verdict, Verdict, lambda *pair: found[pair])]


def _sure(judged: tuple[Judged, ...]) -> list[str]:
    lines = ["| confidence | verdicts | right |", "|---|---:|---:|"]
    for low, high, count, right in calibration(judged):
        lines.append(f"| {low:.2f} to {high:.2f} | {count} | {right / count if count else 0:.3f} |")
    return lines


def _show(part: str, _: bool) -> None:
    judged = judge_part(part)
    wrong = [item for item in judged if not item.is_right]
    print(f"part {part}: {len(judged)} pages, macro F1 {macro_f1(judged):.4f}, {len(wrong)} wrong")
    print("  " + ", ".join(f"{verdict} {score:.3f}" for verdict, score in f1_by_verdict(judged).items()))
    for item in wrong:
        print(f"  {item.page.name}: {item.page.label} taken for {item.made.verdict} {item.made.evidence}"[:260])


if __name__ == "__main__":
    run("Score the verdicts on the labelled pages.", "docs/verdicts.md", PARTS, markdown, _show)
