"""The catalogue's schema: forward-only migrations, a function each, never edited once released."""

from __future__ import annotations

from contextlib import closing

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from archive.errors import CatalogueError, SchemaTooNewError

MIGRATIONS = Migrations("sourcekeep")


def bring_up_to_date(db: Database) -> None:
    """Apply the migrations that *db* lacks; raises SchemaTooNewError when it has one that is not known here."""
    _refuse_newer(db)
    MIGRATIONS.apply(db)


def check_up_to_date(db: Database) -> None:
    """Raise CatalogueError when *db*, which can't be written, lacks a migration or has one that is not known here."""
    _refuse_newer(db)
    if MIGRATIONS.pending(db):
        raise CatalogueError(
            "this catalogue was written by an older Sourcekeep and can't be brought up to date here, where it can't be "
            "written; open it once where it can"
        )


def _refuse_newer(db: Database) -> None:
    with closing(Database(memory=True)) as empty:
        known = {migration.name for migration in MIGRATIONS.pending(empty)}
    newer = [applied.name for applied in MIGRATIONS.applied(db) if applied.name not in known]
    if newer:
        raise SchemaTooNewError(
            f"this catalogue was written by a newer Sourcekeep (it has the migration {newer[0]!r}); update Sourcekeep"
        )


@MIGRATIONS()
def m001_incidents_and_sources(db: Database) -> None:
    """What the incident database says: incidents, what they cite, and what could not be read."""
    db.executescript("""
        CREATE TABLE incidents (
            id TEXT PRIMARY KEY,
            origin TEXT NOT NULL,
            title TEXT,
            occurred TEXT,
            summary TEXT,
            fields TEXT NOT NULL,
            digest TEXT NOT NULL,
            imported_at TEXT NOT NULL,
            changed_at TEXT NOT NULL
        );
        CREATE TABLE sources (
            id INTEGER PRIMARY KEY,
            url TEXT NOT NULL,
            url_key TEXT NOT NULL UNIQUE,
            host TEXT,
            site TEXT,
            health TEXT NOT NULL DEFAULT 'unchecked',
            health_since TEXT,
            failures INTEGER NOT NULL DEFAULT 0,
            next_due_at TEXT,
            best_capture_id INTEGER,
            last_capture_id INTEGER
        );
        CREATE INDEX sources_next_due_at ON sources(next_due_at);
        CREATE INDEX sources_host ON sources(host);
        CREATE TABLE citations (
            id INTEGER PRIMARY KEY,
            incident_id TEXT NOT NULL REFERENCES incidents(id),
            source_id INTEGER REFERENCES sources(id),
            position INTEGER NOT NULL,
            cited_as TEXT NOT NULL,
            label TEXT,
            pasted_text TEXT,
            UNIQUE (incident_id, position)
        );
        CREATE INDEX citations_source_id ON citations(source_id);
        CREATE TABLE quarantine (
            id INTEGER PRIMARY KEY,
            file TEXT NOT NULL,
            line INTEGER NOT NULL,
            reason TEXT NOT NULL,
            raw TEXT NOT NULL,
            seen_at TEXT NOT NULL,
            UNIQUE (file, line, reason, raw)
        );
    """)


