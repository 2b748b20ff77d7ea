"""The chain is made where nobody can forget it, and what stands in it stays.

On SQLite there is one writer at a time, so an event takes its place the moment it is inserted. On PostgreSQL it takes its place at
commit: the end of the chain is locked only then, after everything else the transaction locks (the checks of foreign keys, which
wait for the commit too, included), and several chains are taken in one order. So no two transactions can wait for each other here,
however long they are and whenever they record. That takes two steps: the first deferred trigger touches the row, which puts the
second behind every check that was queued before.
"""
# ruff: noqa: S608  every statement is composed from our own SQL

from apps.audit.chain import CONTENT, ZERO
from apps.core.triggers import Trigger, declare, keep_all

EVENT, CHAIN, CHECKPOINT = "audit_auditevent", "audit_auditchain", "audit_auditcheckpoint"
_REFUSED = "audit_append_only"
_REFUSE = f"RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = 'integrity_constraint_violation';"
_KEPT = ("id", *CONTENT, "content_hash")


def _function(name: str, body: str) -> str:
    return f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger AS $$ {body} $$ LANGUAGE plpgsql"


def _refuse(name: str, event: str, table: str, *, sqlite_when: str = "", postgresql_when: str = "") -> None:
    declare(
        Trigger(
            name=name,
            table=table,
            sqlite=f"CREATE TRIGGER {name} BEFORE {event} ON {table} {sqlite_when} BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
            postgresql=f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW {postgresql_when} EXECUTE FUNCTION audit_refuse()",
            function=_function("audit_refuse", f"BEGIN {_REFUSE} END"),
        )
    )


# Only the chain itself writes to an event, once, and only its place and hashes.
_changed_sqlite = " OR ".join(f'NEW."{name}" IS NOT OLD."{name}"' for name in _KEPT)
_changed_postgresql = " OR ".join(f'NEW."{name}" IS DISTINCT FROM OLD."{name}"' for name in _KEPT)
_refuse(
    "audit_event_kept",
    "UPDATE",
    EVENT,
    sqlite_when=f"WHEN OLD.seq IS NOT NULL OR {_changed_sqlite}",
    postgresql_when=f"WHEN (OLD.seq IS NOT NULL OR {_changed_postgresql})",
)
_refuse("audit_event_stays", "DELETE", EVENT)
_refuse("audit_checkpoint_kept", "UPDATE", CHECKPOINT)
_refuse("audit_checkpoint_stays", "DELETE", CHECKPOINT)
for _table in (EVENT, CHECKPOINT, CHAIN):
    keep_all(f"{_table.removeprefix('audit_')}_not_emptied", _table, _REFUSED)

_ID = "COALESCE(NEW.merchant_id, 0)"
_END = f"FROM {CHAIN} WHERE chain_id = {_ID}"

declare(
    Trigger(
        name="audit_chain_wait",
        table=EVENT,
        sqlite=f"""CREATE TRIGGER audit_chain_wait AFTER INSERT ON {EVENT} BEGIN
            INSERT OR IGNORE INTO {CHAIN} (chain_id, seq, hash) VALUES ({_ID}, 0, '{ZERO}');
            UPDATE {EVENT} SET
                seq = (SELECT seq + 1 {_END}),
                prev_hash = (SELECT hash {_END}),
                hash = SHA256((SELECT hash || char(10) || (seq + 1) {_END}) || char(10) || NEW.id || char(10) || NEW.content_hash)
            WHERE id = NEW.id;
            UPDATE {CHAIN} SET seq = seq + 1, hash = (SELECT hash FROM {EVENT} WHERE id = NEW.id) WHERE chain_id = {_ID};
        END""",
        postgresql=f"""CREATE CONSTRAINT TRIGGER audit_chain_wait AFTER INSERT ON {EVENT} DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION audit_chain_wait()""",
        function=_function(
            "audit_chain_wait",
            f"""BEGIN
            IF current_setting('hezhang.audit_waits', true) IS DISTINCT FROM txid_current()::text
                AND EXISTS (SELECT 1 FROM {EVENT} e WHERE e.id = NEW.id AND e.seq IS NULL) THEN
                PERFORM set_config('hezhang.audit_waits', txid_current()::text, true);
                UPDATE {EVENT} SET prev_hash = '' WHERE id = NEW.id;
            END IF;
            RETURN NULL;
            END""",
        ),
    )
)
declare(
    Trigger(
        name="audit_chain_tie",
        table=EVENT,
        # SQLite needs no second step, and every name needs a trigger there: this one never fires.
        sqlite=f"CREATE TRIGGER audit_chain_tie AFTER UPDATE OF id ON {EVENT} WHEN 0 BEGIN SELECT 1; END",
        postgresql=f"""CREATE CONSTRAINT TRIGGER audit_chain_tie AFTER UPDATE ON {EVENT} DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (NEW.seq IS NULL) EXECUTE FUNCTION audit_chain_tie()""",
        function=_function(
            "audit_chain_tie",
            f"""DECLARE
                event RECORD;
                chain bigint := NULL;
                place bigint;
                last text;
                own text;
            BEGIN
            FOR event IN
                SELECT id, COALESCE(merchant_id, 0) AS chain_id, content_hash FROM {EVENT} WHERE seq IS NULL
                ORDER BY COALESCE(merchant_id, 0), id
            LOOP
                IF chain IS DISTINCT FROM event.chain_id THEN
                    IF chain IS NOT NULL THEN
                        UPDATE {CHAIN} SET seq = place, hash = last WHERE chain_id = chain;
                    END IF;
                    chain := event.chain_id;
                    INSERT INTO {CHAIN} (chain_id, seq, hash) VALUES (chain, 0, '{ZERO}') ON CONFLICT DO NOTHING;
                    SELECT c.seq, c.hash INTO place, last FROM {CHAIN} c WHERE c.chain_id = chain FOR UPDATE;
                END IF;
                place := place + 1;
                own := encode(sha256(convert_to(
                    last || chr(10) || place || chr(10) || event.id || chr(10) || event.content_hash, 'UTF8')), 'hex');
                UPDATE {EVENT} SET seq = place, prev_hash = last, hash = own WHERE id = event.id;
                last := own;
            END LOOP;
            IF chain IS NOT NULL THEN
                UPDATE {CHAIN} SET seq = place, hash = last WHERE chain_id = chain;
            END IF;
            PERFORM set_config('hezhang.audit_waits', '', true);
            RETURN NULL;
            END""",
        ),
    )
)
