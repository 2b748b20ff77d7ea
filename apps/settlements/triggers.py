"""Rules of settlements that look at other rows or at the row as it was. The services say the same in better words."""
# ruff: noqa: S608  every statement is composed from our own SQL

from apps.core.money import THREE_DIGITS, ZERO_DIGITS
from apps.core.triggers import Trigger, declare, keep_all
from apps.merchants.access import RIGHTS

SIGNATURE, DISCREPANCY, MATCH = "settlements_secondsignature", "settlements_discrepancy", "settlements_match"


def _row_rule(name: str, event: str, table: str, pre: str, condition: str, message: str, *, after: bool = False) -> None:
    """Refuses a row that meets both; `pre` looks at OLD and NEW alone and is asked before any function is called.

    With `after` PostgreSQL asks once the row is in: COPY writes one row at a time into a table that is asked before.
    """
    moment = "AFTER" if after else "BEFORE"
    refuse = f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';"
    out = "OLD" if event == "DELETE" else "NEW"
    declare(
        Trigger(
            name=name,
            table=table,
            sqlite=f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN ({pre}) AND ({condition}) "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END",
            postgresql=f"CREATE TRIGGER {name} {moment} {event} ON {table} FOR EACH ROW WHEN ({pre}) EXECUTE FUNCTION {name}_fn()",
            function=f"CREATE OR REPLACE FUNCTION {name}_fn() RETURNS trigger AS $$ BEGIN IF {condition} THEN {refuse} END IF; "
            f"RETURN {out}; END $$ LANGUAGE plpgsql",
        )
    )


def _follow(name: str, event: str, table: str, when: str, act: str) -> None:
    """Does `act` after a row changed so."""
    declare(
        Trigger(
            name=name,
            table=table,
            sqlite=f"CREATE TRIGGER {name} AFTER {event} ON {table} WHEN {when} BEGIN {act}; END",
            postgresql=f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION {name}_fn()",
            function=f"CREATE OR REPLACE FUNCTION {name}_fn() RETURNS trigger AS $$ BEGIN {act}; RETURN NULL; END $$ LANGUAGE plpgsql",
        )
    )


def _codes(currencies) -> str:
    return ", ".join(f"'{code}'" for code in sorted(currencies))


def _unit(currency: str) -> str:
    """How many minor units one whole of a currency has."""
    return f"(CASE WHEN {currency} IN ({_codes(ZERO_DIGITS)}) THEN 1 WHEN {currency} IN ({_codes(THREE_DIGITS)}) THEN 1000 ELSE 100 END)"


def _above(limit: str, amount: str, currency: str) -> str:
    """Above the merchant's limit, which is taken by its figure in every currency: no rate is assumed."""
    return f"""EXISTS (SELECT 1 FROM merchants_merchant m WHERE m.id = NEW.merchant_id AND m.{limit} IS NOT NULL
        AND ({amount}) * {_unit("m.currency")} > m.{limit} * {_unit(currency)})"""


# Write-offs above the limit

_STAKE = "CASE WHEN NEW.difference_minor = 0 THEN abs(NEW.actual_minor) ELSE abs(NEW.difference_minor) END"
_UNSIGNED_WRITE_OFF = f"""{_above("write_off_second_above_minor", _STAKE, "NEW.currency")} AND NOT EXISTS (
    SELECT 1 FROM {SIGNATURE} s WHERE s.discrepancy_id = NEW.id AND s.act = 'write_off' AND s.state = 'approved'
    AND s.expected_minor = NEW.expected_minor AND s.actual_minor = NEW.actual_minor AND s.currency = NEW.currency)"""
_WRITTEN_OFF = "{row}.state = 'written_off' OR {row}.resolution = 'written_off'"
for _name, _event, _pre in (
    ("write_off_signed_new", "INSERT", _WRITTEN_OFF.format(row="NEW")),
    (
        "write_off_signed",
        "UPDATE OF state, resolution",
        f"({_WRITTEN_OFF.format(row='NEW')}) AND NOT ({_WRITTEN_OFF.format(row='OLD')})",
    ),
):
    _row_rule(_name, _event, DISCREPANCY, _pre, _UNSIGNED_WRITE_OFF, "write_off_without_second_person", after=_event == "INSERT")