@MIGRATIONS()
def m002_crawls_and_captures(db: Database) -> None:
    """What the network did: each row names the WARC record that proves it."""
    db.executescript("""
        CREATE TABLE crawls (
            id INTEGER PRIMARY KEY,
            started_at TEXT NOT NULL,
            finished_at TEXT,
            trigger TEXT NOT NULL,
            settings TEXT NOT NULL,
            versions TEXT NOT NULL,
            counts TEXT,
            ended TEXT
        );
        CREATE TABLE captures (
            id INTEGER PRIMARY KEY,
            source_id INTEGER NOT NULL REFERENCES sources(id),
            crawl_id INTEGER NOT NULL REFERENCES crawls(id),
            requested_at TEXT NOT NULL,
            finished_at TEXT NOT NULL,
            final_url TEXT,
            outcome TEXT NOT NULL,
            http_status INTEGER,
            error TEXT,
            media_type TEXT,
            bytes INTEGER NOT NULL,
            payload_digest TEXT,
            revisit_of INTEGER REFERENCES captures(id),
            via TEXT NOT NULL,
            verdict TEXT,
            evidence TEXT NOT NULL,
            record_id TEXT NOT NULL UNIQUE,
            warc_file TEXT NOT NULL,
            warc_offset INTEGER NOT NULL,
            warc_length INTEGER NOT NULL,
            UNIQUE (crawl_id, source_id, via)
        );
        CREATE INDEX captures_source_id ON captures(source_id);
        CREATE TABLE exchanges (
            id INTEGER PRIMARY KEY,
            crawl_id INTEGER NOT NULL REFERENCES crawls(id),
            capture_id INTEGER REFERENCES captures(id),
            seq INTEGER NOT NULL,
            purpose TEXT NOT NULL,
            url TEXT NOT NULL,
            requested_at TEXT NOT NULL,
            http_status INTEGER,
            error TEXT,
            payload_digest TEXT,
            ip TEXT,
            elapsed_ms INTEGER NOT NULL,
            record_id TEXT UNIQUE,
            warc_file TEXT,
            warc_offset INTEGER,
            warc_length INTEGER,
            request_record_id TEXT UNIQUE,
            request_warc_file TEXT,
            request_warc_offset INTEGER,
            request_warc_length INTEGER
        );
        CREATE INDEX exchanges_capture_id ON exchanges(capture_id);
    """)


@MIGRATIONS()
def m003_texts(db: Database) -> None:
    """What extraction made of captures; all of it can be made again from the WARC files."""
    db.executescript("""
        CREATE TABLE texts (
            id INTEGER PRIMARY KEY,
            capture_id INTEGER NOT NULL REFERENCES captures(id),
            extractor TEXT NOT NULL,
            made_at TEXT NOT NULL,
            title TEXT,
            byline TEXT,
            published_on TEXT,
            site_name TEXT,
            language TEXT,
            language_confidence REAL,
            text TEXT,
            comments TEXT,
            words INTEGER NOT NULL,
            text_digest TEXT,
            charset TEXT,
            repair TEXT,
            verdict TEXT NOT NULL,
            evidence TEXT NOT NULL,
            UNIQUE (capture_id, extractor)
        );
        CREATE TABLE notices (
            id INTEGER PRIMARY KEY,
            text_id INTEGER NOT NULL REFERENCES texts(id) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            rule TEXT NOT NULL,
            text TEXT NOT NULL,
            position INTEGER NOT NULL
        );
        CREATE INDEX notices_text_id ON notices(text_id);
    """)
    db.table("texts").enable_fts(["title", "text"], create_triggers=True, tokenize="unicode61 remove_diacritics 2")


@MIGRATIONS()
def m004_evidence(db: Database) -> None:
    """What ties rows to their proof: revisits, validators, truncation, and the archive's own statements."""
    db.executescript("""
        ALTER TABLE captures ADD COLUMN etag TEXT;
        ALTER TABLE captures ADD COLUMN last_modified TEXT;
        CREATE INDEX captures_revisit_of ON captures(revisit_of);
        ALTER TABLE exchanges ADD COLUMN truncated TEXT;
        ALTER TABLE exchanges ADD COLUMN refers_to TEXT;
        ALTER TABLE exchanges ADD COLUMN proxy TEXT;
        CREATE INDEX exchanges_payload_digest ON exchanges(payload_digest);
        CREATE TABLE ledger (
            record_id TEXT PRIMARY KEY,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            stated_at TEXT NOT NULL,
            warc_file TEXT NOT NULL,
            warc_offset INTEGER NOT NULL,
            warc_length INTEGER NOT NULL
        );
        CREATE INDEX ledger_subject ON ledger(kind, subject);
    """)


