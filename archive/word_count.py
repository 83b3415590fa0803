"""How many words a text has, whatever its script."""

from __future__ import annotations

import re

UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""A character of a script without spaces between words."""


def count_words(text: str | None) -> int:
    """Return the number of words of *text*; in scripts without spaces, each character counts as one."""
    if not text:
        return 0
    unspaced = len(UNSPACED.findall(text))
    return unspaced + len(re.findall(r"\w+", UNSPACED.sub(" ", text)))