# Matches by hand of sides whose amounts differ by more than the limit

_OURS = """coalesce((SELECT p.amount_minor FROM orders_payment p WHERE p.id = NEW.payment_id),
    (SELECT -r.amount_minor FROM orders_refund r WHERE r.id = NEW.refund_id))"""
_LINE = "(SELECT l.{field} FROM settlements_statementline l WHERE l.id = NEW.line_id)"
# Of several payments that share a line the first comes last and answers for the sum; the others take no more than their own amount.
_SHARED = """coalesce((SELECT sum(p.amount_minor) FROM settlements_match m JOIN orders_payment p ON p.id = m.payment_id
    WHERE m.line_id = NEW.line_id AND m.rule = 'manual' AND m.voided_at IS NULL AND m.line_slot > 0), 0)"""
_OFF_BY = f"""(CASE WHEN NEW.line_slot = 0 THEN abs({_LINE.format(field="gross")} - {_OURS} - {_SHARED})
    ELSE abs(NEW.amount_minor - {_OURS}) END)"""
_UNSIGNED_MATCH = f"""{_above("forced_match_second_above_minor", _OFF_BY, _LINE.format(field="currency"))} AND NOT EXISTS (
    SELECT 1 FROM {SIGNATURE} s WHERE s.line_id = NEW.line_id AND s.act = 'match' AND s.state = 'approved' AND s.amount_minor = {_OFF_BY}
    AND (s.payment_id = NEW.payment_id OR s.refund_id = NEW.refund_id))"""
for _name, _event in (("forced_match_signed_new", "INSERT"), ("forced_match_signed", "UPDATE")):
    _forced = "NEW.rule = 'manual' AND NEW.voided_at IS NULL"
    _row_rule(_name, _event, MATCH, _forced, _UNSIGNED_MATCH, "forced_match_without_second_person", after=_event == "INSERT")

# Ties by hand of payouts whose deposits differ by more than the limit. Of several deposits of one payout the first, slot 0, is written
# last, so that the sum is complete when it is looked at; whatever is added afterwards is looked at again.

_TIE = "settlements_bankmatch"
_PAID_OUT = "(SELECT coalesce(p.announced_minor, p.lines_net_minor) FROM settlements_payout p WHERE p.id = NEW.payout_id)"
_PAYOUT_CURRENCY = "(SELECT p.currency FROM settlements_payout p WHERE p.id = NEW.payout_id)"
_TIES = f"FROM {_TIE} t WHERE t.payout_id = NEW.payout_id AND t.voided_at IS NULL"
_TIE_OFF_BY = f"abs({_PAID_OUT} - (SELECT sum(t.amount_minor) {_TIES}))"
_UNSIGNED_TIE = f"""EXISTS (SELECT 1 {_TIES} AND t.slot = 0)
    AND {_above("forced_match_second_above_minor", _TIE_OFF_BY, _PAYOUT_CURRENCY)} AND NOT EXISTS (
    SELECT 1 FROM {SIGNATURE} s WHERE s.payout_id = NEW.payout_id AND s.act = 'tie' AND s.state = 'approved'
    AND s.amount_minor = {_TIE_OFF_BY})"""
_TIE_UNSIGNED = "forced_tie_without_second_person"
_BY_HAND = "NEW.rule = 'manual' AND NEW.voided_at IS NULL"
declare(
    Trigger(
        name="forced_tie_signed",
        table=_TIE,
        sqlite=f"CREATE TRIGGER forced_tie_signed AFTER INSERT ON {_TIE} WHEN {_BY_HAND} BEGIN "
        f"SELECT RAISE(ABORT, '{_TIE_UNSIGNED}') WHERE {_UNSIGNED_TIE}; END",
        postgresql=f"CREATE TRIGGER forced_tie_signed AFTER INSERT ON {_TIE} FOR EACH ROW WHEN ({_BY_HAND}) "
        "EXECUTE FUNCTION forced_tie_signed_fn()",
        function=f"""CREATE OR REPLACE FUNCTION forced_tie_signed_fn() RETURNS trigger AS $$ BEGIN IF {_UNSIGNED_TIE} THEN
            RAISE EXCEPTION '{_TIE_UNSIGNED}' USING ERRCODE = 'integrity_constraint_violation'; END IF;
            RETURN NULL; END $$ LANGUAGE plpgsql""",
    )
)