@MIGRATIONS()
def m005_pasted_texts(db: Database) -> None:
    """Texts of what editors pasted beside a URL: they belong to a citation, and to no capture.

    SQLite can't take NOT NULL off a column, so the table is made anew, each row with its number.
    """
    db.executescript("""
        CREATE TABLE texts_anew (
            id INTEGER PRIMARY KEY,
            capture_id INTEGER REFERENCES captures(id),
            citation_id INTEGER REFERENCES citations(id) ON DELETE CASCADE,
            extractor TEXT NOT NULL,
            made_at TEXT NOT NULL,
            title TEXT,
            byline TEXT,
            published_on TEXT,
            site_name TEXT,
            language TEXT,
            language_confidence REAL,
            text TEXT,
            comments TEXT,
            words INTEGER NOT NULL,
            text_digest TEXT,
            charset TEXT,
            repair TEXT,
            verdict TEXT NOT NULL,
            evidence TEXT NOT NULL,
            UNIQUE (capture_id, extractor),
            UNIQUE (citation_id, extractor),
            CHECK ((capture_id IS NULL) <> (citation_id IS NULL))
        );
        INSERT INTO texts_anew SELECT id, capture_id, NULL, extractor, made_at, title, byline, published_on, site_name,
            language, language_confidence, text, comments, words, text_digest, charset, repair, verdict, evidence
            FROM texts;
        CREATE TABLE notices_kept AS SELECT * FROM notices;
        DROP TABLE texts;
        ALTER TABLE texts_anew RENAME TO texts;
        INSERT INTO notices SELECT * FROM notices_kept;
        DROP TABLE notices_kept;
        CREATE INDEX citations_pasted_text ON citations(id) WHERE pasted_text IS NOT NULL;
    """)
    db.table("texts").enable_fts(
        ["title", "text"], create_triggers=True, tokenize="unicode61 remove_diacritics 2", replace=True
    )


@MIGRATIONS()
def m006_quotations(db: Database) -> None:
    """Where the quotations of incidents stand, and which texts are copies; derived, so never stale.

    Whatever they were made of takes them with it when it changes: the next question makes them anew.
    """
    db.executescript("""
        CREATE TABLE quotation_checks (
            incident_id TEXT PRIMARY KEY REFERENCES incidents(id) ON DELETE CASCADE,
            rules TEXT NOT NULL,
            made_at TEXT NOT NULL
        );
        CREATE TABLE quotations (
            id INTEGER PRIMARY KEY,
            incident_id TEXT NOT NULL REFERENCES quotation_checks(incident_id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            quotation TEXT NOT NULL,
            source_id INTEGER REFERENCES sources(id),
            text_id INTEGER REFERENCES texts(id) ON DELETE CASCADE,
            part TEXT,
            start INTEGER,
            "end" INTEGER,
            "match" TEXT NOT NULL,
            details TEXT NOT NULL
        );
        CREATE INDEX quotations_incident_id ON quotations(incident_id);
        CREATE INDEX quotations_source_id ON quotations(source_id);
        CREATE INDEX quotations_text_id ON quotations(text_id);
        CREATE TABLE copies (
            id INTEGER PRIMARY KEY,
            source_id INTEGER NOT NULL REFERENCES sources(id),
            text_id INTEGER NOT NULL REFERENCES texts(id) ON DELETE CASCADE,
            of_source_id INTEGER NOT NULL REFERENCES sources(id),
            of_text_id INTEGER NOT NULL REFERENCES texts(id) ON DELETE CASCADE,
            rules TEXT NOT NULL,
            kind TEXT NOT NULL,
            share REAL NOT NULL,
            of_share REAL NOT NULL,
            words INTEGER NOT NULL,
            longest INTEGER NOT NULL,
            first_by TEXT,
            passages TEXT NOT NULL,
            UNIQUE (source_id, of_source_id)
        );
        CREATE INDEX copies_of_source_id ON copies(of_source_id);
        CREATE INDEX copies_text_id ON copies(text_id);
        CREATE INDEX copies_of_text_id ON copies(of_text_id);
        CREATE TABLE signatures (
            source_id INTEGER PRIMARY KEY REFERENCES sources(id),
            text_id INTEGER NOT NULL REFERENCES texts(id) ON DELETE CASCADE,
            rules TEXT NOT NULL,
            signature BLOB
        );
        CREATE INDEX signatures_text_id ON signatures(text_id);
    """)
    source = """COALESCE((SELECT source_id FROM captures WHERE id = ROW.capture_id),
        (SELECT source_id FROM citations WHERE id = ROW.citation_id))"""
    for name, event, changed in (
        ("new_text", "AFTER INSERT ON texts", source.replace("ROW", "NEW")),
        ("lost_text", "AFTER DELETE ON texts", source.replace("ROW", "OLD")),
        ("lost_paste", "BEFORE DELETE ON citations WHEN OLD.pasted_text IS NOT NULL", "OLD.source_id"),
        (
            "new_best",
            "AFTER UPDATE OF best_capture_id ON sources WHEN OLD.best_capture_id IS NOT NEW.best_capture_id",
            "NEW.id",
        ),
    ):
        trigger = _FORGET_SOURCE.replace("NAME", name).replace("EVENT", event)
        db.executescript(trigger.replace("CHANGED", changed))
    db.executescript("""
        CREATE TRIGGER quotations_at_new_record AFTER UPDATE ON incidents BEGIN
            DELETE FROM quotation_checks WHERE incident_id = NEW.id;
        END;
    """)


