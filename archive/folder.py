"""One archive is one folder: `catalogue.db`, `warc/`, `reports/`, `sourcekeep.toml`."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from archive.errors import ArchiveBusyError, ArchiveError
from archive.settings import Settings, load_settings, settings_template

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archive.catalogue import Catalogue


class ArchiveFolder:
    """The paths of an archive, and its locks."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.catalogue_path = path / "catalogue.db"
        self.warc_dir = path / "warc"
        self.reports_dir = path / "reports"
        self.settings_path = path / "sourcekeep.toml"

    @classmethod
    def create(cls, path: Path) -> ArchiveFolder:
        """Open the archive at *path*, making what is missing of it.

        Raises ArchiveError when a folder with other contents stands there, or nothing can be written.
        """
        folder = cls(path)
        if not folder.catalogue_path.exists() and path.is_dir() and any(path.iterdir()):
            if not folder.settings_path.exists():
                raise ArchiveError(f"{path} is a folder with other files and no archive; choose another with --archive")
        elif path.exists() and not path.is_dir():
            raise ArchiveError(f"{path} is a file, and an archive is a folder; choose another with --archive")
        try:
            for directory in (folder.warc_dir, folder.reports_dir):
                directory.mkdir(parents=True, exist_ok=True)
            if not folder.settings_path.exists():
                folder.settings_path.write_text(settings_template(), encoding="utf-8")
        except OSError as error:
            raise ArchiveError(f"the archive {path} cannot be made: {error}") from error
        return folder

    @classmethod
    def open(cls, path: Path) -> ArchiveFolder:
        """Open the archive at *path*; raises ArchiveError when there is none."""
        folder = cls(path)
        if folder.catalogue_path.is_file():
            return folder
        if folder.has_evidence():
            raise ArchiveError(
                f"the catalogue of {path} is gone, and its WARC files are there; make it anew from them with "
                f"`sourcekeep --archive {path} rebuild`"
            )
        raise ArchiveError(
            f"there is no archive at {path}; make one with `sourcekeep --archive {path} import FILE`, "
            "or name another with --archive"
        )

    @classmethod
    def open_evidence(cls, path: Path) -> ArchiveFolder:
        """Open the archive at *path*, with or without its catalogue; raises ArchiveError when there is neither."""
        folder = cls(path)
        return folder if folder.has_evidence() else cls.open(path)

    def has_evidence(self) -> bool:
        """Tell whether there is a WARC file, finished or not."""
        return any(self.warc_dir.glob("*.warc.gz")) or any(self.warc_dir.glob("*.warc.gz.open"))

    def with_catalogue(self, path: Path) -> ArchiveFolder:
        """Return this archive with another file for its catalogue."""
        other = ArchiveFolder(self.path)
        other.catalogue_path = path
        return other

    def catalogue(self) -> Catalogue:
        """Open the catalogue (a context manager), bringing its schema up to date."""
        from archive.catalogue import Catalogue

        return Catalogue(self.catalogue_path)

    def settings(self) -> Settings:
        """Read `sourcekeep.toml`; raises SettingsError."""
        return load_settings(self.settings_path)

    @contextmanager
    def lock(self, name: str, *, wait: bool = False) -> Iterator[None]:
        """Hold the lock *name* of this archive; the system lets go of it when the process dies, however it dies.

        Raises ArchiveBusyError, naming the holder's process, unless *wait*.
        """
        try:
            handle = (self.path / f".{name}.lock").open("a+", encoding="ascii")
        except OSError as error:
            raise ArchiveError(f"the archive {self.path} can't be written: {error}") from error
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                handle.seek(0)
                holder = handle.read().strip() or "unknown"
                raise ArchiveBusyError(
                    f"another {name} of {self.path} is under way (process {holder}); wait until it has ended"
                ) from None
            handle.truncate(0)
            handle.write(str(os.getpid()))
            handle.flush()
            yield
