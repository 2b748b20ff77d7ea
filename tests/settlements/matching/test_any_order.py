"""The same facts in any order: rows shuffled within a file, a day cut into several files, files in any sequence.

Lines, matches, faults and payouts must be the same; only the numbers that a database would have given may differ.
"""

import random
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.channels import registry
from apps.channels.cells import key
from apps.settlements.ingest.overlap import numbered
from apps.settlements.matching import frames
from apps.settlements.matching.engine import reconcile_channel
from apps.settlements.matching.keys import in_order
from tests.channels.providers import bills, bills_asia
from tests.settlements.matching import build

AS_OF = date(2026, 10, 15)
HOW = settings(max_examples=12, derandomize=True)


@dataclass(frozen=True)
class Kind:
    """A kind of file: its rows, how a file is made of some of them, and the currency."""

    rows: tuple
    make: object


def alipay(rows):
    sales, backs = [row for row in rows if row[2] == "交易"], [row for row in rows if row[2] == "退款"]
    total = [sum(round(float(row[5]) * 100) for row in some) / 100 for some in (sales, backs)]
    footer = f"#交易合计：{len(sales)}笔，商家实收共{total[0]:.2f}元\r\n#退款合计：{len(backs)}笔，商家实收退款共{total[1]:.2f}元\r\n"
    return bills.alipay(rows, footer=footer)


def wechat(rows):
    cells = [row.removeprefix("`").split(",`") for row in rows]
    sums = [sum(round(float(cell[at]) * 100_000) for cell in cells) / 100_000 for at in (12, 16, 17, 22, 24, 25)]
    values = "".join(f",`{value:.5f}" for value in sums)
    names = bills.WECHAT_SUMMARY.split("\r\n")[0]
    return bills.wechat(rows, summary=f"{names}\r\n`{len(rows)}{values}\r\n")


KINDS = {
    "alipay": Kind((*bills.ALIPAY_ROWS, bills.ALIPAY_ROWS[0]), alipay),
    "wechat": Kind((*bills.WECHAT_ROWS, bills.WECHAT_ROWS[1]), wechat),
    "ecpay": Kind((*bills.ECPAY_ROWS, bills.ECPAY_ROWS[2]), bills.ecpay),
    "stripe": Kind(bills.STRIPE_ROWS, bills.stripe),
    "paypay": Kind(bills_asia.PAYPAY_ROWS, bills_asia.paypay),
    "unionpay": Kind(bills_asia.ZM_ROWS, bills_asia.zm),
}


def lines_of(kind: str, files: list[list]) -> pl.DataFrame:
    """The lines of some files taken in one after the other, each row once, as intake keeps them."""
    held = pl.DataFrame()
    for at, rows in enumerate(files, 1):
        parsed = registry.parse_statement(kind, bills.file_of(kind, KINDS[kind].make(tuple(rows))))
        assert all(total.agrees for total in parsed.totals)
        fresh = numbered(parsed.lines).with_columns(pl.lit(at).alias("statement_id"))
        held = fresh if held.is_empty() else pl.concat([held, fresh.join(held, on=["row_hash", "ordinal"], how="anti")])
    return held.with_row_index("id", 101).with_columns(pl.col("id").cast(pl.Int64))


def proposed(kind: str, held: pl.DataFrame) -> dict:
    """What reconciliation proposes, with rows named by what they say instead of by their numbers."""
    names = {name: name.removesuffix("_key") for name in frames.LINES if name.endswith("_key")}
    rows = held.with_columns(key(pl.col(name)).alias(keyed) for keyed, name in names.items())
    lines, posted = frames.shaped(rows, frames.LINES), build.statements(date(2026, 9, 1), 20)
    books = in_order(frames.ChannelBooks(payments_for(held), frames.empty(frames.REFUNDS), lines, posted))
    found = reconcile_channel(books, build.terms(), AS_OF)
    said = {number: str(content) for number, *content in held.select("id", "row_hash", "ordinal").iter_rows()}
    matches = found.matches.select("line_id", "payment_id", "rule", "amount")
    faults = found.faults.select("line_id", "kind", "subject_key", "expected", "actual")
    return {
        "lines": sorted(said.values()),
        "matches": sorted((said[line], *rest) for line, *rest in matches.iter_rows()),
        "faults": sorted((kind, said.get(line, subject), *rest) for line, kind, subject, *rest in faults.iter_rows()),
        "payouts": found.payouts.rows(),
    }


def payments_for(held: pl.DataFrame) -> pl.DataFrame:
    """Books that hold every other payment, by its references as written."""
    sales = held.filter(pl.col("kind") == "payment").unique("merchant_ref").sort("merchant_ref").gather_every(2)
    columns = sales.select("merchant_ref", "provider_ref", "gross", "currency", "occurred_at")
    names = ("ref", "pref", "amount", "currency", "paid_at")
    return build.payments(*(dict(zip(names, row, strict=True)) for row in columns.iter_rows()))


@pytest.mark.parametrize("kind", KINDS)
def test_any_order_and_any_split_give_the_same_proposal(kind):
    rows = list(KINDS[kind].rows)
    whole = proposed(kind, lines_of(kind, [rows]))
    assert all(whole[name] for name in ("matches", "faults", "payouts"))

    @HOW
    @given(seed=st.integers(0, 10_000), cuts=st.lists(st.integers(0, len(rows)), max_size=3), overlap=st.booleans())
    def check(seed, cuts, overlap):
        shuffled = list(rows)
        random.Random(seed).shuffle(shuffled)
        edges = [0, *sorted(cuts), len(rows)]
        files = [shuffled[first:last] for first, last in pairwise(edges) if last > first]
        files = whole_days(files, rows) + ([shuffled] if overlap else [])
        random.Random(seed + 1).shuffle(files)

        assert proposed(kind, lines_of(kind, files)) == whole

    check()


def whole_days(files: list[list], rows: list) -> list[list]:
    """Twins stay in one file: which is which of two equal rows is told by their file, so exports never part them."""
    twins = [row for row in dict.fromkeys(rows) if rows.count(row) > 1]
    kept = [[row for row in file if row not in twins] for file in files]
    kept[0] += [row for row in rows if row in twins]
    return [file for file in kept if file]
