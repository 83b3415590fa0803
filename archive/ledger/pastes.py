"""What editors pasted beside a URL, read back from the statement of the import that says so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from archive.errors import RecordDamagedError
from archive.ledger.statements import UNREADABLE
from archive.storable import storable
from archive.warc_reader import read_record

if TYPE_CHECKING:
    from pathlib import Path

    from archive.text_records import Paste


def read_paste(warc_dir: Path, paste: Paste) -> str:
    """Return the pasted text of one link of an incident, as its `resource` record has it.

    Raises RecordMissingError or RecordDamagedError when that can't be read, or says nothing of the link.
    """
    record = read_record(warc_dir, paste.statement)
    try:
        incident = json.loads(record.block)["incident"]
        text = incident["links"][paste.position - 1]["pasted_text"]
        if incident["id"] == paste.incident_id and isinstance(text, str):
            return storable(text)
    except (IndexError, *UNREADABLE):
        pass
    place = f"{paste.statement.warc_file} at {paste.statement.warc_offset}"
    raise RecordDamagedError(f"{place} says nothing of text pasted at link {paste.position} of {paste.incident_id}")
