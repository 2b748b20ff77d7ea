"""Rules of disputes that look at other rows or at the row as it was."""

from apps.core.triggers import Trigger, declare, keep_all
from apps.disputes.states import DISPUTE_MOVES

_LEGAL = ", ".join(sorted(f"'{was}>{to}'" for was, after in DISPUTE_MOVES.items() for to in after))
_FOREIGN = """NEW.payment_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM orders_payment p WHERE p.id = NEW.payment_id AND p.merchant_id = NEW.merchant_id AND p.channel_id = NEW.channel_id)"""
_STRANGE = "NOT EXISTS (SELECT 1 FROM channels_channel c WHERE c.id = NEW.channel_id AND c.merchant_id = NEW.merchant_id)"


def _refusing(name: str, condition: str, message: str) -> str:
    return f"""CREATE OR REPLACE FUNCTION {name}() RETURNS trigger AS $$ BEGIN
        IF {condition} THEN RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END IF;
        RETURN NEW; END $$ LANGUAGE plpgsql"""


def _declare(name: str, table: str, event: str, condition: str, message: str) -> None:
    when = f"BEFORE {event} ON {table}"
    declare(
        Trigger(
            name=name,
            table=table,
            sqlite=f"CREATE TRIGGER {name} {when} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END",
            postgresql=f"CREATE TRIGGER {name} {when} FOR EACH ROW EXECUTE FUNCTION {name}_fn()",
            function=_refusing(f"{name}_fn", condition, message),
        )
    )


_moved = f"OLD.state <> NEW.state AND (OLD.state || '>' || NEW.state) NOT IN ({_LEGAL})"
_declare("dispute_moves", "disputes_dispute", "UPDATE", _moved, "dispute_move_not_allowed")
for _name, _event in (("dispute_place", "INSERT"), ("dispute_place_kept", "UPDATE")):
    _declare(_name, "disputes_dispute", _event, f"({_FOREIGN}) OR {_STRANGE}", "dispute_of_another_merchant_or_channel")
_changed = "OLD.text <> NEW.text OR OLD.kind <> NEW.kind OR OLD.happened_at <> NEW.happened_at"
_declare("dispute_event_kept", "disputes_disputeevent", "UPDATE", _changed, "dispute_event_append_only")
keep_all("disputeevent_not_emptied", "disputes_disputeevent", "dispute_event_append_only")
