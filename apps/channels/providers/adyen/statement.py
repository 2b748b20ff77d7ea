"""Adyen's settlement details report, in any order of columns. Amounts in major units, debit and credit in columns of their own.

Gross stands in the currency the customer paid in (GC), net and fees in the one that is paid out (NC); a row counts in the latter. The
`MerchantPayout` row of a batch names the payout, in the words the bank repeats, and its day; it is the payout of every row of its batch.
"""

import polars as pl

from apps.channels import canonical, cells, delimited
from apps.channels.canonical import Part
from apps.channels.contracts import FileRefused, LineKind, ParsedStatement, Refusal, Reject, StatementFile
from apps.channels.providers.adyen import codes

WANTED = "Settlement details report (Customer Area › Reports › Settlement details: settlement_detail_report_batch_N.csv)"
ENCODINGS = ("utf-8",)
MARKERS = ("Psp Reference",)
GROSS, NET = ("Gross Credit (GC)", "Gross Debit (GC)"), ("Net Credit (NC)", "Net Debit (NC)")
FEES = ("Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)")
PSP, TYPE, CREATED, ZONE, BATCH = "Psp Reference", "Type", "Creation Date", "TimeZone", "Batch Number"
CURRENCY, PAID_IN, RATE = "Net Currency", "Gross Currency", "Exchange Rate"
CHANGE, CHANGE_REF = "Modification Reference", "Modification Merchant Reference"
METHOD, VARIANT = "Payment Method", "Payment Method Variant"
NEEDED = ("Merchant Account", PSP, "Merchant Reference", CREATED, ZONE, TYPE, CHANGE, PAID_IN, *GROSS, CURRENCY, *NET, *FEES, BATCH)
# Columns that only other reports of Adyen's have, and what those are called in its Customer Area.
OTHERS = {
    "Record Type": "Payments accounting report",
    "Dispute Reason": "Dispute report",
    "Captured (PC)": "Payments accounting report",
    "Risk Scoring": "Received payments report",
}
# Adyen's own rule: of these the net is the gross at the row's rate, less the four fees.
STRICT = (LineKind.PAYMENT, LineKind.REFUND, LineKind.DISPUTE, LineKind.DISPUTE_REVERSAL)


def recognise(name: str, data: bytes) -> str | None:
    """`settlement_details`, or `other` for another report of Adyen's."""
    names = delimited.first_names(delimited.head(data, ENCODINGS)[0].encode())[0]
    if {PSP, BATCH, NET[0]} <= set(names):
        return "settlement_details"
    return "other" if "Merchant Account" in names and ("Company Account" in names or PSP in names) else None


def text(name: str, data: bytes) -> str:
    return delimited.shown(data, ENCODINGS, MARKERS)


def parse(file: StatementFile) -> ParsedStatement:
    """:raises FileRefused: as the contract says."""
    body = delimited.utf8(file.data, ENCODINGS, MARKERS)
    names, row, start = delimited.first_names(body)
    header = _header(names, row)
    accounts: set[str] = set()
    whole = canonical.gather(
        delimited.rows(body, header, row + 1, start, multiline=True), lambda block: _read(block, header, file, accounts)
    )
    lines = _paid_out(whole.lines)
    first_day, last_day = canonical.days(file.name, canonical.span(lines["payout_on"]), canonical.span(lines["business_date"]))
    return ParsedStatement(
        layout="settlement_details",
        account=_account(accounts, file.account),
        first_day=first_day,
        last_day=last_day,
        lines=lines,
        rejections=whole.rejections,
        rows_in=lines.height + len(whole.rejections),
        header=tuple(delimited.named(header)),
    )


def _header(names: tuple[str, ...], row: int) -> list[str]:
    other = next((report for column, report in OTHERS.items() if column in names), None)
    if other and BATCH not in names:
        raise FileRefused(Refusal.OTHER_REPORT, found=other, wanted=WANTED)
    canonical.require(names, NEEDED, WANTED)
    return delimited.unique_header(names, row)


def _account(found: set[str], expected: str) -> str:
    """The merchant account of the file. Batches are counted per account, so a report of the whole company is no statement of one.

    :raises FileRefused: OTHER_ACCOUNT when the file is of another account, or of several.
    """
    names = sorted(found)
    for name in names:
        canonical.check_account(expected or names[0], name)
    return names[0] if names else ""


def _read(block: delimited.Rows, header: list[str], file: StatementFile, accounts: set[str]) -> Part:
    rate = [RATE] if RATE in header else []
    frame = block.frame.with_columns(
        cells.clean(CURRENCY).str.to_uppercase().alias("@currency"),
        canonical.translated(block.frame, TYPE, codes.kind_of).alias("@kind"),
        canonical.moment(block.frame, CREATED).alias("@created"),
        cells.clean(ZONE).str.to_uppercase().replace_strict(codes.ZONES, default=None, return_dtype=pl.Float64).alias("@east"),
    )
    frame = frame.with_columns(
        (pl.col("@created") - pl.duration(minutes=(pl.col("@east") * 60).cast(pl.Int64))).dt.replace_time_zone("UTC").alias("@at")
    )
    frame = _amounts(frame)
    own, moved = pl.col("@own"), pl.col("@net") - pl.col("@gross") - pl.col("@fee")
    rounding = (pl.col("@residue") != 0) & (moved.abs() <= 1)
    broken = pl.col("@kind").is_in([kind.value for kind in STRICT]) & own & (moved != 0) & ~rounding
    good, rejected = canonical.sift(
        frame,
        [
            canonical.reference_fault(TYPE, needed=True),
            canonical.reference_fault(PSP),
            canonical.reference_fault(BATCH, needed=True),
            canonical.rule_fault(CURRENCY, ~pl.col("@currency").str.contains("^[A-Z]{3}$"), Reject.BAD_CURRENCY),
            *(canonical.amount_fault(name, 3, blank=True) for name in (*GROSS, *NET)),
            *(canonical.amount_fault(name, 9, blank=True, whole=canonical.MAX_FEE_WHOLE) for name in FEES),
            *(canonical.amount_fault(name, 12, blank=True) for name in rate),
            canonical.rule_fault(NET[0], pl.col("@net").is_null(), Reject.EXCESS_DIGITS),
            canonical.rule_fault(GROSS[0], pl.col("@gross").is_null(), Reject.EXCESS_DIGITS),
            canonical.rule_fault(FEES[0], pl.col("@fee").is_null(), Reject.EXCESS_DIGITS),
            canonical.rule_fault(NET[0], broken, Reject.NET_DIFFERS),
            canonical.time_fault(CREATED, "@created"),
            canonical.time_fault(ZONE, "@at"),
        ],
    )
    accounts.update(good.select(cells.clean("Merchant Account")).to_series().unique().drop_nulls().to_list())
    return Part(_lines(good, header, file), (*block.rejections, *rejected))