# A request is never changed but by deciding it, and never goes away. Who approves has the role for it.

_ASKED = ("discrepancy_id", "merchant_id", "act", "amount_minor", "currency", "expected_minor", "actual_minor", "line_id", "payment_id")
_ASKED += ("refund_id", "payout_id", "tied", "reason", "requested_at", "requested_by_id")
for _dialect, _differs in (("sqlite", "IS NOT"), ("postgresql", "IS DISTINCT FROM")):
    _changed = " OR ".join(f"NEW.{field} {_differs} OLD.{field}" for field in _ASKED)
    _moves = """(OLD.state || '>' || NEW.state) NOT IN ('pending>pending', 'pending>approved', 'pending>rejected', 'pending>withdrawn',
        'pending>lapsed', 'approved>undone')"""
    _kept = f"{_changed} OR {_moves}"
    if _dialect == "sqlite":
        _sqlite = f"""CREATE TRIGGER second_signature_kept BEFORE UPDATE ON {SIGNATURE} WHEN {_kept}
            BEGIN SELECT RAISE(ABORT, 'second_signature_is_kept'); END"""
    else:
        _postgresql = f"""CREATE TRIGGER second_signature_kept BEFORE UPDATE ON {SIGNATURE} FOR EACH ROW WHEN ({_kept})
            EXECUTE FUNCTION second_signature_kept_fn()"""
declare(
    Trigger(
        name="second_signature_kept",
        table=SIGNATURE,
        sqlite=_sqlite,
        postgresql=_postgresql,
        function="""CREATE OR REPLACE FUNCTION second_signature_kept_fn() RETURNS trigger AS $$ BEGIN
            RAISE EXCEPTION 'second_signature_is_kept' USING ERRCODE = 'integrity_constraint_violation'; END $$ LANGUAGE plpgsql""",
    )
)
_row_rule("second_signature_stays", "DELETE", SIGNATURE, "OLD.id IS NOT NULL", "1 = 1", "second_signature_is_kept")
keep_all("second_signature_not_emptied", SIGNATURE, "second_signature_is_kept")
_row_rule("second_signature_asked_first", "INSERT", SIGNATURE, "NEW.state <> 'pending'", "1 = 1", "second_signature_not_asked_for")
_signers = ", ".join(f"'{role}'" for role, rights in sorted(RIGHTS.items()) if "countersign" in rights)
_row_rule(
    "second_signature_by_signer",
    "UPDATE OF state",
    SIGNATURE,
    "NEW.state = 'approved' AND OLD.state = 'pending'",
    f"""NOT EXISTS (SELECT 1 FROM merchants_membership b WHERE b.merchant_id = NEW.merchant_id AND b.user_id = NEW.decided_by_id
        AND b.deactivated_at IS NULL AND b.role IN ({_signers}))""",
    "second_signature_by_stranger",
)
_row_rule(
    "second_signature_place",
    "INSERT",
    SIGNATURE,
    "NEW.id IS NOT NULL OR NEW.id IS NULL",
    f"NOT EXISTS (SELECT 1 FROM {DISCREPANCY} d WHERE d.id = NEW.discrepancy_id AND d.merchant_id = NEW.merchant_id)",
    "second_signature_of_another_merchant",
)

# What waits lapses when its difference closes another way; an approval is spent once the act is taken back.

