"""Answers that are kept with the text that they are for: names and attributes recur on a page and from page to page."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

LONGEST = 1000
"""Characters of a text from which its answer isn't kept: an attribute may hold an image of megabytes."""


class Answers(dict[str, T]):
    """What a function of a text answers, for the texts that it was asked for; emptied when there are *most* of them.

    A dictionary, so that asking again for what is known calls nothing.
    """

    def __init__(self, function: Callable[[str], T], most: int = 1 << 12) -> None:
        super().__init__()
        self._function = function
        self._most = most

    def __missing__(self, text: str) -> T:
        answer = self._function(text)
        if len(text) <= LONGEST:
            if len(self) >= self._most:
                self.clear()
            self[text] = answer
        return answer
