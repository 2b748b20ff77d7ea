"""PayPal's settlement report (STL) and transaction detail report (TRR). Amounts are whole hundredths of the main unit, for yen too,
unsigned, with CR (into the account) or DR beside them. One file may hold several sections and currencies.

A withdrawal takes the balance: the rows since the one before it are its lines. Within a file that is said here, by the bank's
reference; what stands after the last withdrawal waits for a later file (`Capabilities.sweeps`).
"""

from collections.abc import Iterator

import polars as pl

from apps.channels import canonical, cells, delimited
from apps.channels.canonical import Part
from apps.channels.contracts import FileRefused, LineKind, ParsedStatement, Refusal, Reject, StatementFile
from apps.channels.providers.paypal import codes, sections
from apps.channels.providers.paypal.sections import SUMS
from apps.channels.providers.paypal.withdrawals import go_with_withdrawals
from apps.core.money import exponent

WANTED = "Settlement report STL (Reports › Settlement, or SFTP folder /ppreports/outgoing: STL-yyyymmdd.NN.VVV.CSV)"
ENCODINGS = ("utf-8",)
MARKERS = ("Transaction ID",)
ROW = "CH"  # what the column of row types is called in the line that names the columns
MARK, GROSS, CURRENCY = "Transaction Debit or Credit", "Gross Transaction Amount", "Gross Transaction Currency"
FEE_MARK, FEE, FEE_CURRENCY = "Fee Debit or Credit", "Fee Amount", "Fee Currency"
CODE, ID, REFERENCE = "Transaction Event Code", "Transaction ID", "PayPal Reference ID"
STARTED = "Transaction Initiation Date"
STATUS, BANK, CUSTOM = "Transactional Status", "Bank Reference ID", "Custom Field"
NEEDED = (ROW, ID, "Invoice ID", REFERENCE, CODE, STARTED, MARK, GROSS, CURRENCY, FEE_MARK, FEE, FEE_CURRENCY, CUSTOM)
OTHERS = {
    "Subscription ID": "SAR subscription agreements",
    "Case ID": "DDR disputes",
    "From Email Address": "Activity download",
}
MOVED, UNMOVED = ("", "S", "V"), ("P", "D")  # done, reversed later by a row of its own; pending, denied


def recognise(name: str, data: bytes) -> str | None:
    """`stl` or `trr`, or `other` for another report of PayPal's."""
    for line in delimited.head(data, ENCODINGS)[0].split("\n", 40):
        names = delimited.header_names(line)
        if names[:1] == (ROW,) and {ID, CODE} <= set(names):
            return "trr" if STATUS in names else "stl"
        if _other_report(names):
            return "other"
    return None


def text(name: str, data: bytes) -> str:
    return delimited.shown(data, ENCODINGS, MARKERS)


def parse(file: StatementFile) -> ParsedStatement:
    """:raises FileRefused: as the contract says."""
    body = delimited.utf8(file.data, ENCODINGS, MARKERS)
    report = sections.read_frame(body)
    if not report.sections:
        raise _not_ours(body)
    parts = [canonical.gather(_rows(body, section), lambda block: _read(block, file)) for section in report.sections]
    lines = pl.concat(part.lines for part in parts)
    rejections = [rejection for part in parts for rejection in part.rejections]
    account = report.accounts[0] if report.accounts else ""
    for found in report.accounts:
        canonical.check_account(file.account or account, found)
    span = (min(report.days), max(report.days)) if report.days else None
    first_day, last_day = canonical.days(file.name, span, canonical.span(lines["business_date"]))
    header = report.sections[0].header
    return ParsedStatement(
        layout="trr" if STATUS in header else "stl",
        account=account,
        first_day=first_day,
        last_day=last_day,
        lines=go_with_withdrawals(lines),
        rejections=tuple(rejections),
        totals=sections.totals_of(report, [part.sums for part in parts], [part.lines.height + len(part.rejections) for part in parts]),
        rows_in=lines.height + len(rejections),
        header=header[1:],
    )


