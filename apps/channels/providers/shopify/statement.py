"""Shopify Payments' export of payment transactions, in its layouts of 13 to 19 columns and any order. Amounts in major units, some
exports with a currency sign; `Fee` positive when charged.

A row whose payout is still pending moves no money yet: it comes again, with its payout, in a later export. The status and dates of a
payout change from export to export, so they do not make a row another row; its number does.
"""

import polars as pl

from apps.channels import canonical, cells, delimited
from apps.channels.canonical import Part
from apps.channels.contracts import LineKind, Method, ParsedStatement, Reject, StatementFile
from apps.channels.providers.shopify import payouts

WANTED = "Payment transactions (Shopify admin › Finance › Payouts › View transactions › Export)"
ENCODINGS = ("utf-8",)
MARKERS = ("Payout Status", "Retried Amount")
CREATED, TYPE, ORDER, STATUS, PAID_ON = "Transaction Date", "Type", "Order", "Payout Status", "Payout Date"
AMOUNTS = ("Amount", "Fee", "Net")
PAYOUT, CURRENCY, VAT, CARD, METHOD = "Payout ID", "Currency", "VAT", "Card Brand", "Payment Method Name"
NEEDED = (CREATED, TYPE, ORDER, STATUS, PAID_ON, *AMOUNTS)
CHANGING = (STATUS, PAID_ON, "Available On")
PENDING = ("pending", "scheduled", "action_required")
KINDS = {
    "charge": LineKind.PAYMENT,
    "refund": LineKind.REFUND,
    "dispute": LineKind.DISPUTE,
    "chargeback": LineKind.DISPUTE,
    "dispute_reversal": LineKind.DISPUTE_REVERSAL,
    "chargeback won": LineKind.DISPUTE_REVERSAL,
    "reserve": LineKind.RESERVE,
    "fee": LineKind.FEE,
    "payout": LineKind.PAYOUT,
    "transfer": LineKind.PAYOUT,
}
# Which way the amount of these goes; the other way round a chargeback was won, and everything else is an adjustment.
DIRECTION = {LineKind.PAYMENT: 1, LineKind.REFUND: -1, LineKind.DISPUTE: -1, LineKind.DISPUTE_REVERSAL: 1}
STRICT = (LineKind.PAYMENT, LineKind.REFUND)  # of these the net is the amount less the fee and, where it stands apart, the VAT on it
CARDS = ("visa", "master", "mastercard", "american_express", "amex", "discover", "diners_club", "jcb", "maestro", "elo", "bancontact")


def recognise(name: str, data: bytes) -> str | None:
    """`transactions`, or `payouts` for the summary of them."""
    names = set(delimited.first_names(delimited.head(data, ENCODINGS)[0].encode())[0])
    if {CREATED, STATUS, PAID_ON, *AMOUNTS} <= names:
        return "transactions"
    return payouts.LAYOUT if payouts.is_summary(names) else None


def text(name: str, data: bytes) -> str:
    return delimited.shown(data, ENCODINGS, MARKERS)


def parse(file: StatementFile) -> ParsedStatement:
    """:raises FileRefused: as the contract says."""
    body = delimited.utf8(file.data, ENCODINGS, MARKERS)
    names, row, start = delimited.first_names(body)
    if payouts.is_summary(set(names)):
        return payouts.parse(body, names, row, start, file)
    canonical.require(names, NEEDED, WANTED)
    header = delimited.unique_header(names, row)
    blocks = delimited.rows(body, header, row + 1, start, multiline=True)
    whole = canonical.gather(blocks, lambda block: _read(block, header, file))
    lines = whole.lines
    # The day in a name is the day of the export, so it is asked last.
    spans = (canonical.span(lines["payout_on"]), canonical.span(lines["business_date"]), cells.days_in_name(file.name))
    first_day, last_day = canonical.days("", *spans)
    return ParsedStatement(
        layout=f"transactions_{len(delimited.named(header))}",
        account="",
        first_day=first_day,
        last_day=last_day,
        lines=lines,
        rejections=whole.rejections,
        rows_in=lines.height + len(whole.rejections),
        header=tuple(delimited.named(header)),
    )


def _read(block: delimited.Rows, header: list[str], file: StatementFile) -> Part:
    money = [name for name in (*AMOUNTS, VAT) if name in header]
    currency = cells.clean(CURRENCY).str.to_uppercase() if CURRENCY in header else pl.lit(file.currency)
    frame = block.frame.with_columns(*map(payouts.bare, money), currency.alias("@currency"))
    frame = frame.with_columns(
        _instant(frame, file.timezone),
        canonical.moment(frame, PAID_ON).dt.date().alias("@paid_on"),
        _pending(header).alias("@pending"),
        canonical.translated(frame, TYPE, lambda word: KINDS.get(word.lower(), LineKind.ADJUSTMENT).value).alias("@kind"),
    )
    frame = _amounts(frame, header)
    needs_day = ~pl.col("@pending") & pl.col("@paid_on").is_null()
    left = pl.col("@net") - pl.col("@gross") - pl.col("@fee")
    broken = pl.col("@kind").is_in([kind.value for kind in STRICT]) & (left != 0) & (left != pl.col("@vat"))
    good, rejected = canonical.sift(
        frame,
        [
            canonical.reference_fault(TYPE, needed=True),
            canonical.rule_fault(
                CURRENCY if CURRENCY in header else TYPE, ~pl.col("@currency").str.contains("^[A-Z]{3}$"), Reject.BAD_CURRENCY
            ),
            *(canonical.amount_fault(name, 3, blank=name == VAT) for name in money),
            *(
                canonical.rule_fault(name, pl.col(made).is_null(), Reject.EXCESS_DIGITS)
                for name, made in zip(AMOUNTS, ("@gross", "@fee", "@net"), strict=True)
            ),
            canonical.rule_fault("Net", broken, Reject.NET_DIFFERS),
            canonical.time_fault(CREATED, "@at"),
            canonical.rule_fault(PAID_ON, needs_day, Reject.BAD_TIME),
        ],
    )
    return Part(_lines(good, header, file), (*block.rejections, *rejected))


