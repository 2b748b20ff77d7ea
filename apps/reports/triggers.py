"""Rules of closed months that bind what earlier apps write."""
# ruff: noqa: S608  every statement is composed from our own SQL

from apps.core.triggers import Trigger, declare

ENTRY = "settlements_journalentry"
MESSAGE = "journal_month_is_closed"


def _closed(month_after: str) -> str:
    """The entry counts on a day up to the last closed month. The first run posts the closed months, too."""
    return f"""EXISTS (SELECT 1 FROM reports_monthclose c
            WHERE c.merchant_id = NEW.merchant_id AND c.state = 'approved' AND NEW.entered_on < {month_after})
        AND EXISTS (SELECT 1 FROM settlements_journalrun r WHERE r.merchant_id = NEW.merchant_id AND r.id < NEW.run_id AND r.posted > 0)"""


_SQLITE, _POSTGRESQL = _closed("date(c.month, '+1 month')"), _closed("c.month + interval '1 month'")
declare(
    Trigger(
        name="journal_closed_month",
        table=ENTRY,
        sqlite=f"CREATE TRIGGER journal_closed_month BEFORE INSERT ON {ENTRY} WHEN {_SQLITE} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
        postgresql=f"CREATE TRIGGER journal_closed_month BEFORE INSERT ON {ENTRY} FOR EACH ROW EXECUTE FUNCTION journal_closed_month_fn()",
        function=f"""CREATE OR REPLACE FUNCTION journal_closed_month_fn() RETURNS trigger AS $$ BEGIN
            IF {_POSTGRESQL} THEN
                RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END IF;
            RETURN NEW; END $$ LANGUAGE plpgsql""",
    )
)
