"""The statement of a channel that no provider stands behind: written here from the shop's own books, and read back as any other file.

Amounts in major units, signed from the merchant's side; times in UTC. Nobody takes a fee. Points bring no money: what was sold for them
stands in `other` against the sale, so that the sale is whole and nothing is due.
"""

import polars as pl

from apps.channels import canonical, cells, delimited
from apps.channels.canonical import Part
from apps.channels.contracts import OWN_COLUMNS, FileRefused, LineKind, Method, ParsedStatement, Refusal, Reject, StatementFile
from apps.core.money import exponent

LAYOUT = "own_1"
WANTED = "Hezhang (own_1)"
KINDS = (LineKind.PAYMENT.value, LineKind.REFUND.value)
AMOUNTS = ("gross", "other", "net")
ENCODINGS, MARKERS = ("utf-8",), ("own_kind",)


def recognise(name: str, data: bytes) -> str | None:
    names = delimited.first_names(delimited.head(data, ENCODINGS)[0].encode())[0]
    return LAYOUT if tuple(names) == OWN_COLUMNS else None


def text(name: str, data: bytes) -> str:
    return delimited.shown(data, ENCODINGS, MARKERS)


def parse(file: StatementFile) -> ParsedStatement:
    """:raises FileRefused: as the contract says."""
    body = delimited.utf8(file.data, ENCODINGS, MARKERS)
    names, row, start = delimited.first_names(body)
    if tuple(names) != OWN_COLUMNS:
        raise FileRefused(Refusal.OTHER_REPORT, found=", ".join(names)[:80], wanted=WANTED)
    blocks = delimited.rows(body, list(OWN_COLUMNS), row + 1, start)
    whole = canonical.gather(blocks, _read)
    first_day, last_day = canonical.days("", canonical.span(whole.lines["business_date"]))
    return ParsedStatement(
        layout=LAYOUT,
        account="",
        first_day=first_day,
        last_day=last_day,
        lines=whole.lines,
        rejections=whole.rejections,
        rows_in=whole.lines.height + len(whole.rejections),
        header=OWN_COLUMNS,
    )


def _read(block: delimited.Rows) -> Part:
    frame = block.frame.with_columns(
        canonical.moment(block.frame, "at").dt.replace_time_zone("UTC").alias("@at"),
        canonical.moment(block.frame, "day").dt.date().alias("@day"),
        canonical.moment(block.frame, "payout_on").dt.date().alias("@payout_on"),
    )
    digits = {currency: exponent(currency) for currency in frame["currency"].unique()}
    frame = frame.with_columns(_minor(name, digits).alias(f"@{name}") for name in AMOUNTS)
    good, rejected = canonical.sift(
        frame,
        [
            canonical.choice_fault("own_kind", KINDS),
            canonical.choice_fault("method", [str(method) for method in Method]),
            canonical.reference_fault("own_ref", needed=True),
            canonical.rule_fault("currency", ~pl.col("currency").str.contains("^[A-Z]{3}$"), Reject.BAD_CURRENCY),
            *(canonical.amount_fault(name, 3) for name in AMOUNTS),
            *(canonical.rule_fault(name, pl.col(f"@{name}").is_null(), Reject.EXCESS_DIGITS) for name in AMOUNTS),
            canonical.rule_fault("net", pl.col("@gross") + pl.col("@other") != pl.col("@net"), Reject.NET_DIFFERS),
            canonical.time_fault("at", "@at"),
            canonical.time_fault("day", "@day"),
            canonical.rule_fault("payout_on", pl.col("@payout_on").is_null() & (cells.clean("payout_on") != ""), Reject.BAD_TIME),
        ],
    )
    lines = canonical.assemble(
        good,
        {
            "row_no": pl.col("row_no"),
            "kind": pl.col("own_kind"),
            "merchant_ref": cells.clean("own_ref"),
            "refund_ref": cells.clean("own_refund_no"),
            "method": pl.col("method"),
            "currency": pl.col("currency"),
            "gross": pl.col("@gross"),
            "other": pl.col("@other"),
            "net": pl.col("@net"),
            "occurred_at": pl.col("@at"),
            "business_date": pl.col("@day"),
            "payout_ref": cells.clean("payout_ref"),
            "payout_on": pl.col("@payout_on"),
            "row_hash": cells.row_hash(good, list(OWN_COLUMNS)),
        },
    )
    return Part(lines, (*block.rejections, *rejected))


def _minor(name: str, digits: dict[str, int]) -> pl.Expr:
    """Minor units of each row's currency; null where the cell has more digits."""
    cases = [pl.when(pl.col("currency") == currency).then(cells.scaled(cells.clean(name), count)) for currency, count in digits.items()]
    return pl.coalesce(*cases, pl.lit(None, pl.Int64))
