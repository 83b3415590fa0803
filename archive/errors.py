"""The errors of an archive.

    ArchiveError
    ├── SettingsError          sourcekeep.toml cannot be used
    ├── ArchiveBusyError       another process holds the lock
    ├── CatalogueError         catalogue.db cannot be used
    │   └── SchemaTooNewError  it was written by a newer Sourcekeep
    ├── WarcWriteError         evidence could not be written or synced
    ├── CaptureRefusedError    one capture could not be written; others can
    └── RecordError            evidence could not be read back
        ├── RecordMissingError
        └── RecordDamagedError

Each message is one sentence a user can act on: what is wrong, where, what to do.
"""


class ArchiveError(Exception):
    """Something is wrong with the archive; the message says what, where, and what to do."""


class SettingsError(ArchiveError):
    """`sourcekeep.toml` cannot be read, or holds a setting that does not exist or fit."""


class ArchiveBusyError(ArchiveError):
    """Another process holds the lock that this one needs."""


class CatalogueError(ArchiveError):
    """`catalogue.db` is no catalogue, or cannot be opened."""


class SchemaTooNewError(CatalogueError):
    """The catalogue has migrations that this version does not know."""


class WarcWriteError(ArchiveError):
    """A record could not be written or synced; nothing that depends on it has a row."""


class CaptureRefusedError(ArchiveError):
    """One capture could not be written for what is in it; its source stays due, and the crawl goes on."""


class RecordError(ArchiveError):
    """A WARC record that a row names cannot be used."""


class RecordMissingError(RecordError):
    """The file, or the record at the offset, is not there."""


class RecordDamagedError(RecordError):
    """The bytes at the offset are no whole gzip member, or no WARC record."""
