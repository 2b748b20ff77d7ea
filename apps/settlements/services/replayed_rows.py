"""The rows of a replay as people know them: order, reference, and the discrepancy where there is one."""

from collections.abc import Iterable

import polars as pl

from apps.merchants.models import Merchant
from apps.orders.models import Payment, Refund
from apps.settlements.models import BankLine, Discrepancy, Payout, StatementLine


def named(merchant: Merchant, rows: pl.DataFrame) -> list[dict]:
    """CHANGES as JSON, with `order_no`, `ref`, `discrepancy` and `payout`; six queries however many rows (a hundred at most)."""
    told = rows.with_columns(pl.col("business_date").cast(pl.String)).to_dicts()
    refunds = _by_key(Refund.objects.for_merchant(merchant), told, "refund_id", "payment_id")
    for row in told:
        row["payment_id"] = row["payment_id"] or next(iter(refunds.get(row["refund_id"], ())), None)
        row["payout_id"] = row["payout_id"] or (int(row["subject_key"]) if row["subject_type"] == "payout" else None)
        row["bank_line_id"] = row["bank_line_id"] or (int(row["subject_key"]) if row["subject_type"] == "bank_line" else None)
    payments = _by_key(Payment.objects.for_merchant(merchant), told, "payment_id", "order__order_no", "provider_ref")
    lines = _by_key(StatementLine.objects.for_merchant(merchant), told, "line_id", "provider_ref", "merchant_ref")
    payouts = _by_key(Payout.objects.for_merchant(merchant), told, "payout_id", "ref")
    deposits = _by_key(BankLine.objects.for_merchant(merchant), told, "bank_line_id", "memo")
    held = _discrepancies(merchant, told)
    for row in told:
        order_no, ref = payments.get(row["payment_id"], ("", ""))
        others = (*lines.get(row["line_id"], ()), *payouts.get(row["payout_id"], ()), *deposits.get(row["bank_line_id"], ()))
        row["order_no"], row["ref"] = order_no, next((text for text in (ref, *others) if text), "")
        row["discrepancy"] = held.get((row["channel_id"], row["kind"], row["subject_type"], row["subject_key"]))
    return told


def _by_key(queryset, rows: Iterable[dict], name: str, *fields: str) -> dict[int, tuple]:
    wanted = {row[name] for row in rows if row[name]}
    return {pk: rest for pk, *rest in queryset.filter(pk__in=wanted).values_list("pk", *fields)} if wanted else {}


def _discrepancies(merchant: Merchant, rows: Iterable[dict]) -> dict[tuple, int]:
    keys = {row["subject_key"] for row in rows if row["subject_key"]}
    found = Discrepancy.objects.for_merchant(merchant).filter(subject_key__in=keys) if keys else Discrepancy.objects.none()
    return {tuple(rest): pk for pk, *rest in found.values_list("pk", "channel_id", "kind", "subject_type", "subject_key")}