def _other_report(names: tuple[str, ...]) -> str | None:
    return next((report for column, report in OTHERS.items() if column in names and len(names) > 5), None)


def _not_ours(body: bytes) -> FileRefused:
    names = delimited.first_names(body)[0]
    if _other_report(names):
        return FileRefused(Refusal.OTHER_REPORT, found=_other_report(names), wanted=WANTED)
    return canonical.other_layout(names, NEEDED, WANTED)


def _rows(body: bytes, section: sections.Section) -> Iterator[delimited.Rows]:
    if CODE not in section.header and _other_report(section.header):
        raise FileRefused(Refusal.OTHER_REPORT, found=_other_report(section.header), wanted=WANTED)
    canonical.require(section.header, NEEDED, WANTED)
    header = delimited.unique_header(section.header, section.header_row)
    return delimited.rows(body[: section.end], header, section.first_row, section.start, multiline=True)


def _read(block: delimited.Rows, file: StatementFile) -> Part:
    told = {name: pl.when(cells.clean(name) == "").then(pl.lit("0")).otherwise(cells.clean(name)) for name in (GROSS, FEE)}
    frame = block.frame.with_columns(
        cells.clean(CURRENCY).str.to_uppercase().alias("@currency"),
        cells.clean(STARTED).str.replace_all("/", "-", literal=True).alias("@started"),
        *(cell.alias(f"@{name}") for name, cell in told.items()),
    )
    frame = frame.with_columns(
        pl.col("@started").str.to_datetime("%Y-%m-%d %H:%M:%S %z", time_unit="us", time_zone="UTC", strict=False).alias("@at"),
        _kinds(frame),
        _digits(frame),
    )
    frame = frame.with_columns(pl.when(pl.col("@at").dt.year().is_between(2000, 2099)).then(pl.col("@at")).alias("@at"))
    good, rejected = canonical.sift(frame, _faults(frame))
    good = _amounts(good)
    uneven = [canonical.rule_fault(name, pl.col(made).is_null(), Reject.EXCESS_DIGITS) for name, made in ((GROSS, "@gross"), (FEE, "@fee"))]
    good, parted = canonical.sift(good, uneven)
    return Part(_lines(good, file), (*block.rejections, *rejected, *parted), _sums(good))


def _kinds(frame: pl.DataFrame) -> pl.Expr:
    """@kind by event code and direction, each pair of them looked up once; empty where the code says nothing to us."""
    pair = pl.concat_str(cells.clean(CODE), cells.clean(MARK), separator=" ")
    words = frame.select(pair).to_series().unique().to_list()
    meaning = {word: codes.kind_of(*word.partition(" ")[::2]) for word in words}
    return pair.replace_strict(meaning, return_dtype=pl.String).alias("@kind")


def _digits(frame: pl.DataFrame) -> pl.Expr:
    """@digits: how many digits the currency has after the point."""
    known = {currency: exponent(currency) for currency in frame["@currency"].unique()}
    # Without rows there is nothing to replace, and polars would leave the column text.
    digits = pl.col("@currency").replace_strict(known, return_dtype=pl.Int64) if known else pl.lit(None, pl.Int64)
    return digits.alias("@digits")


def _faults(frame: pl.DataFrame) -> list[canonical.Fault]:
    directions = [codes.CREDIT, codes.DEBIT]
    undirected = [
        canonical.rule_fault(mark, ~cells.clean(mark).is_in(directions) & (pl.col(f"@{amount}") != "0"), Reject.BAD_AMOUNT)
        for mark, amount in ((MARK, GROSS), (FEE_MARK, FEE))
    ]
    own_fee = cells.clean(FEE_CURRENCY).str.to_uppercase()
    status = [canonical.choice_fault(STATUS, MOVED + UNMOVED)] if STATUS in frame.columns else []
    return [
        canonical.choice_fault(ROW, ["SB"]),
        canonical.reference_fault(ID, needed=True),
        canonical.reference_fault(REFERENCE),
        canonical.rule_fault(CODE, pl.col("@kind") == "", Reject.UNKNOWN_TYPE),
        canonical.rule_fault(CURRENCY, ~pl.col("@currency").str.contains("^[A-Z]{3}$"), Reject.BAD_CURRENCY),
        *(canonical.rule_fault(name, ~pl.col(f"@{name}").str.contains(r"^[0-9]{1,14}$"), Reject.BAD_AMOUNT) for name in (GROSS, FEE)),
        *undirected,
        canonical.rule_fault(FEE_CURRENCY, (pl.col(f"@{FEE}") != "0") & (own_fee != pl.col("@currency")), Reject.BAD_CURRENCY),
        canonical.time_fault(STARTED, "@at"),
        *status,
    ]


