"""From the order in which a line of right-to-left script is seen to the order in which it is read.

A PDF file has glyphs at places, and each producer writes those of Arabic and Hebrew in an order of its own; only the
places are reliable. The way back is that of the Unicode Bidirectional Algorithm (UAX 9, rules L2 and L4) for one level
of embedding, which is what lines of print have.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")
# A run that is read from left to right in a line that is not: letters and digits, and what joins them.
_LEFT_TO_RIGHT = re.compile(r"[^\W\u0590-\u08ff](?:[^\u0590-\u08ff()\[\]{}«»]*[^\W\u0590-\u08ff])?[%°]?")
# A space has no ink, and its place may be off by the bracket beside it.
_LOOSE_BRACKET = re.compile(r"(?<=\w)([(\[«]) (?=\w)")


def is_right_to_left(text: str) -> bool:
    """Tell whether most letters of *text* are of a script that is written from right to left."""
    return 2 * len(RIGHT_TO_LEFT.findall(text)) > sum(character.isalpha() for character in text)


def logical(placed: Sequence[tuple[float, str]]) -> str:
    """Return the characters of a right-to-left line in reading order; each comes with the middle of its place."""
    # Marks stand over their letter, and the parts of a ligature at one place: both stay in the order they came in.
    ordered = sorted(placed, key=lambda item: (-item[0], unicodedata.combining(item[1]) > 0))
    seen = "".join(character for _, character in ordered)
    read = _LEFT_TO_RIGHT.sub(lambda run: run[0][::-1], seen.translate(_MIRRORED))
    return _LOOSE_BRACKET.sub(r" \1", read)
