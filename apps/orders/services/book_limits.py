"""What a file of the books may not do to refunds and payments: exceed what was paid, or contradict what was decided here.

The database refuses the same; here the person who brings the file in learns which row it is, before anything is written.
"""

from dataclasses import dataclass

import polars as pl

from apps.core.bulk import keyed_frame
from apps.core.money import plain
from apps.merchants.models import Merchant
from apps.orders.enums import RefundState
from apps.orders.ingest.reading import REJECTIONS
from apps.orders.models import Payment, Refund
from apps.orders.services.comparing import Plan
from apps.orders.states import DESK_MOVES, HOLDS_MONEY, PAYMENT_MOVES

_HOLDING = sorted(HOLDS_MONEY)
_DESK = {"id": pl.Int64()}
_DESK_BY_PROVIDER = {"channel_id": pl.Int64(), "provider_refund_ref_key": pl.String(), "payment_id": pl.Int64(), "amount_minor": pl.Int64()}
_HELD = {"payment_id": pl.Int64(), "amount_minor": pl.Int64(), "currency": pl.String()}
_KEPT = ["payment_id", "channel_id", "amount_minor", "currency"]


@dataclass(frozen=True, slots=True)
class Apart:
    """A file's rows without those of refunds asked for here; how many of these agreed, and the others as REJECTIONS."""

    rows: pl.DataFrame
    rows_same: int
    rejected: pl.DataFrame


def apart_from_desk(merchant: Merchant, rows: pl.DataFrame, known: pl.DataFrame) -> Apart:
    """Refunds asked for here go their own way: a row that repeats one, or lags behind it, counts as the same; another is rejected.

    Known by our number, or by the provider's with the same payment and amount. `known` as for `comparing.compare`.
    """
    of_desk = Refund.objects.for_merchant(merchant).filter(request__isnull=False)
    if rows.is_empty() or not of_desk.exists():
        return Apart(rows, 0, pl.DataFrame(schema=REJECTIONS))
    desk = known.join(keyed_frame(of_desk, "id", known["id"], _DESK), on="id", how="semi")
    behind = pl.DataFrame(_behind(), schema=["state", "state_was"], orient="row").with_columns(is_behind=True)
    told = rows.join(desk, on="refund_no_key", maintain_order="left").join(behind, on=["state", "state_was"], how="left")
    agrees = pl.col("is_behind").fill_null(False) & pl.all_horizontal(pl.col(name) == pl.col(f"{name}_was") for name in _KEPT)
    rejected = _rejected(told.filter(~agrees), "refund_no", "desk_refund", pl.col("refund_no"))
    others = rows.join(desk, on="refund_no_key", how="anti", maintain_order="left")
    new = others.join(known, on="refund_no_key", how="anti").filter(pl.col("provider_refund_ref_key") != "")
    theirs = keyed_frame(of_desk, "provider_refund_ref_key", new["provider_refund_ref_key"], _DESK_BY_PROVIDER)
    repeats = new.join(theirs, on=list(_DESK_BY_PROVIDER), how="semi")
    others = others.join(repeats, on="row_no", how="anti", maintain_order="left")
    return Apart(others, rows.height - others.height - rejected.height, rejected)


def keep_within_payments(merchant: Merchant, plan: Plan) -> Plan:
    """Rejects the rows with which a payment's refunds would come to more than was paid, in the order of the file.

    Rows carry `payment_minor` and `payment_currency`; a refund in another currency is not compared.
    """
    moves = pl.concat([_moves(plan.new, was=False), _moves(plan.changed, was=True)])
    grown = moves.filter(pl.col("delta") > 0)
    if grown.is_empty():
        return plan
    touched = moves.filter(pl.col("payment_id").is_in(grown["payment_id"].unique().implode()))
    rows = Refund.objects.for_merchant(merchant).filter(state__in=_HOLDING)
    held = keyed_frame(rows, "payment_id", touched["payment_id"], _HELD)
    paid = touched.select("payment_id", "payment_minor", "payment_currency").unique("payment_id")
    held = held.join(paid, on="payment_id").filter(pl.col("currency") == pl.col("payment_currency"))
    sums = held.group_by("payment_id").agg(base=pl.col("amount_minor").sum())
    after = touched.group_by("payment_id").agg(pl.col("delta").sum()).join(sums, on="payment_id", how="left").join(paid, on="payment_id")
    over = after.filter(pl.col("base").fill_null(0) + pl.col("delta") > pl.col("payment_minor"))
    if over.is_empty():
        return plan
    base = dict(over.select("payment_id", pl.col("base").fill_null(0)).iter_rows())
    rejected = pl.DataFrame(list(_too_much(touched, base)), schema=REJECTIONS, orient="row")
    return Plan(
        plan.new.join(rejected, on="row_no", how="anti", maintain_order="left"),
        plan.changed.join(rejected, on="row_no", how="anti", maintain_order="left"),
        plan.rows_same,
        pl.concat([plan.rejected, rejected]),
    )


