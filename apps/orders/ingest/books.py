"""payments.csv and refunds.csv as checked frames: every row ends as a good row or with at least one named reason.

All rows and all columns are checked, so that a person mends a file once and not fault by fault. Only what the file and the
merchant's channels say is judged here; what the database already holds is compared by `services.books`.
"""

from dataclasses import dataclass

import polars as pl

from apps.channels.cells import clean, key
from apps.channels.contracts import Method
from apps.core.money import MAX_MINOR, exponent
from apps.orders.enums import PaymentState, RefundState
from apps.orders.ingest.amounts import minor_units
from apps.orders.ingest.reading import REJECTIONS, Piece, read_pieces
from apps.orders.ingest.times import NAIVE, moments
from apps.orders.states import CAPTURED

PAYMENT_COLUMNS = (
    "order_no", "placed_at", "storefront", "order_total", "currency", "channel", "method", "merchant_ref", "provider_ref", "amount",
    "status", "paid_at", "customer_ref", "payer_country", "payer_ip",
)  # fmt: skip
REFUND_COLUMNS = (
    "refund_no", "order_no", "channel", "merchant_ref", "provider_ref", "provider_refund_ref", "amount", "currency", "status",
    "requested_at", "refunded_at", "reason",
)  # fmt: skip
_REFERENCES = ("order_no", "merchant_ref", "provider_ref", "refund_no", "provider_refund_ref")
_LONGEST = {"order_no": 64, "storefront": 40, "customer_ref": 100, "payer_ip": 45, "reason": 300} | dict.fromkeys(
    ("merchant_ref", "provider_ref", "refund_no", "provider_refund_ref"), 100
)
_PAYMENT_NEEDS = ("order_no", "order_total", "currency", "channel", "method", "merchant_ref", "amount", "status")
_REFUND_NEEDS = ("refund_no", "channel", "amount", "currency", "status")
_ADDRESS = r"^[0-9A-Fa-f:.]{2,45}$"
Check = tuple[str, str, pl.Expr]  # column, code, where it is wrong


