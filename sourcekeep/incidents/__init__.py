"""Importers: each turns one format of incident database into incidents and what could not be read."""

from sourcekeep.incidents.formats import FORMATS, read_incidents
from sourcekeep.incidents.reading import ImportFormatError, Options, Reading

__all__ = ["FORMATS", "ImportFormatError", "Options", "Reading", "read_incidents"]
