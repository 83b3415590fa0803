"""Sentences in two dozen languages, and the encodings that each was written in before UTF-8."""

from __future__ import annotations

import tomllib
from pathlib import Path

WRITTEN: dict[str, dict[str, str]] = tomllib.loads(
    (Path(__file__).parent / "legacy_encodings.toml").read_text(encoding="utf-8")
)
"""By language: `encodings`, labels apart by spaces, and `text`."""
