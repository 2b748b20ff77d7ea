"""Rules of payments and refunds that look at other rows or at the row as it was. The service says the same in better words.

`refund_exceeds_payment` on PostgreSQL runs once a statement, so that a file of a hundred thousand refunds asks once; it locks the
payments first (in order), and every statement of a PL/pgSQL function sees what was committed until it began: the second of two
refunds that would together exceed their payment sees the first.
"""
# ruff: noqa: S608  every statement is composed from our own SQL

from apps.core.triggers import Trigger, declare, keep_all
from apps.orders.states import DESK_MOVES, HOLDS_MONEY, PAYMENT_MOVES, REFUND_MOVES

_HOLDING = ", ".join(f"'{state}'" for state in sorted(HOLDS_MONEY))


def _pairs(moves: dict) -> str:
    return ", ".join(sorted(f"'{was}>{to}'" for was, after in moves.items() for to in after))


def _body(name: str, text: str) -> str:
    return f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger AS $$ {text} $$ LANGUAGE plpgsql"


def _raise(message: str) -> str:
    return f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';"


def _row_rule(name: str, event: str, table: str, condition: str, message: str, *, pre: str = "") -> None:
    """Refuses a row that meets `condition`; `pre` looks at OLD and NEW alone and is asked before any function is called."""
    when = " AND ".join(f"({part})" for part in (pre, condition) if part)
    cheap = f" WHEN ({pre})" if pre else ""
    declare(
        Trigger(
            name=name,
            table=table,
            sqlite=f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, '{message}'); END",
            postgresql=f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW{cheap} EXECUTE FUNCTION {name}_fn()",
            function=_body(f"{name}_fn", f"BEGIN IF {condition} THEN {_raise(message)} END IF; RETURN NEW; END"),
        )
    )


# Moves of states

_MOVE = "(OLD.state || '>' || NEW.state)"
_HAS_REQUEST = "EXISTS (SELECT 1 FROM orders_refundrequest q WHERE q.refund_id = NEW.id)"
for _table, _name, _moves in (("orders_payment", "payment_moves", PAYMENT_MOVES), ("orders_refund", "refund_moves", REFUND_MOVES)):
    _row_rule(_name, "UPDATE OF state", _table, f"{_MOVE} NOT IN ({_pairs(_moves)})", f"{_name}_not_allowed", pre="OLD.state <> NEW.state")
_row_rule(
    "refund_desk_moves",
    "UPDATE OF state",
    "orders_refund",
    f"{_HAS_REQUEST} AND {_MOVE} NOT IN ({_pairs(DESK_MOVES)})",
    "refund_desk_moves_not_allowed",
    pre="OLD.state <> NEW.state",
)

_row_rule(
    "refund_desk_kept",
    "UPDATE OF payment_id, channel_id, merchant_id, amount_minor, currency, refund_no",
    "orders_refund",
    _HAS_REQUEST,
    "refund_asked_for_is_kept",
    pre="OLD.payment_id <> NEW.payment_id OR OLD.channel_id <> NEW.channel_id OR OLD.merchant_id <> NEW.merchant_id "
    "OR OLD.amount_minor <> NEW.amount_minor OR OLD.currency <> NEW.currency OR OLD.refund_no <> NEW.refund_no",
)

# Never more than the payment

_SUM = f"""(SELECT coalesce(sum(r.amount_minor), 0) FROM orders_refund r
    WHERE r.payment_id = p.id AND r.currency = p.currency AND r.state IN ({_HOLDING}))"""
_CHECK = f"""
    PERFORM 1 FROM orders_payment WHERE id = ANY (touched) ORDER BY id FOR NO KEY UPDATE;
    IF EXISTS (SELECT 1 FROM orders_payment p WHERE p.id = ANY (touched) AND p.amount_minor < {_SUM}) THEN
        {_raise("refund_exceeds_payment")}
    END IF;
    RETURN NULL;"""
_GREW = f"""n.state IN ({_HOLDING}) AND (o.state NOT IN ({_HOLDING}) OR n.amount_minor > o.amount_minor
    OR n.payment_id <> o.payment_id OR n.currency <> o.currency)"""


