"""What the scores of labelled sets have in common: their tables, and their command."""

from __future__ import annotations

import argparse
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


def table(rows: Iterable[str], columns: Iterable[str], count: Callable[[str, str], int]) -> list[str]:
    """Return a table in Markdown with what *count* says of each row and column; nothing for 0."""
    names = list(columns)
    lines = [f"| | {' | '.join(names)} |", "|---" + "|---:" * len(names) + "|"]
    return lines + [f"| {row} | {' | '.join(str(count(row, name) or '') for name in names)} |" for row in rows]


def right_by_language(judged: Iterable[tuple[str, bool]]) -> str:
    """Return how many of (language, whether it is right) are right, the most frequent language first."""
    items, right = Counter[str](), Counter[str]()
    for language, is_right in judged:
        items[language] += 1
        right[language] += is_right
    cells = (f"{language} {right[language]}/{count}" for language, count in items.most_common())
    return "Right by language: " + ", ".join(cells) + "."


def run(
    about: str, document: str, parts: Sequence[str], markdown: Callable[[], str], show: Callable[..., None]
) -> None:
    """Be the command that is *about* a score: print it part by part, or the tables of *document*.

    *show* prints one part; its second argument says whether that part was asked for by name.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--markdown", action="store_true", help=f"print the tables of {document}")
    parser.add_argument("--part", choices=parts, help="this part alone, with its mistakes")
    asked = parser.parse_args()
    if asked.markdown:
        print(markdown(), end="")
        return
    for part in [asked.part] if asked.part else parts:
        show(part, asked.part is not None)
