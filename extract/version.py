"""What names a text's maker: the version of the rules here, and of the library at their core."""

from importlib.metadata import version

RULES = 4
"""Raised with every change of a rule or a table, so that texts are made again."""

EXTRACTOR = f"{RULES}+trafilatura-{version('trafilatura')}"
"""The column `texts.extractor`."""
