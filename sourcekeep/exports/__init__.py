"""Exports (`docs/export.md`): the citations with what is known of each, as JSON lines, CSV or Markdown; WACZ."""

from sourcekeep.exports.run import FORMATS, export, export_wacz

__all__ = ["FORMATS", "export", "export_wacz"]
