"""Stripe's payout reconciliation report (itemized), in any order of columns. Amounts in major units; `fee` positive when charged.

The report may hold several currencies: each row is read in its own. It states no totals about itself.
"""

import polars as pl

from apps.channels import canonical, cells, delimited
from apps.channels.canonical import Part
from apps.channels.contracts import FileRefused, LineKind, Method, ParsedStatement, Refusal, Reject, StatementFile

WANTED = "Payout reconciliation, itemized (Dashboard › Reports › Payout reconciliation › Download › Itemized)"
ENCODINGS = ("utf-8",)
MARKERS = ("balance_transaction_id",)
AMOUNTS = ("gross", "fee", "net")
NEEDED = ("balance_transaction_id", "automatic_payout_id", "reporting_category", "currency", *AMOUNTS, "source_id", "payment_intent_id")
REFERENCE_KEYS = ("merchant_ref", "order_no", "external_identifier")
# Columns that only other Stripe reports and exports have, and what those are called in the dashboard.
OTHERS = {
    "Converted Amount": "Payments export",
    "Created (UTC)": "Payments export",
    "dispute_id": "Disputes report",
    "reporting_category": "Balance report",
    "balance_transaction_id": "Balance report",
}
KINDS = {
    "charge": LineKind.PAYMENT,
    "refund": LineKind.REFUND,
    "dispute": LineKind.DISPUTE,
    "dispute_reversal": LineKind.DISPUTE_REVERSAL,
    "fee": LineKind.FEE,
    "network_cost": LineKind.FEE,
    "tax": LineKind.TAX,
    "risk_reserved_funds": LineKind.RESERVE,
    "payout_minimum_balance_hold": LineKind.RESERVE,
    "payout_minimum_balance_release": LineKind.RESERVE,
    "currency_conversion": LineKind.CONVERSION,
    "payout": LineKind.PAYOUT,
    "payout_reversal": LineKind.PAYOUT,
}
# Stripe's own rule: for these the net is the gross less the fee. Whatever else it lists keeps its net as it stands.
STRICT = (LineKind.PAYMENT, LineKind.REFUND, LineKind.DISPUTE, LineKind.DISPUTE_REVERSAL)
# `card` is not here: wallets are cards too, and the report does not tell.
METHODS = {
    "alipay": Method.ALIPAY,
    "wechat_pay": Method.WECHAT_PAY,
    "paypal": Method.PAYPAL,
    "sepa_debit": Method.SEPA_DEBIT,
    "us_bank_account": Method.BANK_TRANSFER,
    "ach_debit": Method.BANK_TRANSFER,
    "ach_credit_transfer": Method.BANK_TRANSFER,
    "customer_balance": Method.BANK_TRANSFER,
    "konbini": Method.CVS_CODE,
    "upi": Method.UPI,
    "paypay": Method.PAYPAY,
    "klarna": Method.BNPL,
    "affirm": Method.BNPL,
    "afterpay_clearpay": Method.BNPL,
}


def recognise(name: str, data: bytes) -> str | None:
    """`payout_itemized`, or `other` for another report of Stripe's."""
    names = delimited.header_names(delimited.head(data, ENCODINGS)[0].partition("\n")[0])
    if {"balance_transaction_id", "reporting_category", "automatic_payout_id"} <= set(names):
        return "payout_itemized"
    return "other" if _other_report(names) else None


def text(name: str, data: bytes) -> str:
    return delimited.shown(data, ENCODINGS, MARKERS)


def parse(file: StatementFile) -> ParsedStatement:
    """:raises FileRefused: as the contract says."""
    body = delimited.utf8(file.data, ENCODINGS, MARKERS)
    names, row, start = delimited.first_names(body)
    header = _header(names, row)
    blocks = delimited.rows(body, header, row + 1, start, multiline=True)
    whole = canonical.gather(blocks, lambda block: _read(block, header, file))
    lines = whole.lines
    first_day, last_day = canonical.days(file.name, canonical.span(lines["payout_on"]), canonical.span(lines["business_date"]))
    return ParsedStatement(
        layout="payout_itemized",
        account="",
        first_day=first_day,
        last_day=last_day,
        lines=lines,
        rejections=whole.rejections,
        rows_in=lines.height + len(whole.rejections),
        header=tuple(delimited.named(header)),
    )


def _other_report(names: tuple[str, ...]) -> str | None:
    return next((report for column, report in OTHERS.items() if column in names and len(names) > 5), None)


def _header(names: tuple[str, ...], row: int) -> list[str]:
    if "automatic_payout_id" not in names and _other_report(names):
        raise FileRefused(Refusal.OTHER_REPORT, found=_other_report(names), wanted=WANTED)
    clock = "created" if "created" in names and "created_utc" not in names else "created_utc"
    canonical.require(names, (*NEEDED, clock), WANTED)
    return delimited.unique_header(names, row)