_OPEN = "('open', 'investigating')"
_follow(
    "second_signature_lapses",
    "UPDATE OF state",
    DISCREPANCY,
    f"OLD.state IN {_OPEN} AND NEW.state NOT IN {_OPEN}",
    f"UPDATE {SIGNATURE} SET state = 'lapsed' WHERE discrepancy_id = NEW.id AND state = 'pending'",
)
_follow(
    "second_signature_write_off_undone",
    "UPDATE OF state",
    DISCREPANCY,
    f"OLD.state = 'written_off' AND NEW.state IN {_OPEN}",
    f"UPDATE {SIGNATURE} SET state = 'undone' WHERE discrepancy_id = NEW.id AND state = 'approved' AND act = 'write_off'",
)
_follow(
    "second_signature_match_undone",
    "UPDATE OF voided_at",
    MATCH,
    "OLD.voided_at IS NULL AND NEW.voided_at IS NOT NULL AND NEW.rule = 'manual'",
    f"""UPDATE {SIGNATURE} SET state = 'undone' WHERE line_id = NEW.line_id AND state = 'approved' AND act = 'match'
        AND (payment_id = NEW.payment_id OR refund_id = NEW.refund_id)""",
)

_follow(
    "second_signature_tie_undone",
    "UPDATE OF voided_at",
    _TIE,
    "OLD.voided_at IS NULL AND NEW.voided_at IS NOT NULL AND NEW.rule = 'manual'",
    f"UPDATE {SIGNATURE} SET state = 'undone' WHERE payout_id = NEW.payout_id AND state = 'approved' AND act = 'tie'",
)

# The parts of a bank line stay within the line, and a tie is voided but never changed. On PostgreSQL the sum is asked once a statement;
# it locks the lines first, so that the second of two that would together exceed a line sees the first. A writer puts in what goes the
# other way first: a debit that a deposit has set off makes room for the payouts in it.

_TIED = "(SELECT coalesce(sum(m.amount_minor), 0) FROM settlements_bankmatch m WHERE m.bank_line_id = b.id AND m.voided_at IS NULL)"
_TIED_OVER = f"((b.amount_minor >= 0 AND {_TIED} > b.amount_minor) OR (b.amount_minor < 0 AND {_TIED} < b.amount_minor))"
_TIE_EXCEEDS = "bank_tie_exceeds_line"
_TIE_REFUSED = "RAISE EXCEPTION '{}' USING ERRCODE = 'integrity_constraint_violation';"

declare(
    Trigger(
        name="bank_tie_within_line",
        table="settlements_bankmatch",
        sqlite="CREATE TRIGGER bank_tie_within_line AFTER INSERT ON settlements_bankmatch WHEN NEW.voided_at IS NULL BEGIN "
        f"SELECT RAISE(ABORT, '{_TIE_EXCEEDS}') WHERE EXISTS (SELECT 1 FROM settlements_bankline b "
        f"WHERE b.id = NEW.bank_line_id AND {_TIED_OVER}); END",
        postgresql="CREATE TRIGGER bank_tie_within_line AFTER INSERT ON settlements_bankmatch REFERENCING NEW TABLE AS fresh "
        "FOR EACH STATEMENT EXECUTE FUNCTION bank_tie_within_line_fn()",
        function=f"""CREATE OR REPLACE FUNCTION bank_tie_within_line_fn() RETURNS trigger AS $$ DECLARE touched bigint[]; BEGIN
            SELECT array_agg(DISTINCT n.bank_line_id) INTO touched FROM fresh n WHERE n.voided_at IS NULL;
            PERFORM 1 FROM settlements_bankline WHERE id = ANY (touched) ORDER BY id FOR NO KEY UPDATE;
            IF EXISTS (SELECT 1 FROM settlements_bankline b WHERE b.id = ANY (touched) AND {_TIED_OVER}) THEN
                {_TIE_REFUSED.format(_TIE_EXCEEDS)} END IF;
            RETURN NULL; END $$ LANGUAGE plpgsql""",
    )
)

_TIE_CHANGED = """OLD.payout_id <> NEW.payout_id OR OLD.bank_line_id <> NEW.bank_line_id OR OLD.amount_minor <> NEW.amount_minor
    OR (OLD.voided_at IS NOT NULL AND NEW.voided_at IS NULL)"""