@MIGRATIONS()
def m007_health(db: Database) -> None:
    """What the link of a source has been over time, how its page changed, and what editors say of it.

    `sources.judged` is 0 as long as something has come that its health doesn't know yet; so whoever adds to the
    captures need not think of it. A probe tells of every source of its host.
    """
    db.executescript("""
        ALTER TABLE captures ADD COLUMN asked_url TEXT;
        ALTER TABLE captures ADD COLUMN memento_at TEXT;
        CREATE INDEX captures_history ON captures(via, source_id, id, requested_at, outcome, http_status, verdict,
            revisit_of, final_url);
        CREATE INDEX captures_final_url ON captures(final_url, source_id) WHERE via = 'http';
        CREATE INDEX captures_asked_url ON captures(asked_url) WHERE asked_url IS NOT NULL;
        ALTER TABLE sources ADD COLUMN health_capture_id INTEGER;
        ALTER TABLE sources ADD COLUMN health_rule TEXT;
        ALTER TABLE sources ADD COLUMN probe_wanted TEXT;
        ALTER TABLE sources ADD COLUMN judged INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX sources_not_judged ON sources(id) WHERE judged = 0;
        CREATE INDEX sources_probe_wanted ON sources(probe_wanted) WHERE probe_wanted IS NOT NULL;
        CREATE TABLE drifts (
            capture_id INTEGER PRIMARY KEY REFERENCES captures(id),
            text_id INTEGER NOT NULL REFERENCES texts(id) ON DELETE CASCADE,
            reference_text_id INTEGER NOT NULL REFERENCES texts(id) ON DELETE CASCADE,
            rules TEXT NOT NULL,
            change TEXT NOT NULL,
            kept REAL NOT NULL,
            of_new REAL NOT NULL,
            words_lost INTEGER NOT NULL,
            words_gained INTEGER NOT NULL
        );
        CREATE INDEX drifts_text_id ON drifts(text_id);
        CREATE INDEX drifts_reference_text_id ON drifts(reference_text_id);
        CREATE TABLE probe_findings (
            capture_id INTEGER PRIMARY KEY REFERENCES captures(id),
            probe_id INTEGER NOT NULL REFERENCES captures(id),
            rules TEXT NOT NULL,
            finding TEXT NOT NULL,
            similarity REAL
        );
        CREATE TABLE mementos (
            capture_id INTEGER PRIMARY KEY REFERENCES captures(id),
            source_id INTEGER NOT NULL REFERENCES sources(id),
            said TEXT NOT NULL,
            url TEXT,
            at TEXT,
            kept REAL,
            rules TEXT NOT NULL,
            text_id INTEGER REFERENCES texts(id) ON DELETE CASCADE,
            reference_text_id INTEGER REFERENCES texts(id) ON DELETE CASCADE
        );
        CREATE INDEX mementos_source_id ON mementos(source_id);
        CREATE INDEX mementos_text_id ON mementos(text_id);
        CREATE INDEX mementos_reference_text_id ON mementos(reference_text_id);
        CREATE TABLE pins (
            source_id INTEGER PRIMARY KEY REFERENCES sources(id),
            health TEXT NOT NULL,
            reason TEXT NOT NULL,
            pinned_by TEXT NOT NULL,
            pinned_at TEXT NOT NULL
        );
        CREATE TRIGGER health_at_new_capture AFTER INSERT ON captures BEGIN
            UPDATE sources SET judged = 0 WHERE id = NEW.source_id AND judged = 1;
        END;
        CREATE TRIGGER health_at_new_verdict AFTER UPDATE OF verdict ON captures BEGIN
            UPDATE sources SET judged = 0 WHERE id = NEW.source_id AND judged = 1;
        END;
        CREATE TRIGGER health_at_changed_text AFTER UPDATE OF text ON texts BEGIN
            DELETE FROM drifts WHERE text_id = NEW.id OR reference_text_id = NEW.id;
            DELETE FROM mementos WHERE text_id = NEW.id OR reference_text_id = NEW.id;
            UPDATE sources SET judged = 0
            WHERE judged = 1 AND id = (SELECT source_id FROM captures WHERE id = NEW.capture_id);
        END;
        CREATE TRIGGER health_at_lost_text AFTER DELETE ON texts BEGIN
            UPDATE sources SET judged = 0
            WHERE judged = 1 AND id = (SELECT source_id FROM captures WHERE id = OLD.capture_id);
        END;
        CREATE TRIGGER health_at_new_probe AFTER INSERT ON captures WHEN NEW.via = 'probe' BEGIN
            UPDATE sources SET judged = 0
            WHERE judged = 1 AND host = (SELECT host FROM sources WHERE id = NEW.source_id);
        END;
        CREATE TRIGGER health_at_probed_host AFTER UPDATE OF verdict ON captures WHEN NEW.via = 'probe' BEGIN
            UPDATE sources SET judged = 0
            WHERE judged = 1 AND host = (SELECT host FROM sources WHERE id = NEW.source_id);
        END;
    """)
    for name, event, row in (("new", "AFTER INSERT ON mementos", "NEW"), ("lost", "AFTER DELETE ON mementos", "OLD")):
        trigger = _FORGET_SOURCE.replace("NAME", f"{name}_memento").replace("EVENT", event)
        db.executescript(trigger.replace("CHANGED", f"{row}.source_id"))