def _amounts(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds @gross, @fee, @residue and @net in minor units of the net currency, null where a cell has more digits than that.

    @own says that the gross is stated in that currency; of a converted row it is what the net and the fees make it.
    """

    def number(name: str, more: int) -> pl.Expr:
        cell = cells.clean(name)
        cell = pl.when(cell == "").then(pl.lit("0")).otherwise(cell)
        return canonical.minor_by_row(cell, frame["@currency"], more)

    paid_in = cells.clean(PAID_IN).str.to_uppercase()
    fees = -sum((number(name, 6) for name in FEES[1:]), number(FEES[0], 6))
    stated = pl.any_horizontal(cells.clean(name) != "" for name in GROSS)
    frame = frame.with_columns(
        ((paid_in == "") | (paid_in == pl.col("@currency"))).alias("@same"),
        stated.alias("@stated"),
        (number(NET[0], 0) - number(NET[1], 0)).alias("@net"),
        canonical.rounded(fees).alias("@fee"),
        (fees - canonical.rounded(fees) * canonical.MICRO).alias("@residue"),
    )
    frame = frame.with_columns((pl.col("@same") & pl.col("@stated")).alias("@own"))
    gross = pl.when(pl.col("@own")).then(number(GROSS[0], 0) - number(GROSS[1], 0)).otherwise(pl.col("@net") - pl.col("@fee"))
    return frame.with_columns(gross.alias("@gross"))


def _lines(frame: pl.DataFrame, header: list[str], file: StatementFile) -> pl.DataFrame:
    kind = pl.col("@kind").replace_strict(codes.DIRECTION, default=0, return_dtype=pl.Int64) * pl.col("@gross").sign()
    frame = frame.with_columns(pl.when(kind < 0).then(pl.lit(LineKind.ADJUSTMENT.value)).otherwise(pl.col("@kind")).alias("@kind"))
    change = cells.clean(CHANGE)
    given_back = pl.col("@kind").is_in([LineKind.REFUND.value, LineKind.DISPUTE.value, LineKind.DISPUTE_REVERSAL.value])
    is_payout = pl.col("@kind") == LineKind.PAYOUT.value
    variant = [name for name in (VARIANT, METHOD) if name in header]
    worded = frame.with_columns(pl.concat_str([cells.clean(name) for name in variant] or [pl.lit("")], separator=" ").alias("@method"))
    return canonical.assemble(
        worded,
        {
            "row_no": pl.col("row_no"),
            "kind": pl.col("@kind"),
            "provider_ref": cells.clean(PSP),
            "merchant_ref": cells.clean("Merchant Reference"),
            "provider_refund_ref": pl.when(given_back).then(change).otherwise(pl.lit("")),
            "refund_ref": pl.when(given_back).then(cells.clean(CHANGE_REF)).otherwise(pl.lit("")) if CHANGE_REF in header else pl.lit(""),
            "line_ref": pl.when(is_payout).then(change.str.extract(r"^(\S+)", 1).fill_null("")).otherwise(change.str.slice(0, 100)),
            "method": canonical.translated(worded, "@method", codes.method_of),
            "currency": pl.col("@currency"),
            "gross": pl.col("@gross"),
            "fee": pl.col("@fee"),
            "other": pl.col("@net") - pl.col("@gross") - pl.col("@fee"),
            "net": pl.col("@net"),
            "fee_residue": pl.col("@residue"),
            "occurred_at": pl.col("@at"),
            "business_date": pl.col("@at").dt.convert_time_zone(file.timezone).dt.date(),
            "payout_ref": cells.clean(BATCH),
            "row_hash": cells.row_hash(frame, delimited.named(header)),
        },
    )


def _paid_out(lines: pl.DataFrame) -> pl.DataFrame:
    """Until here `payout_ref` was the batch. The batch's payout row names it and dates it; a batch without one is not paid out yet."""
    batch = ["payout_ref", "currency"]
    paid = lines.filter(pl.col("kind") == LineKind.PAYOUT.value).unique(batch, keep="first", maintain_order=True)
    told = paid.select(*batch, pl.col("line_ref").alias("_ref"), pl.col("business_date").alias("_on"))
    named = lines.join(told, on=batch, how="left", maintain_order="left")
    return named.with_columns(pl.col("_ref").fill_null("").alias("payout_ref"), pl.col("_on").alias("payout_on")).select(lines.columns)