def _statement_body(name: str, found: str) -> str:
    find = f"SELECT array_agg(DISTINCT n.payment_id) INTO touched FROM {found};"
    return _body(name, f"DECLARE touched bigint[]; BEGIN {find} IF touched IS NULL THEN RETURN NULL; END IF; {_CHECK} END")


def _sqlite_sum(name: str, event: str, condition: str) -> str:
    over = f"EXISTS (SELECT 1 FROM orders_payment p WHERE p.id = NEW.payment_id AND p.amount_minor < {_SUM})"
    return (
        f"CREATE TRIGGER {name} AFTER {event} ON orders_refund WHEN {condition} "
        f"BEGIN SELECT RAISE(ABORT, 'refund_exceeds_payment') WHERE {over}; END"
    )


declare(
    Trigger(
        name="refund_within_payment_new",
        table="orders_refund",
        sqlite=_sqlite_sum("refund_within_payment_new", "INSERT", f"NEW.state IN ({_HOLDING})"),
        postgresql="CREATE TRIGGER refund_within_payment_new AFTER INSERT ON orders_refund REFERENCING NEW TABLE AS fresh "
        "FOR EACH STATEMENT EXECUTE FUNCTION refund_within_payment_new_fn()",
        function=_statement_body("refund_within_payment_new_fn", f"fresh n WHERE n.state IN ({_HOLDING})"),
    )
)
declare(
    Trigger(
        name="refund_within_payment_changed",
        table="orders_refund",
        sqlite=_sqlite_sum(
            "refund_within_payment_changed",
            "UPDATE OF state, amount_minor, payment_id, currency",
            _GREW.replace("n.", "NEW.").replace("o.", "OLD."),
        ),
        postgresql="CREATE TRIGGER refund_within_payment_changed AFTER UPDATE ON orders_refund REFERENCING OLD TABLE AS was "
        "NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION refund_within_payment_changed_fn()",
        function=_statement_body("refund_within_payment_changed_fn", f"fresh n JOIN was o ON o.id = n.id WHERE {_GREW}"),
    )
)
_row_rule(
    "payment_covers_refunds",
    "UPDATE OF amount_minor, currency",
    "orders_payment",
    _SUM.replace("r.payment_id = p.id", "r.payment_id = NEW.id").replace("p.currency", "NEW.currency") + " > NEW.amount_minor",
    "refund_exceeds_payment",
    pre="NEW.amount_minor < OLD.amount_minor OR NEW.currency <> OLD.currency",
)

# Four eyes

_OF_DECISION = "SELECT 1 FROM orders_refundrequest q WHERE q.refund_id = NEW.refund_id AND q.merchant_id = NEW.merchant_id"
_row_rule(
    "refund_decision_asker",
    "INSERT",
    "orders_refunddecision",
    f"NOT EXISTS ({_OF_DECISION} AND q.requested_by_id = NEW.requested_by_id AND q.round = NEW.round)",
    "refund_decision_of_another_request",
)
_row_rule(
    "refund_decision_second_factor",
    "INSERT",
    "orders_refunddecision",
    f"NEW.verdict = 'approve' AND NEW.mfa_at IS NULL AND EXISTS ({_OF_DECISION} AND q.needs_mfa)",
    "refund_decision_without_second_factor",
)
_row_rule(
    "refund_decision_open",
    "INSERT",
    "orders_refunddecision",
    "NOT EXISTS (SELECT 1 FROM orders_refund r WHERE r.id = NEW.refund_id AND r.state = 'requested')",
    "refund_decided_already",
)
_row_rule("refund_decision_kept", "UPDATE", "orders_refunddecision", "NEW.id IS NOT NULL", "refund_decision_append_only")
_row_rule("refund_decision_stays", "DELETE", "orders_refunddecision", "OLD.id IS NOT NULL", "refund_decision_append_only")
_row_rule("refund_request_stays", "DELETE", "orders_refundrequest", "OLD.id IS NOT NULL", "refund_request_append_only")
for _table in ("refund", "refundrequest", "refunddecision", "refundexecution", "paymentexecution", "paymentevent"):
    keep_all(f"{_table}_not_emptied", f"orders_{_table}", f"{_table}_is_kept")