_TIE_KEPT = "bank_tie_is_only_voided"

declare(
    Trigger(
        name="bank_tie_kept",
        table="settlements_bankmatch",
        sqlite=f"CREATE TRIGGER bank_tie_kept BEFORE UPDATE ON settlements_bankmatch WHEN {_TIE_CHANGED} "
        f"BEGIN SELECT RAISE(ABORT, '{_TIE_KEPT}'); END",
        postgresql=f"CREATE TRIGGER bank_tie_kept BEFORE UPDATE ON settlements_bankmatch FOR EACH ROW WHEN ({_TIE_CHANGED}) "
        "EXECUTE FUNCTION bank_tie_kept_fn()",
        function="CREATE OR REPLACE FUNCTION bank_tie_kept_fn() RETURNS trigger AS $$ BEGIN "
        f"{_TIE_REFUSED.format(_TIE_KEPT)} END $$ LANGUAGE plpgsql",
    )
)

# The journal. That an entry sums to zero in each currency needs no sum: a posting debits one account and credits another of the same
# currency, and here both are held to the posting's currency and to the merchant of its entry. Nothing of it is ever changed.

_ACCOUNT, _ENTRY, _POSTING = "settlements_journalaccount", "settlements_journalentry", "settlements_posting"
_RAISE = "RAISE EXCEPTION '{}' USING ERRCODE = 'integrity_constraint_violation';"


def _refuse_in_journal(name: str, event: str, table: str, message: str, condition: str = "") -> None:
    """Refuses the event, where `condition` is given only for rows that meet it."""
    when = f"WHEN {condition}" if condition else ""
    test = f"IF {condition} THEN {_RAISE.format(message)} END IF; RETURN NEW;" if condition else _RAISE.format(message)
    declare(
        Trigger(
            name=name,
            table=table,
            sqlite=f"CREATE TRIGGER {name} BEFORE {event} ON {table} {when} BEGIN SELECT RAISE(ABORT, '{message}'); END",
            postgresql=f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}_fn()",
            function=f"CREATE OR REPLACE FUNCTION {name}_fn() RETURNS trigger AS $$ BEGIN {test} END $$ LANGUAGE plpgsql",
        )
    )


def _fits(side: str) -> str:
    return f"""EXISTS (SELECT 1 FROM {_ACCOUNT} a
        WHERE a.id = NEW.{side}_id AND a.currency = NEW.currency AND a.merchant_id = NEW.merchant_id)"""


_refuse_in_journal(
    "posting_in_one_currency",
    "INSERT",
    _POSTING,
    "posting_accounts_of_another_currency_or_merchant",
    f"NOT ({_fits('debit')} AND {_fits('credit')})",
)
_refuse_in_journal(
    "posting_of_its_merchant",
    "INSERT",
    _POSTING,
    "posting_of_another_merchant",
    f"NOT EXISTS (SELECT 1 FROM {_ENTRY} e WHERE e.id = NEW.entry_id AND e.merchant_id = NEW.merchant_id)",
)
# A reversal names an entry of the same source and version, so that nothing else can pass for one.
_refuse_in_journal(
    "journal_reversal_fits",
    "INSERT",
    _ENTRY,
    "journal_reversal_of_another_entry",
    f"""NEW.reverses_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {_ENTRY} e WHERE e.id = NEW.reverses_id AND e.reverses_id IS NULL
        AND e.merchant_id = NEW.merchant_id AND e.source_key = NEW.source_key AND e.version = NEW.version)""",
)
for _name, _table in (("journal_account", _ACCOUNT), ("journal_entry", _ENTRY), ("posting", _POSTING)):
    _refuse_in_journal(f"{_name}_kept", "UPDATE", _table, "journal_append_only")
    _refuse_in_journal(f"{_name}_stays", "DELETE", _table, "journal_append_only")
keep_all("posting_whole", _POSTING, "journal_append_only")
keep_all("journal_entry_whole", _ENTRY, "journal_append_only")
