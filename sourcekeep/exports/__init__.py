"""Exports: the citations with what is known of each, as JSON lines, CSV or Markdown (`docs/export.md`)."""

from sourcekeep.exports.run import FORMATS, export

__all__ = ["FORMATS", "export"]