def _amounts(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds @gross and @fee, signed and in minor units; null where PayPal states less than a minor unit."""
    still = cells.clean(CODE).str.starts_with(codes.IDLE_GROUP)
    if STATUS in frame.columns:
        still = still | cells.clean(STATUS).is_in(UNMOVED)

    def minor(amount: str, mark: str) -> pl.Expr:
        hundredths = pl.col(f"@{amount}").cast(pl.Int64)
        unit = pl.lit(10, pl.Int64).pow((2 - pl.col("@digits")).clip(0))
        value = pl.when(hundredths % unit == 0).then(hundredths // unit * pl.lit(10, pl.Int64).pow((pl.col("@digits") - 2).clip(0)))
        return pl.when(still).then(0).when(cells.clean(mark) == codes.DEBIT).then(-value).otherwise(value).cast(pl.Int64)

    return frame.with_columns(minor(GROSS, MARK).alias("@gross"), minor(FEE, FEE_MARK).alias("@fee"))


def _sums(frame: pl.DataFrame) -> dict[str, int]:
    """The four figures of a footer, by `<currency> <figure>`."""
    figures = {
        name: frame.group_by("@currency").agg((pl.col(column) * sign).clip(0).sum())
        for name, (column, sign) in zip(SUMS, (("@gross", 1), ("@gross", -1), ("@fee", 1), ("@fee", -1)), strict=True)
    }
    return {f"{currency} {name}": value for name, table in figures.items() for currency, value in table.iter_rows()}


def _lines(frame: pl.DataFrame, file: StatementFile) -> pl.DataFrame:
    kind = pl.col("@kind")
    own = [name for name in delimited.named(frame.columns) if not name.startswith("@") and name not in (ROW, "row_no")]
    backs = kind.is_in([LineKind.REFUND.value, LineKind.DISPUTE.value])
    conversion = (kind == LineKind.CONVERSION.value) & (cells.clean(REFERENCE) != "")
    bank = pl.coalesce(pl.when(cells.clean(name) != "").then(cells.clean(name)) for name in (BANK, ID) if name in frame.columns)
    return canonical.assemble(
        frame,
        {
            "row_no": pl.col("row_no"),
            "kind": kind,
            "provider_ref": pl.when(kind == LineKind.PAYMENT.value).then(cells.clean(ID)).otherwise(cells.clean(REFERENCE)),
            "merchant_ref": cells.clean("Invoice ID"),
            "provider_refund_ref": pl.when(backs).then(cells.clean(ID)).otherwise(pl.lit("")),
            "refund_ref": pl.when(kind == LineKind.REFUND.value).then(cells.clean(CUSTOM)).otherwise(pl.lit("")),
            "line_ref": pl.when(conversion).then(cells.clean(REFERENCE)).otherwise(cells.clean(ID)),
            "currency": pl.col("@currency"),
            "gross": pl.col("@gross"),
            "fee": pl.col("@fee"),
            "net": pl.col("@gross") + pl.col("@fee"),
            "occurred_at": pl.col("@at"),
            "business_date": pl.col("@at").dt.convert_time_zone(file.timezone).dt.date(),
            "payout_ref": pl.when(kind == LineKind.PAYOUT.value).then(bank).otherwise(pl.lit("")),
            "row_hash": cells.row_hash(frame, own),
        },
    )
