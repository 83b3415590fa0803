"""Text that UTF-8 can hold: JSON and web pages can say half a surrogate pair, which is no character."""

from __future__ import annotations

from typing import overload


@overload
def storable(text: str) -> str: ...
@overload
def storable(text: None) -> None: ...
def storable(text: str | None) -> str | None:
    """Return *text* with each half of a surrogate pair as U+FFFD; whole pairs become their character."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