def keep_above_refunds(merchant: Merchant, plan: Plan) -> Plan:
    """Rejects rows that make a payment smaller than its refunds, or give it a currency in which they are too many."""
    shrunk = plan.changed.filter(
        (pl.col("amount_minor") < pl.col("amount_minor_was")) | (pl.col("currency") != pl.col("currency_was"))
    ) if plan.changed.height else plan.changed  # fmt: skip
    if shrunk.is_empty():
        return plan
    rows = Refund.objects.for_merchant(merchant).filter(state__in=_HOLDING)
    held = keyed_frame(rows, "payment_id", shrunk["id"], _HELD)
    sums = held.group_by("payment_id", "currency").agg(held=pl.col("amount_minor").sum())
    joined = shrunk.join(sums, left_on=["id", "currency"], right_on=["payment_id", "currency"], maintain_order="left")
    over = joined.filter(pl.col("held") > pl.col("amount_minor"))
    faults = [
        (row["row_no"], "amount", "below_refunds", f"{plain(row['held'], row['currency'])} {row['currency']}")
        for row in over.iter_rows(named=True)
    ]
    rejected = pl.DataFrame(faults, schema=REJECTIONS, orient="row")
    changed = plan.changed.join(rejected, on="row_no", how="anti", maintain_order="left")
    return Plan(plan.new, changed, plan.rows_same, pl.concat([plan.rejected, rejected]))


def with_desk_states(merchant: Merchant, rows: pl.DataFrame) -> pl.DataFrame:
    """A shop's own system does not hear of refunds made here: where it still says paid, what the refunds made of it stays."""
    refunded = Payment.objects.for_merchant(merchant).filter(refunds__request__isnull=False, refunds__state=RefundState.SUCCEEDED)
    known = {"channel_id": pl.Int64(), "merchant_ref_key": pl.String(), "state": pl.String()}
    if not refunded.exists():
        return rows
    found = list(refunded.distinct().values_list(*known))
    moved = pl.DataFrame(found, schema=known, orient="row").rename({"state": "state_here"})
    pairs = [(str(was), str(to)) for was, after in PAYMENT_MOVES.items() for to in after if was == "paid" or to == "refunded"]
    ahead = pl.DataFrame(pairs, schema=["state", "state_here"], orient="row").with_columns(is_behind=True)
    told = rows.join(moved, on=["channel_id", "merchant_ref_key"], how="left", maintain_order="left")
    told = told.join(ahead, on=["state", "state_here"], how="left", maintain_order="left")
    state = pl.when(pl.col("is_behind").fill_null(False)).then("state_here").otherwise("state").alias("state")
    return told.with_columns(state).select(rows.columns)


def _behind() -> list[tuple[str, str]]:
    """(said by the file, known here) where what is known may have come after what is said."""
    reached = {state: {state} for state in RefundState}
    for _round in RefundState:
        for state, after in reached.items():
            after |= {further for one in after for further in DESK_MOVES[one]}
            reached[state] = after
    return [(str(said), str(known)) for said, after in reached.items() for known in after]


def _moves(rows: pl.DataFrame, *, was: bool) -> pl.DataFrame:
    """row_no, payment_id, what was paid, and by how much each row changes what is held of it."""

    def holding(suffix: str) -> pl.Expr:
        counts = pl.col(f"state{suffix}").is_in(_HOLDING) & (pl.col(f"currency{suffix}") == pl.col("payment_currency"))
        return pl.when(counts).then(pl.col(f"amount_minor{suffix}")).otherwise(0)

    delta = holding("") - holding("_was") if was and rows.height else holding("")
    return rows.select("row_no", "payment_id", "payment_minor", "payment_currency", delta=delta)


def _too_much(touched: pl.DataFrame, base: dict[int, int]):
    """Rows that give money back first, since they are written first; then the others as the file has them."""
    rows = touched.filter(pl.col("payment_id").is_in(list(base))).sort(pl.col("delta") > 0, "row_no")
    for row in rows.iter_rows(named=True):
        total = base[row["payment_id"]] + row["delta"]
        if row["delta"] > 0 and total > row["payment_minor"]:
            left = max(0, row["payment_minor"] - base[row["payment_id"]])
            yield row["row_no"], "amount", "exceeds_payment", f"{plain(left, row['payment_currency'])} {row['payment_currency']}"
        else:
            base[row["payment_id"]] = total


def _rejected(rows: pl.DataFrame, column: str, code: str, value: pl.Expr) -> pl.DataFrame:
    return rows.select("row_no", column=pl.lit(column), code=pl.lit(code), value=value.str.slice(0, 80)).cast(REJECTIONS)