PAYMENT_ROWS = (
    "row_no", "channel", "channel_id", "order_no", "order_no_key", "merchant_ref", "merchant_ref_key", "provider_ref", "provider_ref_key",
    "method", "status", "amount_minor", "currency", "order_total_minor", "placed_at_utc", "paid_at_utc", "business_date", "storefront",
    "customer_ref", "payer_country", "payer_ip",
)  # fmt: skip
REFUND_ROWS = (
    "row_no", "channel", "channel_id", "merchant_ref", "merchant_ref_key", "provider_ref", "provider_ref_key", "refund_no", "refund_no_key",
    "provider_refund_ref", "provider_refund_ref_key", "status", "amount_minor", "currency", "requested_at_utc", "refunded_at_utc",
    "business_date", "reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CheckedBooks:
    """`rows_in` rows came; `rows` are the good ones in file order, `rejected` (REJECTIONS) names each fault of the others."""

    rows: pl.DataFrame  # PAYMENT_ROWS or REFUND_ROWS
    rejected: pl.DataFrame
    rows_in: int
    rows_repeated: int = 0  # good rows left out because the file states them twice with the same contents


def check_payments(data: bytes, channels: pl.DataFrame) -> CheckedBooks:
    """`channels`: code, channel_id, timezone of the merchant's channels. :raises BooksRefused: when nothing can be read."""
    found = [_check_payments(piece, channels) for piece in read_pieces(data, PAYMENT_COLUMNS)]
    return _whole(found, identity=["channel_id", "merchant_ref_key"])


def check_refunds(data: bytes, channels: pl.DataFrame) -> CheckedBooks:
    """Like `check_payments`, for refunds.csv; the payment of a refund is looked up later."""
    found = [_check_refunds(piece, channels) for piece in read_pieces(data, REFUND_COLUMNS)]
    return _whole(found, identity=["refund_no_key"])


def _check_payments(piece: Piece, channels: pl.DataFrame) -> CheckedBooks:
    frame, formulas = _cleaned(piece.frame, PAYMENT_COLUMNS)
    frame = _with_parsed(frame, channels, amounts=("amount", "order_total"), times=("placed_at", "paid_at"), day_of="paid_at")
    checks = [
        *_common_checks(PAYMENT_COLUMNS, _PAYMENT_NEEDS, piece.has_control),
        *_amount_checks("amount", "negative", pl.col("amount_minor") < 0),
        *_amount_checks("order_total", "negative", pl.col("order_total_minor") < 0),
        *_time_checks("placed_at"),
        *_time_checks("paid_at"),
        ("paid_at", "no_time", pl.col("status").is_in([str(state) for state in CAPTURED]) & (pl.col("paid_at") == "")),
        ("status", "unknown_state", ~pl.col("status").is_in(PaymentState.values)),
        ("method", "unknown_method", ~pl.col("method").is_in([str(method) for method in Method])),
        ("payer_country", "bad_country", ~pl.col("payer_country").str.contains(r"^([A-Z]{2})?$")),
        ("payer_ip", "bad_address", (pl.col("payer_ip") != "") & ~pl.col("payer_ip").str.contains(_ADDRESS)),
    ]
    return _sorted_out(frame, [piece.rejected, formulas, *_faults(frame, checks)], PAYMENT_ROWS, piece.rows_in)


def _check_refunds(piece: Piece, channels: pl.DataFrame) -> CheckedBooks:
    frame, formulas = _cleaned(piece.frame, REFUND_COLUMNS)
    frame = _with_parsed(frame, channels, amounts=("amount",), times=("requested_at", "refunded_at"), day_of="refunded_at")
    checks = [
        *_common_checks(REFUND_COLUMNS, _REFUND_NEEDS, piece.has_control),
        ("merchant_ref", "missing_value", (pl.col("merchant_ref_key") == "") & (pl.col("provider_ref_key") == "")),
        *_amount_checks("amount", "not_positive", pl.col("amount_minor") <= 0),
        *_time_checks("requested_at"),
        *_time_checks("refunded_at"),
        ("refunded_at", "no_time", (pl.col("status") == RefundState.SUCCEEDED.value) & (pl.col("refunded_at") == "")),
        ("status", "unknown_state", ~pl.col("status").is_in(RefundState.values)),
    ]
    return _sorted_out(frame, [piece.rejected, formulas, *_faults(frame, checks)], REFUND_ROWS, piece.rows_in)


def _cleaned(frame: pl.DataFrame, columns: tuple[str, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Texts without wrappers and references as keys, and the cells that are formulas, told apart before their `=` is gone."""
    formulas = [(name, "formula", pl.col(name).str.starts_with("=") & ~pl.col(name).str.starts_with('="')) for name in columns]
    found = pl.concat([pl.DataFrame(schema=REJECTIONS), *_faults(frame, formulas)])
    frame = frame.with_columns(clean(name) for name in columns)
    return frame.with_columns(key(pl.col(name)).alias(f"{name}_key") for name in _REFERENCES if name in columns), found


def _with_parsed(frame: pl.DataFrame, channels: pl.DataFrame, *, amounts, times, day_of: str) -> pl.DataFrame:
    digits = {currency: exponent(currency) for currency in frame["currency"].unique()}
    frame = frame.with_columns(
        *[minor_units(frame[name], frame["currency"], digits).alias(f"{name}_minor") for name in amounts],
        *[moments(frame[name]).alias(f"{name}_utc") for name in times],
    )
    frame = frame.join(channels, left_on="channel", right_on="code", how="left", maintain_order="left")
    day = pl.lit(None, dtype=pl.Date)
    for zone in channels["timezone"].unique().sort():
        # Not `then` on a shared column: converting only where the zone applies would cost a pass a zone all the same.
        day = pl.when(pl.col("timezone") == zone).then(pl.col(f"{day_of}_utc").dt.convert_time_zone(zone).dt.date()).otherwise(day)
    return frame.with_columns(day.alias("business_date"))


def _common_checks(columns: tuple[str, ...], needs: tuple[str, ...], has_control: bool) -> list[Check]:
    checks = [(name, "missing_value", pl.col(name) == "") for name in needs]
    checks += [(name, "missing_value", pl.col(f"{name}_key") == "") for name in needs if name in _REFERENCES]
    checks += [(name, "too_long", pl.col(name).str.len_chars() > longest) for name, longest in _LONGEST.items() if name in columns]
    if has_control:
        checks += [(name, "control_character", pl.col(name).str.contains(r"[\x00-\x1f\x7f]")) for name in columns]
    checks.append(("channel", "unknown_channel", pl.col("channel_id").is_null()))
    checks.append(("currency", "bad_currency", ~pl.col("currency").str.contains(r"^[A-Z]{3}$")))
    return checks


def _amount_checks(name: str, sign_code: str, wrong_sign: pl.Expr) -> list[Check]:
    text, minor = pl.col(name), pl.col(f"{name}_minor")
    plain = r"^[+\-]?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,15})(\.[0-9]+)?$"
    return [
        (name, "too_large", (minor.abs() > MAX_MINOR) | (minor.is_null() & text.str.contains(r"^[+\-]?[0-9,]{16,}(\.[0-9]+)?$"))),
        (name, "bad_amount", minor.is_null() & ~text.str.contains(plain)),
        (name, "excess_digits", minor.is_null()),
        (name, sign_code, wrong_sign),
    ]


def _time_checks(name: str) -> list[Check]:
    unread = pl.col(f"{name}_utc").is_null() & (pl.col(name) != "")
    return [(name, "no_offset", unread & pl.col(name).str.contains(NAIVE)), (name, "bad_time", unread)]


def _faults(frame: pl.DataFrame, checks: list[Check]) -> list[pl.DataFrame]:
    """A frame of REJECTIONS for each check that found something, in the order of the checks."""
    flags = frame.select(wrong.fill_null(False).alias(str(at)) for at, (_column, _code, wrong) in enumerate(checks))
    counts = flags.select(pl.all().sum()).row(0)
    found = []
    for at, (column, code, _wrong) in enumerate(checks):
        if counts[at]:
            cells = frame.filter(flags[str(at)]).select("row_no", value=pl.col(column).str.slice(0, 80))
            found.append(cells.select("row_no", column=pl.lit(column), code=pl.lit(code), value=pl.col("value")))
    return found


def _sorted_out(frame: pl.DataFrame, faults: list[pl.DataFrame], kept: tuple[str, ...], rows_in: int) -> CheckedBooks:
    # One reason a cell is enough: an empty amount is missing, and not also a bad amount.
    rejected = pl.concat(faults).unique(["row_no", "column"], keep="first", maintain_order=True)
    places = {name: at for at, name in enumerate(frame.columns)}  # as the file has them: a row's faults are told from left to right
    rejected = rejected.sort("row_no", pl.col("column").replace_strict(places, default=-1, return_dtype=pl.Int64), maintain_order=True)
    frame = frame.select(kept)
    if rejected.height:
        frame = frame.join(rejected.select("row_no").unique(), on="row_no", how="anti", maintain_order="left")
    return CheckedBooks(rows=frame, rejected=rejected, rows_in=rows_in)


def _whole(pieces: list[CheckedBooks], *, identity: list[str]) -> CheckedBooks:
    """The pieces as one. The same row with the same contents counts once; the same identity with others is rejected: nobody's choice."""
    frame = pl.concat([piece.rows for piece in pieces])
    rejected = pl.concat([piece.rejected for piece in pieces])
    rows_in = sum(piece.rows_in for piece in pieces)
    # Hashes first: a collision only costs the exact way below, and a million structs would cost a quarter of a gigabyte.
    if frame.select(sum(pl.col(name).hash(at) for at, name in enumerate(identity)).n_unique()).item() == frame.height:
        return CheckedBooks(rows=frame, rejected=rejected, rows_in=rows_in)
    contents = [name for name in frame.columns if name != "row_no"]
    told = frame.with_columns(
        first=pl.col("row_no").first().over(identity),
        alike=pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).first().over(identity)) for name in contents),
    )
    later = told.filter(pl.col("row_no") != pl.col("first"))
    clash = later.filter(~pl.col("alike")).select(
        "row_no", column=pl.lit(identity[-1].removesuffix("_key")), code=pl.lit("appears_twice"), value=pl.col("first").cast(pl.String)
    )
    return CheckedBooks(
        rows=told.filter(pl.col("row_no") == pl.col("first")).drop("first", "alike"),
        rejected=pl.concat([rejected, clash]).sort("row_no", maintain_order=True),
        rows_in=rows_in,
        rows_repeated=later.height - clash.height,
    )
