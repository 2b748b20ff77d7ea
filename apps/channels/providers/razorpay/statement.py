"""Razorpay's combined settlement report, as its API answers it (JSON). Amounts are whole minor units (paise).

`fee` includes the tax on it, so the whole of it is our fee. The bank's reference of a settlement (`settlement_utr`) names its payout.
A row that is not settled yet moves nothing: it comes again when it is. The CSV of the dashboard writes other units and is not read.
"""

import json

import polars as pl

from apps.channels import canonical, cells, delimited
from apps.channels.contracts import FileRefused, LineKind, Method, ParsedStatement, Refusal, Reject, StatementFile, Total

WANTED = "Settlement recon, combined (API: GET /v1/settlements/recon/combined, the answer as a .json file)"
ENCODINGS = ("utf-8",)
COLUMNS = (
    "entity_id", "type", "debit", "credit", "amount", "currency", "fee", "tax", "on_hold", "settled", "created_at", "settled_at",
    "settlement_id", "payment_id", "settlement_utr", "order_receipt", "method", "dispute_id", "notes",
)  # fmt: skip
NEEDED = ("entity_id", "type", "debit", "credit", "amount", "currency", "fee", "created_at", "settlement_id")
AMOUNTS = ("debit", "credit", "amount", "fee")
KINDS = {"payment": LineKind.PAYMENT, "refund": LineKind.REFUND, "transfer": LineKind.ADJUSTMENT, "adjustment": LineKind.ADJUSTMENT}
STRICT = ("payment", "refund", "transfer")  # of these the net is the amount and the fee, verified on Razorpay's own example
METHODS = {
    "card": Method.CREDIT_CARD,
    "upi": Method.UPI,
    "netbanking": Method.BANK_TRANSFER,
    "bank_transfer": Method.BANK_TRANSFER,
    "emi": Method.INSTALLMENT,
    "paylater": Method.BNPL,
}
OUR_NOTES = ("merchant_ref", "order_no", "refund_no")  # what a shop may have written into the notes of a payment or refund
LIMIT = 64 * 1024**2  # bytes; the API gives a thousand rows at a time, some 700 bytes each


def recognise(name: str, data: bytes) -> str | None:
    """`recon_combined`, or `csv` for a table with the same columns."""
    start = delimited.head(data, ENCODINGS)[0]
    if start.lstrip().startswith(("{", "[")):
        return "recon_combined" if '"settlement_utr"' in start and '"entity_id"' in start else None
    return "csv" if {"entity_id", "settlement_id"} <= set(delimited.header_names(start.partition("\n")[0])) else None


def text(name: str, data: bytes) -> str:
    """One row a line, as `row_no` counts them; a file that cannot be read as it stands."""
    try:
        return "\n".join(json.dumps(item, ensure_ascii=False) for item in _items(_loaded(data)))
    except FileRefused:
        return delimited.shown(data, ENCODINGS, ())


def parse(file: StatementFile) -> ParsedStatement:
    """:raises FileRefused: as the contract says."""
    if recognise(file.name, file.data) == "csv":
        raise FileRefused(Refusal.OTHER_REPORT, found="CSV", wanted=WANTED)
    answer = _loaded(file.data)
    items = _items(answer)
    frame = _frame(items)
    good, rejections = canonical.sift(_amounts(frame), _faults())
    lines = _lines(good, file)
    first_day, last_day = canonical.days(file.name, canonical.span(lines["payout_on"]), canonical.span(lines["business_date"]))
    return ParsedStatement(
        layout="recon_combined",
        account="",
        first_day=first_day,
        last_day=last_day,
        lines=lines,
        rejections=tuple(rejections),
        totals=_count(answer, len(items)),
        rows_in=len(items),
        header=COLUMNS,
    )


