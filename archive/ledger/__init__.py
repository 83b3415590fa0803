"""What the archive itself states, in WARC records of its own: imports, incidents, crawls."""

from archive.ledger.statements import STATEMENT_URI, append_statement, take

__all__ = ["STATEMENT_URI", "append_statement", "take"]