_FORGET_SOURCE = """
    CREATE TRIGGER quotations_at_NAME EVENT BEGIN
        DELETE FROM quotation_checks
        WHERE incident_id IN (SELECT incident_id FROM citations WHERE source_id = CHANGED);
        DELETE FROM copies WHERE source_id = CHANGED OR of_source_id = CHANGED;
    END;
"""
"""When the texts of a source change, or the one that it is read by, nothing holds that was made of them."""


@MIGRATIONS()
def m008_recurring_lines(db: Database) -> None:
    """Which sites' texts are without the lines that recur in them; derived, so never stale.

    Taking lines out changes texts where they stand, and what was made of the text before doesn't hold any more.
    """
    db.executescript("""
        CREATE TABLE recurrence_checks (
            site TEXT PRIMARY KEY,
            rules TEXT NOT NULL
        );
        CREATE INDEX sources_site ON sources(site);
    """)
    site = "(SELECT site FROM sources WHERE id = (SELECT source_id FROM captures WHERE id = ROW.capture_id))"
    for name, event, changed in (
        ("new_text", "AFTER INSERT ON texts", site.replace("ROW", "NEW")),
        ("lost_text", "AFTER DELETE ON texts", site.replace("ROW", "OLD")),
        (
            "new_best",
            "AFTER UPDATE OF best_capture_id ON sources WHEN OLD.best_capture_id IS NOT NEW.best_capture_id",
            "NEW.site",
        ),
    ):
        trigger = _CHECK_AGAIN.replace("NAME", name).replace("EVENT", event)
        db.executescript(trigger.replace("CHANGED", changed))
    trigger = _FORGET_SOURCE.replace("NAME", "changed_text")
    trigger = trigger.replace("EVENT", "AFTER UPDATE OF text ON texts WHEN OLD.text IS NOT NEW.text")
    db.executescript(trigger.replace("CHANGED", "(SELECT source_id FROM captures WHERE id = NEW.capture_id)"))
    db.executescript("""
        CREATE TRIGGER signatures_at_changed_text AFTER UPDATE OF text ON texts WHEN OLD.text IS NOT NEW.text BEGIN
            DELETE FROM signatures WHERE text_id = NEW.id;
        END;
    """)


_CHECK_AGAIN = """
    CREATE TRIGGER recurrence_at_NAME EVENT BEGIN
        DELETE FROM recurrence_checks WHERE site = CHANGED;
    END;
"""
"""When the texts of a site change, or those that its sources are read by, other lines may recur in them."""