def _loaded(data: bytes) -> object:
    if len(data) > LIMIT:
        raise FileRefused(Refusal.TOO_LARGE, limit_mb=LIMIT // 1024**2)
    if not data.strip(b" \t\r\n\xef\xbb\xbf\x00"):
        raise FileRefused(Refusal.EMPTY)
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        written = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise FileRefused(Refusal.ENCODING, row=1 + data.count(b"\n", 0, error.start), encodings=list(ENCODINGS)) from error
    try:
        return json.loads(written, strict=False, parse_float=str, parse_constant=str, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise FileRefused(Refusal.BAD_FORMAT, row=getattr(error, "lineno", 0), reason="not_json") from error


def _once(pairs: list[tuple[str, object]]) -> dict:
    """An object; a name that stands there twice makes it unreadable, for nobody knows which value is meant."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice")
    return made


def _items(answer: object) -> list[dict]:
    """The rows of one answer, or of a list of them.

    :raises FileRefused: OTHER_REPORT when it is another answer of some API.
    """
    pages = answer if isinstance(answer, list) else [answer]
    found = [page.get("items") if isinstance(page, dict) else None for page in pages]
    if not all(isinstance(items, list) for items in found):
        raise FileRefused(Refusal.OTHER_REPORT, found="JSON", wanted=WANTED)
    items = [item for page in found for item in page]
    if not all(isinstance(item, dict) for item in items):
        raise FileRefused(Refusal.BAD_FORMAT, row=0, reason="not_json")
    for item in items:
        canonical.require(item, NEEDED, WANTED)
    return items


def _count(answer: object, rows: int) -> tuple[Total, ...]:
    pages = answer if isinstance(answer, list) else [answer]
    stated = [page.get("count") for page in pages]
    known = all(isinstance(count, int) for count in stated)
    return (Total("count", sum(stated), rows, unit="count"),) if known else ()


def _frame(items: list[dict]) -> pl.DataFrame:
    """Every value as text, columns as Razorpay calls them, with what notes say of our own numbers."""
    names = [*COLUMNS, *sorted({name for item in items for name in item} - set(COLUMNS))]
    rows = {name: [_text(item.get(name)) for item in items] for name in names}
    notes = [item.get("notes") if isinstance(item.get("notes"), dict) else {} for item in items]
    rows |= {f"@{key}": [_text(note.get(key)) for note in notes] for key in OUR_NOTES}
    frame = pl.DataFrame(rows, schema=dict.fromkeys(rows, pl.String))
    return frame.with_columns(cells.row_hash(frame, names).alias("@hash")).with_row_index("row_no", offset=1)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _amounts(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds @gross, @fee and @net, @at and @paid; rows that are not settled move nothing."""
    whole = {name: cells.clean(name).str.extract(r"^([0-9]{1,15})$", 1).cast(pl.Int64, strict=False) for name in AMOUNTS}
    word, waits = cells.clean("type"), cells.clean("settled") == "false"
    net = whole["credit"] - whole["debit"]
    sign = pl.when(whole["credit"] >= whole["debit"]).then(1).otherwise(-1)
    figures = {"@gross": whole["amount"] * sign, "@fee": -whole["fee"], "@net": net}
    moment = {
        name: cells.clean(name).str.extract(r"^([0-9]{9,10})$", 1).cast(pl.Int64, strict=False) for name in ("created_at", "settled_at")
    }
    return frame.with_columns(
        *(pl.when(waits).then(0).otherwise(value).alias(name) for name, value in figures.items()),
        (word.is_in(STRICT) & ~waits & (net != whole["amount"] * sign - whole["fee"])).alias("@broken"),
        pl.from_epoch(moment["created_at"], time_unit="s").cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("@at"),
        pl.from_epoch(moment["settled_at"], time_unit="s").cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("@paid"),
        waits.alias("@waits"),
    )


def _faults() -> list[canonical.Fault]:
    code = cells.clean("currency")
    return [
        canonical.reference_fault("entity_id", needed=True),
        canonical.reference_fault("type", needed=True),
        canonical.rule_fault("currency", ~code.str.contains("^[A-Z]{3}$"), Reject.BAD_CURRENCY),
        *(canonical.rule_fault(name, ~cells.clean(name).str.contains(r"^[0-9]{1,15}$"), Reject.BAD_AMOUNT) for name in AMOUNTS),
        canonical.rule_fault("settled", ~cells.clean("settled").is_in(["", "true", "false"]), Reject.UNKNOWN_TYPE),
        canonical.rule_fault("credit", pl.col("@broken"), Reject.NET_DIFFERS),
        canonical.time_fault("created_at", "@at"),
        canonical.rule_fault("settled_at", pl.col("@paid").is_null() & (cells.clean("settled_at") != ""), Reject.BAD_TIME),
    ]


def _lines(frame: pl.DataFrame, file: StatementFile) -> pl.DataFrame:
    disputed, back = cells.clean("dispute_id") != "", pl.col("@net") < 0
    kind = (
        pl.when(disputed & back).then(pl.lit(LineKind.DISPUTE.value))
        .when(disputed & (cells.clean("type") == "adjustment")).then(pl.lit(LineKind.DISPUTE_REVERSAL.value))
        .otherwise(canonical.translated(frame, "type", lambda word: KINDS.get(word, LineKind.ADJUSTMENT).value))
    )  # fmt: skip
    frame = frame.with_columns(kind.alias("@kind"))
    is_payment, is_refund = pl.col("@kind") == LineKind.PAYMENT.value, pl.col("@kind") == LineKind.REFUND.value
    is_dispute = pl.col("@kind").is_in([LineKind.DISPUTE.value, LineKind.DISPUTE_REVERSAL.value])
    known = (cells.clean("settlement_utr") != "") & (cells.clean("settlement_id") != "")
    bank = (
        frame.filter(known)
        .unique("settlement_id", keep="first", maintain_order=True)
        .select("settlement_id", pl.col("settlement_utr").alias("@utr"))
    )
    frame = frame.join(bank, on="settlement_id", how="left", maintain_order="left")
    local = pl.col("@paid").dt.convert_time_zone(file.timezone).dt.date()
    return canonical.assemble(
        frame,
        {
            "row_no": pl.col("row_no"),
            "kind": pl.col("@kind"),
            "provider_ref": pl.when(is_payment).then(cells.clean("entity_id")).otherwise(cells.clean("payment_id")),
            "merchant_ref": _first("order_receipt", "@merchant_ref", "@order_no"),
            "provider_refund_ref": pl.when(is_refund)
            .then(cells.clean("entity_id"))
            .when(is_dispute)
            .then(cells.clean("dispute_id"))
            .otherwise(pl.lit("")),
            "refund_ref": pl.when(is_refund).then(cells.clean("@refund_no")).otherwise(pl.lit("")),
            "line_ref": cells.clean("entity_id"),
            "method": canonical.translated(frame, "method", lambda word: METHODS[word].value if word in METHODS else ""),
            "currency": cells.clean("currency"),
            "gross": pl.col("@gross"),
            "fee": pl.col("@fee"),
            "other": pl.col("@net") - pl.col("@gross") - pl.col("@fee"),
            "net": pl.col("@net"),
            "occurred_at": pl.col("@at"),
            "business_date": pl.col("@at").dt.convert_time_zone(file.timezone).dt.date(),
            "payout_ref": pl.when(pl.col("@waits")).then(pl.lit("")).otherwise(pl.coalesce("@utr", cells.clean("settlement_id"))),
            "payout_on": pl.when(~pl.col("@waits")).then(local),
            "row_hash": pl.col("@hash"),
        },
    )


def _first(*names: str) -> pl.Expr:
    return pl.coalesce(*(pl.when(cells.clean(name) != "").then(cells.clean(name)) for name in names), pl.lit(""))