def _instant(frame: pl.DataFrame, timezone: str) -> pl.Series:
    """The moment of a row in UTC: with its own offset, else in the channel's zone."""
    written = frame.select(cells.clean(CREATED).str.replace_all("/", "-", literal=True)).to_series()
    own = written.str.to_datetime("%Y-%m-%d %H:%M:%S %z", time_unit="us", time_zone="UTC", strict=False)
    ours = pl.select(canonical.as_utc(pl.lit(canonical.moment(frame, CREATED)), timezone)).to_series()
    found = pl.select(pl.coalesce(own, ours)).to_series()
    return pl.select(pl.when(found.dt.year().is_between(2000, 2099)).then(found)).to_series().alias("@at")


def _pending(header: list[str]) -> pl.Expr:
    """A row that no payout has taken: it has no payout's number, or where the layout has none, its payout has not begun."""
    if PAYOUT in header:
        return cells.clean(PAYOUT) == ""
    return cells.clean(STATUS).str.to_lowercase().is_in([*PENDING, ""])


def _amounts(frame: pl.DataFrame, header: list[str]) -> pl.DataFrame:
    """Adds @gross, @fee, @vat and @net in minor units of each row's currency; null where a cell has more digits, 0 while pending."""

    def minor(name: str) -> pl.Expr:
        cell = pl.when(pl.col(name) == "").then(pl.lit("0")).otherwise(pl.col(name))
        value = canonical.minor_by_row(cell, frame["@currency"])
        return pl.when(pl.col("@pending") & value.is_not_null()).then(0).otherwise(value)

    vat = -minor(VAT) if VAT in header else pl.lit(0, pl.Int64)
    return frame.with_columns(minor("Amount").alias("@gross"), (-minor("Fee")).alias("@fee"), vat.alias("@vat"), minor("Net").alias("@net"))


def _lines(frame: pl.DataFrame, header: list[str], file: StatementFile) -> pl.DataFrame:
    way = pl.col("@kind").replace_strict(DIRECTION, default=0, return_dtype=pl.Int64) * pl.col("@gross").sign()
    won = (way < 0) & (pl.col("@kind") == LineKind.DISPUTE.value)
    kind = (
        pl.when(won).then(pl.lit(LineKind.DISPUTE_REVERSAL.value))
        .when(way < 0).then(pl.lit(LineKind.ADJUSTMENT.value))
        .otherwise(pl.col("@kind"))
    )  # fmt: skip
    steady = [name for name in delimited.named(header) if name not in CHANGING]
    identity = frame.with_columns(pl.col("@pending").cast(pl.String))
    settled = ~pl.col("@pending")
    methods = [name for name in (METHOD, CARD) if name in header]
    worded = frame.with_columns(pl.concat_str([cells.clean(name) for name in methods] or [pl.lit("")], separator=" ").alias("@method"))
    return canonical.assemble(
        worded,
        {
            "row_no": pl.col("row_no"),
            "kind": kind,
            "merchant_ref": cells.clean(ORDER),
            "method": canonical.translated(worded, "@method", _method),
            "currency": pl.col("@currency"),
            "gross": pl.col("@gross"),
            "fee": pl.col("@fee"),
            "other": pl.col("@net") - pl.col("@gross") - pl.col("@fee"),
            "net": pl.col("@net"),
            "occurred_at": pl.col("@at"),
            "business_date": pl.col("@at").dt.convert_time_zone(file.timezone).dt.date(),
            "payout_ref": cells.clean(PAYOUT) if PAYOUT in header else pl.lit(""),
            "payout_on": pl.when(settled).then(pl.col("@paid_on")),
            "row_hash": cells.row_hash(identity, [*steady, "@pending"]),
        },
    )


def _method(words: str) -> str:
    """Cards and wallets by their names; empty where the export does not tell."""
    said = words.lower().replace("_", " ").split()
    if "apple" in said or "applepay" in said:
        return Method.APPLE_PAY.value
    if "google" in said or "googlepay" in said:
        return Method.GOOGLE_PAY.value
    if "klarna" in said or "affirm" in said or "installments" in said:
        return Method.BNPL.value
    known = set(CARDS) | {"card", "american"}
    return Method.CREDIT_CARD.value if known & set(said) else ""
