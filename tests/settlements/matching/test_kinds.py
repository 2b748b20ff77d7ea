"""Every kind of difference: the smallest world that has it, with exact amounts, and beside it the look-alike that raises nothing."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from apps.channels.calendar import Settlement
from apps.channels.tolerances import MatchRules, Rate, Tolerance
from apps.settlements.enums import Kind
from apps.settlements.matching.bank import bank_faults
from apps.settlements.matching.comparing import paid_twice
from apps.settlements.matching.engine import reconcile_channel
from apps.settlements.matching.frames import Proposal
from apps.settlements.matching.payouts import announced_otherwise
from apps.settlements.matching.ties import tie_to_bank
from tests.settlements.matching import build as b

DAYS = {day: date(2026, 9, day) for day in range(1, 31)}
LATER = DAYS[15]
HOUR = timedelta(hours=1)
RATE = Rate("USD", "CNY", DAYS[1], 7_100_000_000_000)  # 7.1


@dataclass(frozen=True)
class World:
    """Rows of `build`: payments, refunds, lines, bank lines; `posted` are the statements, ten days unless given."""

    pay: list = field(default_factory=list)
    back: list = field(default_factory=list)
    rows: list = field(default_factory=list)
    bank: list = field(default_factory=list)
    posted: pl.DataFrame | None = None
    terms: dict = field(default_factory=dict)
    bank_until: date = DAYS[1]  # nothing is missing in the bank unless a world is about the bank
    as_of: date = LATER


def found(world: World) -> Proposal:
    terms = b.terms(**world.terms)
    return reconcile_channel(
        b.books(b.payments(*world.pay), b.refunds(*world.back), b.lines(*world.rows), world.posted), terms, world.as_of
    )


def told(world: World) -> list[tuple]:
    """Everything that a whole pass raises on a world, (kind, subject, expected, actual)."""
    terms, proposal = b.terms(**world.terms), found(world)
    captured = pl.col("state").is_in(["paid", "partially_refunded", "refunded"]).alias("captured")
    payouts = proposal.payouts.with_columns(
        pl.int_range(1, pl.len() + 1).cast(pl.Int64).alias("id"), pl.lit(1).cast(pl.Int64).alias("channel_id")
    )
    bank = b.bank(*world.bank)
    of_bank = bank_faults(payouts, tie_to_bank(payouts, bank, [terms]), bank, [terms], {9: world.bank_until}, world.as_of)
    every = [proposal.faults, paid_twice(b.payments(*world.pay).with_columns(captured)), announced_otherwise(payouts), of_bank]
    return sorted(told for faults in every for told in b.told(faults))


PER_PAYOUT = {"statements": "per_payout", "settlement": Settlement.parse("T+2")}
PAID = {"ref": "A"}
EXACT = {"ref": "A"}
TWICE = {"pref": "p-1", "ref": "A"}

PLANTED = {
    Kind.MISSING_AT_PROVIDER: (World([PAID]), [("missing_at_provider", "1", 10000, 0)]),
    Kind.MISSING_IN_BOOKS: (World(rows=[{"ref": "Z"}]), [("missing_in_books", "101", 0, 10000)]),
    Kind.AMOUNT_MISMATCH: (World([PAID], rows=[{"ref": "A", "gross": 10001, "fee": -200}]), [("amount_mismatch", "1", 10000, 10001)]),
    Kind.FEE_MISMATCH: (World([PAID], rows=[{"ref": "A", "fee": -202}]), [("fee_mismatch", "1", -200, -202)]),
    Kind.FX_VARIANCE: (
        World([{"ref": "A", "currency": "USD"}], rows=[{"ref": "A", "gross": 70000}], terms={"rates": (RATE,)}),
        [("fx_variance", "1", 71000, 70000)],
    ),
    Kind.CURRENCY_MISMATCH: (World([{"ref": "A", "currency": "USD"}], rows=[EXACT]), [("currency_mismatch", "1", 10000, 10000)]),
    Kind.STATUS_MISMATCH: (World([{"ref": "A", "state": "expired", "paid_at": None}], rows=[EXACT]), [("status_mismatch", "1", 0, 10000)]),
    Kind.DUPLICATE_LINE: (World([PAID], rows=[TWICE, TWICE | {"at": b.NOON + HOUR}]), [("duplicate_line", "102", 0, 10000)]),
    Kind.DUPLICATE_PAYMENT: (
        World([{"ref": "A", "order_id": 7}, {"ref": "B", "order_id": 7, "paid_at": b.NOON + HOUR}], rows=[{"ref": "A"}, {"ref": "B"}]),
        [("duplicate_payment", "2", 0, 10000)],
    ),
    Kind.AMBIGUOUS_MATCH: (World([{"ref": "A"}, {"ref": "B"}], rows=[{}], as_of=b.DAY), [("ambiguous_match", "101", 0, 10000)]),
    Kind.REFUND_MISSING_AT_PROVIDER: (World([PAID], [{"payment": 1}], [EXACT]), [("refund_missing_at_provider", "1", -4000, 0)]),
    Kind.REFUND_MISSING_IN_BOOKS: (
        World([PAID], rows=[EXACT, {"kind": "refund", "ref": "A", "gross": -4000}]),
        [("refund_missing_in_books", "102", 0, -4000)],
    ),
    Kind.REFUND_AMOUNT_MISMATCH: (
        World([PAID], [{"payment": 1, "no": "R1"}], [EXACT, {"kind": "refund", "no": "R1", "gross": -4001}]),
        [("refund_amount_mismatch", "1", -4000, -4001)],
    ),
    Kind.DISPUTE_MISSING_IN_BOOKS: (
        World([PAID], rows=[EXACT, {"kind": "dispute", "ref": "A", "gross": -10000, "fee": -1500}]),
        [("dispute_missing_in_books", "102", 0, -10000)],
    ),
    Kind.LATE_SETTLEMENT: (
        World([PAID], rows=[{"ref": "A", "po": "po_1Qx01", "po_on": DAYS[4]}], terms=PER_PAYOUT),
        [("late_settlement", "1", 10000, 10000)],
    ),
    Kind.PAYOUT_AMOUNT_MISMATCH: (
        World(
            [PAID],
            rows=[{"ref": "A", "po": "po_1Qx01", "po_on": DAYS[2]}, {"kind": "payout", "po": "po_1Qx01", "gross": -9700, "fee": 0}],
            terms=PER_PAYOUT,
        ),
        [("payout_amount_mismatch", "1", 9800, 9700)],
    ),
    Kind.PAYOUT_MISSING_IN_BANK: (World([PAID], rows=[EXACT], bank_until=DAYS[9]), [("payout_missing_in_bank", "1", 9800, 0)]),
    Kind.BANK_AMOUNT_MISMATCH: (
        World([PAID], rows=[EXACT], bank=[{"amount": 9785}], bank_until=DAYS[9]),
        [("bank_amount_mismatch", "1", 9800, 9785)],
    ),
    Kind.UNEXPECTED_BANK_LINE: (World(bank=[{"amount": 777}]), [("unexpected_bank_line", "501", 0, 777)]),
    Kind.STATEMENT_GAP: (
        World([{"ref": "A"}, {"ref": "B"}, {"ref": "C"}], posted=b.statements(DAYS[2]).vstack(b.statements(date(2026, 8, 31), 1))),
        [("statement_gap", "2026-09-01", 0, 0)],
    ),
}  # fmt: skip

ALIKE = {
    "the line comes with the next day's file": World([PAID], rows=[{"ref": "A", "at": b.NOON + 24 * HOUR, "day": DAYS[2]}]),
    "paid after the last statement: a matter of time": World([{"ref": "A", "paid_at": datetime(2026, 9, 11, tzinfo=UTC)}], as_of=DAYS[12]),
    "the file of the day is in, its grace has not passed": World([PAID], as_of=DAYS[3]),
    "a line of zero": World(rows=[{"ref": "Z", "gross": 0, "fee": 0}]),
    "a cent within the shop's tolerance": World(
        [PAID], rows=[{"ref": "A", "gross": 10001, "fee": -200}], terms={"rules": MatchRules(amount=Tolerance(100, 200))}
    ),
    "a fee one unit off": World([PAID], rows=[{"ref": "A", "fee": -201}]),
    "a rate within half a percent": World(
        [{"ref": "A", "currency": "USD"}], rows=[{"ref": "A", "gross": 70645}], terms={"rates": (RATE,)}
    ),
    "a payment that was authorised and never captured": World([{"ref": "A", "state": "authorized", "paid_at": None}]),
    "true twins: one amount, one second, two orders": World([{"ref": "A"}, {"ref": "B"}], rows=[{"ref": "A"}, {"ref": "B"}]),
    "split tender": World(
        [{"ref": "A", "order_id": 7, "order_total": 20000}, {"ref": "B", "order_id": 7, "order_total": 20000}],
        rows=[{"ref": "A"}, {"ref": "B"}],
    ),
    "a failed attempt before the paid one": World(
        [{"ref": "A", "order_id": 7, "state": "failed"}, {"ref": "B", "order_id": 7}], rows=[{"ref": "B"}]
    ),
    "the only payment of that amount in the window": World([{"ref": "A"}, {"ref": "B", "amount": 9999}], rows=[{}], as_of=b.DAY),
    "a refund that was asked for and not done": World([PAID], [{"payment": 1, "state": "approved", "refunded_at": None}], [EXACT]),
    "a refund of the next month": World(
        [PAID], [{"payment": 1, "no": "R1", "refunded_at": datetime(2026, 10, 2, tzinfo=UTC)}], [EXACT]
    ),
    "two equal refunds of one payment on one day": World(
        [PAID], [{"payment": 1, "no": "R1"}, {"payment": 1, "no": "R2"}],
        [{"ref": "A", "pref": "p-1"}, *({"kind": "refund", "gross": -4000, "pref": "p-1", "ref": "A"} for _ in range(2))],
    ),
    "paid out at once, before the calendar day": World(
        [PAID], rows=[{"ref": "A", "po": "po_1Qx01", "po_on": DAYS[1]}], terms=PER_PAYOUT,
        bank=[{"amount": 9800, "memo": "ACME po_1Qx01", "on": DAYS[1]}],
    ),
    "announced as it is": World(
        [PAID], rows=[{"ref": "A", "po": "po_1Qx01", "po_on": DAYS[2]}, {"kind": "payout", "po": "po_1Qx01", "gross": -9800, "fee": 0}],
        terms=PER_PAYOUT,
    ),
    "the bank books it an open day later": World([PAID], rows=[EXACT], bank=[{"amount": 9800, "on": DAYS[3]}], bank_until=DAYS[9]),
    "rent, and a customer's transfer": World(bank=[{"amount": -777}, {"amount": 777, "memo": "林小姐 匯款"}]),
    "a weekend without files": World(posted=b.statements(without=(DAYS[5], DAYS[6]))),
    "reserves, fees, taxes and conversions by themselves": World(
        rows=[{"kind": kind, "gross": -500} for kind in ("reserve", "fee", "tax", "conversion", "adjustment")]
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_fault_is_told_once_and_nothing_else(kind):
    world, faults = PLANTED[kind]

    assert told(world) == faults


@pytest.mark.parametrize("name", ALIKE)
def test_what_looks_wrong_and_is_right_raises_nothing(name):
    assert told(ALIKE[name]) == []


def test_every_kind_is_planted_but_that_of_a_files_own_totals():
    assert set(Kind) - set(PLANTED) == {Kind.STATEMENT_TOTAL_MISMATCH}  # a fact of the file: see the tests of the pass


def accepted(world: World) -> list[tuple]:
    return found(world).accepted.select("kind", "payment_id", "refund_id", "expected", "actual").rows()


def test_what_is_accepted_is_counted_by_its_reason():
    rules = {"rules": MatchRules(amount=Tolerance(100, 1_000)), "rates": (RATE,)}
    world = World(
        [{"ref": "A"}, {"ref": "B"}, {"ref": "C", "currency": "USD"}],
        [{"payment": 1, "no": "R1"}],
        [
            {"ref": "A", "gross": 10010, "fee": -199},
            {"ref": "B"},
            {"ref": "C", "gross": 71001, "fee": -1420},
            {"kind": "refund", "no": "R1", "gross": -4004},
        ],
        terms=rules,
    )

    assert told(world) == []
    assert accepted(world) == [
        ("amount_mismatch", 1, None, 10000, 10010), ("fx_variance", 3, None, 71000, 71001), ("fee_mismatch", 1, None, -200, -199),
        ("refund_amount_mismatch", None, 1, -4000, -4004),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tolerance", "gap", "is_accepted"),
    [
        (Tolerance(0, None), 1, False), (Tolerance(10, None), 10, True), (Tolerance(10, None), 11, False),
        (Tolerance(None, 1_000), 10, True), (Tolerance(None, 1_000), 11, False),  # a thousandth of 100.00
        (Tolerance(5, 1_000), 6, False), (Tolerance(50, 1_000), 11, False), (Tolerance(None, None), 1, False),
    ],
)  # fmt: skip
def test_of_two_limits_the_smaller_wins_and_counts_itself(tolerance, gap, is_accepted):
    world = World([PAID], rows=[{"ref": "A", "gross": 10000 + gap, "fee": -200}], terms={"rules": MatchRules(amount=tolerance)})

    assert (told(world) == [], len(accepted(world))) == (is_accepted, int(is_accepted))


def test_a_share_of_the_fee_narrows_the_tolerance_of_its_rule():
    world = World([PAID], rows=[{"ref": "A", "fee": -201}], terms={"rules": MatchRules(fee_ppm=4_999)})

    assert told(world) == [("fee_mismatch", "1", -200, -201)]


def test_a_rate_counts_from_its_day_and_only_for_its_currencies():
    older = Rate("USD", "CNY", DAYS[1], 7_000_000_000_000)
    newer = Rate("USD", "CNY", DAYS[2], 7_200_000_000_000)
    world = {"pay": [{"ref": "A", "currency": "USD"}], "rows": [{"ref": "A", "gross": 70000}]}

    assert told(World(**world, terms={"rates": (newer, older)})) == []
    assert told(World(**world, terms={"rates": (newer,)})) == [("currency_mismatch", "1", 10000, 70000)]
    assert told(World(**world, terms={"rates": (Rate("EUR", "CNY", DAYS[1], 1),)})) == [("currency_mismatch", "1", 10000, 70000)]


def test_the_exchange_of_a_sale_inside_the_account_is_held_against_the_booked_rate():
    sale = {"ref": "A", "pref": "S1", "currency": "USD", "gross": 10000, "fee": -200}
    halves = [
        {"kind": "conversion", "pref": "S1", "currency": "USD", "gross": -9800},
        {"kind": "conversion", "pref": "S1", "gross": 68000},
    ]
    world = {"pay": [{"ref": "A", "pref": "S1", "currency": "USD"}], "rows": [sale, *halves]}
    near = [sale, halves[0], {**halves[1], "gross": 69500}]  # 9 800 at 7.1 are 69 580: within half a percent

    assert told(World(**world)) == []
    assert told(World(**world, terms={"rates": (RATE,)})) == [("fx_variance", "1", 69580, 68000)]
    assert told(World(world["pay"], rows=near, terms={"rates": (RATE,)})) == []
    assert told(World(world["pay"], rows=[*world["rows"], halves[1]], terms={"rates": (RATE,)})) == []  # exchanged twice: not judged


def test_a_wider_window_finds_a_line_that_comes_days_later():
    late = World([PAID], rows=[{"at": b.NOON + 40 * HOUR, "day": DAYS[3]}])
    patient = World(late.pay, rows=late.rows, terms={"rules": MatchRules(pairing_hours=48)})

    assert told(late) == [("missing_at_provider", "1", 10000, 0), ("missing_in_books", "101", 0, 10000)]
    assert told(patient) == []


def test_a_wider_window_finds_a_deposit_that_comes_later():
    world = {"pay": [PAID], "rows": [EXACT], "bank": [{"amount": 9800, "on": DAYS[10]}], "bank_until": DAYS[10]}  # six open days after

    assert [kind for kind, *_ in told(World(**world))] == ["payout_missing_in_bank", "unexpected_bank_line"]
    assert told(World(**world, terms={"rules": MatchRules(bank_days=6)})) == []
