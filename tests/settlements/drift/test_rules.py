"""Each rule of the drift guard: what must stop, and the ordinary days that must not."""

import random
import time
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from apps.channels.cells import row_hash
from apps.channels.contracts import BANK_SCHEMA, LINE_SCHEMA
from apps.settlements.ingest.drift import changed_columns, changed_values
from apps.settlements.ingest.profile import profile_of

HEADER = ("日期", "訂單", "金額", "手續費")
DAY = date(2026, 9, 1)


def lines(amounts, *, day=DAY, days=None, kind="payment", fee=-0.03, ours="QT-{}", theirs="{:08d}") -> pl.DataFrame:
    """Canonical lines of these amounts (minor units), all on one day unless `days` says otherwise."""
    count = len(amounts)
    days = days or [day] * count
    columns = {
        "row_no": range(2, count + 2), "kind": [kind] * count, "gross": amounts, "fee": [round(fee * amount) for amount in amounts],
        "net": amounts, "business_date": days, "provider_ref": [theirs.format(at) for at in range(count)],
        "merchant_ref": [ours.format(at) for at in range(count)], "occurred_at": [datetime(2026, 9, 1, tzinfo=UTC)] * count,
    }  # fmt: skip
    return pl.DataFrame(columns, schema_overrides={name: LINE_SCHEMA[name] for name in columns})


def profile(amounts, name="x_20260901.csv", header=HEADER, **how) -> dict:
    return profile_of(lines(amounts, **how), header, name, how.get("day", DAY))


def amounts_of(seed: int, count: int, factor: int = 100) -> list[int]:
    """A day of a shop: many small amounts, few large ones."""
    chance = random.Random(seed)
    return [max(1, round(chance.lognormvariate(6, 1))) * factor for _ in range(count)]


def codes(now: dict, history: list[dict]) -> list[str]:
    return [found["code"] for found in changed_values(now, history)]


USUAL = [profile(amounts_of(seed, 60)) for seed in range(5)]


def test_a_hundred_times_the_amounts_stops_and_says_so():
    now = profile(amounts_of(9, 60, factor=10_000))

    assert codes(now, USUAL) == ["scale"]
    assert codes(USUAL[0], [profile(amounts_of(seed, 60, factor=10_000)) for seed in range(3)]) == ["scale"]
    found = changed_values(now, USUAL)[0]
    assert found["now"] == now["quartiles"][1]
    assert found["was"] in [one["quartiles"][1] for one in USUAL]


@pytest.mark.parametrize("seed", range(40))
def test_ordinary_days_of_any_size_never_stop(seed):
    count = [1, 2, 5, 19, 20, 60, 300, 2000][seed % 8]
    history = [profile(amounts_of(at, 40)) for at in range(seed, seed + 6)]

    assert codes(profile(amounts_of(1_000 + seed, count)), history) == []


@pytest.mark.parametrize("factor", [2, 5, 10, 20])
def test_a_sale_that_multiplies_the_amounts_does_not_stop(factor):
    assert codes(profile([amount * factor for amount in amounts_of(3, 60)]), USUAL) == []


def test_few_rows_and_empty_days_never_stop():
    assert codes(profile([1_280_000_000] * 19), USUAL) == []
    assert codes(profile([]), USUAL) == []
    assert codes(USUAL[0], []) == []
    assert codes(USUAL[0], [profile([])]) == []


def test_fees_and_payments_of_the_other_sign_stop():
    assert codes(profile(amounts_of(1, 60), fee=0.03), USUAL) == ["fee_sign"]
    assert codes(profile([-amount for amount in amounts_of(1, 60)]), USUAL) == ["negative"]
    assert codes(profile(amounts_of(1, 60), fee=0), USUAL) == []


def test_day_and_month_swapped_stop_by_the_name_of_the_file():
    named = [profile(amounts_of(at, 8), f"x_202609{at:02d}.csv", day=date(2026, 9, at)) for at in (1, 2, 3)]
    swapped = profile_of(lines(amounts_of(4, 8), day=date(2026, 5, 9)), HEADER, "x_20260905.csv", date(2026, 9, 5))
    next_day = profile_of(lines(amounts_of(4, 8), day=date(2026, 9, 4)), HEADER, "x_20260905.csv", date(2026, 9, 5))

    assert codes(swapped, named) == ["days"]
    assert codes(next_day, named) == []
    assert codes(swapped, named[:2]) == []  # too little is known yet


def test_one_day_of_many_months_stops_where_files_hold_many_days_of_one():
    month = [date(2026, 9, day) for day in range(1, 25)]
    history = [profile(amounts_of(1, 24), "x.csv", days=month)]
    swapped = profile(amounts_of(2, 12), "x.csv", days=[date(2026, month, 9) for month in range(1, 13)])

    assert codes(swapped, history) == ["one_day_a_month"]
    assert codes(profile(amounts_of(2, 24), "x.csv", days=[day + timedelta(days=60) for day in month]), history) == []


def test_refunds_that_vanish_from_many_rows_stop():
    mixed = [
        profile_of(pl.concat([lines(amounts_of(at, 270)), lines([-100] * 30, kind="refund", fee=0)]), HEADER, "x.csv", DAY) for at in (1, 2)
    ]

    assert codes(profile(amounts_of(3, 300), "x.csv"), mixed) == ["refunds"]
    assert codes(profile(amounts_of(3, 60), "x.csv"), mixed) == []


def test_references_that_change_places_stop():
    turned = profile(amounts_of(3, 30), ours="{:08d}", theirs="QT-{}")

    assert codes(turned, USUAL) == ["references"]
    assert codes(profile(amounts_of(3, 30), ours="SHOP{}"), USUAL) == []


def test_a_balance_that_no_longer_follows_stops():
    rows = pl.DataFrame(
        {"row_no": range(2, 12), "booked_on": [DAY] * 10, "amount": [100] * 10, "balance": [100 * at for at in range(10)]},
        schema_overrides={name: BANK_SCHEMA[name] for name in ("row_no", "booked_on", "amount", "balance")},
    )
    usual, broken = (profile_of(rows, HEADER, "x.csv", DAY, breaks=breaks) for breaks in (0, 9))

    assert codes(broken, [usual]) == ["balance"]
    assert codes(profile_of(rows, HEADER, "x.csv", DAY, breaks=2), [usual]) == []


def test_columns_in_another_order_are_the_same_and_other_columns_are_not():
    def of(*names):
        return {"header": list(names)}

    assert changed_columns(of("b", "a"), [of("a", "b")]) is None
    assert changed_columns(of("a", "c"), [of("a", "b")]) == (["b"], ["c"])
    assert changed_columns(of("a", "b", "c"), [of("a", "b")]) == ([], ["c"])
    assert changed_columns(of("a", "b"), [of("a", "c"), of("b", "a")]) is None
    assert changed_columns(of("a"), []) is None
    assert changed_columns(of(), [of("a")]) is None


def test_a_profile_keeps_nothing_of_anybody():
    kept = str(profile(amounts_of(1, 50)))

    assert "QT-" not in kept
    assert "00000001" not in kept


@pytest.mark.slow
def test_measuring_a_million_rows_costs_less_than_what_an_import_does_anyway():
    frame = pl.concat([lines(amounts_of(1, 10_000))] * 100)

    def taken(work) -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    hashing = taken(lambda: row_hash(frame.select(pl.all().cast(pl.String)), frame.columns))
    assert taken(lambda: profile_of(frame, HEADER, "x_20260901.csv", DAY)) < hashing