_row_rule(
    "refund_request_asker_kept",
    "UPDATE OF refund_id, requested_by_id, merchant_id, idempotency_key, request_key",
    "orders_refundrequest",
    "OLD.refund_id <> NEW.refund_id OR OLD.requested_by_id <> NEW.requested_by_id OR OLD.merchant_id <> NEW.merchant_id "
    "OR OLD.idempotency_key <> NEW.idempotency_key OR OLD.request_key <> NEW.request_key",
    "refund_request_is_kept",
)
_row_rule(
    "refund_request_tier_kept",
    "UPDATE OF round, approvals_needed, needs_owner, needs_mfa",
    "orders_refundrequest",
    "OLD.round > NEW.round OR (OLD.round = NEW.round AND (OLD.approvals_needed <> NEW.approvals_needed "
    "OR OLD.needs_owner <> NEW.needs_owner OR OLD.needs_mfa <> NEW.needs_mfa))",
    "refund_request_tier_is_kept",
)
_APPROVALS = """SELECT {what} FROM orders_refunddecision d
    WHERE d.refund_id = q.refund_id AND d.round = q.round AND d.verdict = 'approve'"""
_row_rule(
    "refund_approved_by_enough",
    "UPDATE OF state",
    "orders_refund",
    f"""EXISTS (SELECT 1 FROM orders_refundrequest q WHERE q.refund_id = NEW.id AND (
        q.stale_at IS NOT NULL
        OR q.approvals_needed > ({_APPROVALS.format(what="count(DISTINCT d.decided_by_id)")})
        OR (q.needs_owner AND NOT EXISTS ({_APPROVALS.format(what="1")} AND d.role = 'owner'))))""",
    "refund_not_approved_by_enough",
    pre="OLD.state = 'requested' AND NEW.state = 'approved'",
)

_row_rule(
    "refund_transfer_two_people",
    "INSERT",
    "orders_refundtransfer",
    """EXISTS (SELECT 1 FROM orders_refundpayee p JOIN orders_refundbatch b ON b.id = NEW.batch_id
        WHERE p.refund_id = NEW.refund_id AND p.asked_by_id = b.made_by_id)""",
    "refund_transfer_asked_by_payer",
)

# Rows of one merchant stay together

for _table in ("orders_refundrequest", "orders_refundattachment", "orders_refundexecution"):
    _row_rule(
        f"{_table.removeprefix('orders_')}_place",
        "INSERT",
        _table,
        "NOT EXISTS (SELECT 1 FROM orders_refund r WHERE r.id = NEW.refund_id AND r.merchant_id = NEW.merchant_id)",
        "refund_of_another_merchant",
    )
_row_rule(
    "refund_request_like_payment",
    "INSERT",
    "orders_refundrequest",
    """NOT EXISTS (SELECT 1 FROM orders_refund r JOIN orders_payment p ON p.id = r.payment_id WHERE r.id = NEW.refund_id
        AND r.state = 'requested' AND r.currency = p.currency AND r.merchant_id = p.merchant_id AND r.channel_id = p.channel_id)""",
    "refund_unlike_its_payment",
)
for _name, _table in (("payment_hold_place", "orders_paymenthold"), ("paymentexecution_place", "orders_paymentexecution")):
    _row_rule(
        _name,
        "INSERT",
        _table,
        "NOT EXISTS (SELECT 1 FROM orders_payment p WHERE p.id = NEW.payment_id AND p.merchant_id = NEW.merchant_id)",
        "payment_of_another_merchant",
    )
_row_rule(
    "payment_execution_kept",
    "UPDATE OF payment_id, merchant_id, key, request_key, started_at",
    "orders_paymentexecution",
    "OLD.payment_id <> NEW.payment_id OR OLD.merchant_id <> NEW.merchant_id OR OLD.key <> NEW.key "
    "OR OLD.request_key <> NEW.request_key OR OLD.started_at <> NEW.started_at",
    "payment_execution_is_kept",
)
