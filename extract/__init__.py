"""Bytes to clean text: pure, no input or output but reading records (`extract.run`).

`from extract import extract_page` is a contract that other programs use.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from extract.page import ExtractedPage, extract_page

__all__ = ["ExtractedPage", "extract_page"]


def __getattr__(name: str) -> Any:
    """Import the work only when it is asked for: trafilatura takes a third of a second."""
    if name in __all__:
        from extract import page

        return getattr(page, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
