"""Shopify Payments' summary of payouts: one row a payout, what it came to, not what is in it. Amounts in major units.

Such a row announces the payout of its day and currency, to be compared with what the exported transactions of that day come to. The
status changes from export to export, so it does not make a row another row; that the payout is paid or on its way does.
"""

import polars as pl

from apps.channels import canonical, cells, delimited
from apps.channels.canonical import Part
from apps.channels.contracts import LineKind, Lists, ParsedStatement, Reject, StatementFile

WANTED = "Payouts (Shopify admin › Finance › Payouts › Export)"
LAYOUT = "payouts"
PAID_ON, STATUS, TOTAL, CURRENCY = "Payout Date", "Status", "Total", "Currency"
NEEDED = (PAID_ON, STATUS, "Charges", "Retried Amount", TOTAL)
SENT = ("paid", "in_transit", "in transit", "deposited")  # every other one (scheduled, failed, canceled) has moved nothing


def is_summary(names: set[str]) -> bool:
    """Whether these are the columns of the summary."""
    return set(NEEDED) <= names


def bare(name: str) -> pl.Expr:
    """An amount without the currency sign that some exports put before it."""
    return cells.clean(name).str.replace(r"^([+-]?)\p{Sc}\s?", "${1}").str.replace(r"^\p{Sc}\s?", "").alias(name)


def parse(body: bytes, names: tuple[str, ...], row: int, start: int, file: StatementFile) -> ParsedStatement:
    """The rows below the header, which is line `row`. :raises FileRefused: as the contract says."""
    header = delimited.unique_header(names, row)
    whole = canonical.gather(delimited.rows(body, header, row + 1, start), lambda block: _read(block, header, file))
    first_day, last_day = canonical.days("", canonical.span(whole.lines["business_date"]), cells.days_in_name(file.name))
    return ParsedStatement(
        layout=LAYOUT,
        account="",
        first_day=first_day,
        last_day=last_day,
        lines=whole.lines,
        rejections=whole.rejections,
        rows_in=whole.lines.height + len(whole.rejections),
        header=tuple(delimited.named(header)),
        lists=Lists.PAYOUTS,
    )


def _read(block: delimited.Rows, header: list[str], file: StatementFile) -> Part:
    currency = cells.clean(CURRENCY).str.to_uppercase() if CURRENCY in header else pl.lit(file.currency)
    frame = block.frame.with_columns(bare(TOTAL), currency.alias("@currency"))
    frame = frame.with_columns(
        canonical.moment(frame, PAID_ON).alias("@at"),
        cells.clean(STATUS).str.to_lowercase().is_in(SENT).alias("@sent"),
        canonical.minor_by_row(pl.col(TOTAL), frame["@currency"]).alias("@total"),
    )
    good, rejected = canonical.sift(
        frame,
        [
            canonical.reference_fault(STATUS, needed=True),
            canonical.rule_fault(
                CURRENCY if CURRENCY in header else STATUS, ~pl.col("@currency").str.contains("^[A-Z]{3}$"), Reject.BAD_CURRENCY
            ),
            canonical.amount_fault(TOTAL, 3),
            canonical.rule_fault(TOTAL, pl.col("@total").is_null(), Reject.EXCESS_DIGITS),
            canonical.time_fault(PAID_ON, "@at"),
        ],
    )
    return Part(_lines(good, header, file), (*block.rejections, *rejected))


def _lines(frame: pl.DataFrame, header: list[str], file: StatementFile) -> pl.DataFrame:
    steady = [name for name in delimited.named(header) if name != STATUS]
    identity = frame.with_columns(pl.col("@sent").cast(pl.String))
    left = pl.when("@sent").then(-pl.col("@total")).otherwise(0)
    return canonical.assemble(
        frame,
        {
            "row_no": pl.col("row_no"),
            "kind": pl.lit(LineKind.PAYOUT.value),
            "currency": pl.col("@currency"),
            "gross": left,
            "net": left,
            "occurred_at": canonical.as_utc(pl.col("@at"), file.timezone),
            "business_date": pl.col("@at").dt.date(),
            "payout_on": pl.when("@sent").then(pl.col("@at").dt.date()),
            "row_hash": cells.row_hash(identity, [*steady, "@sent"]),
        },
    )
