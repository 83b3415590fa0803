"""What reading a file gives: the same for each kind of file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archive.words import Verdict

if TYPE_CHECKING:
    from archive.text_records import Notice
    from archive.words import Evidence

BY_BYTES = 0.99
"""How sure it is what a file is whose first bytes say so."""
BY_TYPE = 0.9
"""The same where only its media type or its name says so."""
NO_FORMAT = 0.8
"""The same where nothing says so, and it is no text."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says and what it says of itself, or why it says nothing."""

    rule: str
    """The kind of file: `pdf`, `docx`, `plain-text`, ..."""
    text: str | None = None
    """Paragraphs, a line each; the cells of a table's row with ` | ` between them."""
    title: str | None = None
    author: str | None = None
    published_on: str | None = None
    """ISO 8601 date: of publication where the kind of file has one, else of its making."""
    language: str | None = None
    """As the file declares it."""
    notices: tuple[Notice, ...] = ()
    problem: str | None = None
    """Why there is no text, or not all of it: `encrypted`, `damaged: ...`, `no-text-layer`, ..."""
    details: Evidence = field(default_factory=dict)
    """Further evidence: pages, sheets, what was left out."""
    charset: str | None = None
    repair: str | None = None
    verdict: Verdict = Verdict.DOCUMENT
    confidence: float = BY_BYTES
    """How sure the verdict is."""

    @property
    def evidence(self) -> Evidence:
        """Why it is what it is and how sure that is, and why it has no text where it has none."""
        found: Evidence = {"rule": self.rule, **self.details}
        if self.problem:
            found["problem"] = self.problem
        return found | {"confidence": self.confidence}