def _read(block: delimited.Rows, header: list[str], file: StatementFile) -> Part:
    created = "created_utc" if "created_utc" in header else "created"
    paid_out = next((name for name in ("automatic_payout_effective_at_utc", "automatic_payout_effective_at") if name in header), "")
    frame = block.frame.with_columns(
        cells.clean("currency").str.to_uppercase().alias("@currency"),
        canonical.translated(block.frame, "reporting_category", lambda word: KINDS.get(word, LineKind.ADJUSTMENT).value).alias("@kind"),
        _instant(block.frame, created, file.timezone).alias("@at"),
        canonical.moment(block.frame, paid_out).dt.date().alias("@paid_out"),
    )
    frame = _amounts(frame)
    gone = cells.clean(paid_out) != "" if paid_out else pl.lit(value=False)
    broken = pl.col("@kind").is_in([kind.value for kind in STRICT]) & (pl.col("@net") != pl.col("@gross") + pl.col("@fee"))
    good, rejected = canonical.sift(
        frame,
        [
            canonical.reference_fault("balance_transaction_id", needed=True),
            canonical.reference_fault("reporting_category", needed=True),
            canonical.rule_fault("currency", ~pl.col("@currency").str.contains("^[A-Z]{3}$"), Reject.BAD_CURRENCY),
            *(canonical.amount_fault(name, 3) for name in AMOUNTS),
            *(canonical.rule_fault(name, pl.col(f"@{name}").is_null(), Reject.EXCESS_DIGITS) for name in AMOUNTS),
            canonical.rule_fault("net", broken, Reject.NET_DIFFERS),
            canonical.time_fault(created, "@at"),
            *([canonical.rule_fault(paid_out, pl.col("@paid_out").is_null() & gone, Reject.BAD_TIME)] if paid_out else []),
        ],
    )
    return Part(_lines(good, header, file), (*block.rejections, *rejected))


def _instant(frame: pl.DataFrame, column: str, timezone: str) -> pl.Series:
    """The moment of a row in UTC: `…_utc` columns say so, the others are in the zone that the report was asked for in."""
    zone = "UTC" if column.endswith("_utc") else timezone
    return pl.select(canonical.as_utc(pl.lit(canonical.moment(frame, column)), zone)).to_series()


def _amounts(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds @gross, @fee and @net in minor units of each row's currency, null where a cell does not fit it."""

    def minor(name: str) -> pl.Expr:
        return canonical.minor_by_row(cells.clean(name), frame["@currency"])

    return frame.with_columns(minor("gross").alias("@gross"), -minor("fee").alias("@fee"), minor("net").alias("@net"))


def _lines(frame: pl.DataFrame, header: list[str], file: StatementFile) -> pl.DataFrame:
    # A payout_reversal gives a failed payout back to the balance; its source is the payout.
    given_back = pl.col("@kind").is_in([LineKind.REFUND.value, LineKind.DISPUTE.value, LineKind.DISPUTE_REVERSAL.value])
    given_back |= cells.clean("reporting_category") == "payout_reversal"
    columns = {
        "row_no": pl.col("row_no"),
        "kind": pl.col("@kind"),
        "provider_ref": _first(header, "payment_intent_id", "charge_id"),
        "merchant_ref": _first(header, *_reference_columns(file.mapping)),
        "provider_refund_ref": pl.when(given_back).then(cells.clean("source_id")).otherwise(pl.lit("")),
        "refund_ref": _first(header, f"refund_metadata[{file.mapping.get('refund_ref_key', 'refund_no')}]"),
        "line_ref": cells.clean("balance_transaction_id"),
        "currency": pl.col("@currency"),
        "gross": pl.col("@gross"),
        "fee": pl.col("@fee"),
        "other": pl.col("@net") - pl.col("@gross") - pl.col("@fee"),
        "net": pl.col("@net"),
        "occurred_at": pl.col("@at"),
        "business_date": pl.col("@at").dt.convert_time_zone(file.timezone).dt.date(),
        "payout_ref": cells.clean("automatic_payout_id"),
        "payout_on": pl.col("@paid_out"),
        "row_hash": cells.row_hash(frame, delimited.named(header)),
    }
    if "payment_method_type" in header:
        columns["method"] = canonical.translated(frame, "payment_method_type", lambda word: METHODS[word].value if word in METHODS else "")
    return canonical.assemble(frame, columns)


def _reference_columns(mapping: dict) -> list[str]:
    keys = [mapping["merchant_ref_key"]] if mapping.get("merchant_ref_key") else REFERENCE_KEYS
    return [f"payment_metadata[{key}]" for key in keys]


def _first(header: list[str], *names: str) -> pl.Expr:
    """The first of some columns that a row has filled in."""
    filled = [pl.when(cells.clean(name) != "").then(cells.clean(name)) for name in names if name in header]
    return pl.coalesce(*filled, pl.lit(""))
