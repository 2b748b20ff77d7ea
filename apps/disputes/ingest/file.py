"""disputes.csv as checked rows: every row ends as a good one or with named reasons. Nothing is looked up or written here."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from apps.channels.cells import clean, key_text
from apps.core.money import MAX_MINOR, exponent
from apps.disputes.enums import DisputeState
from apps.orders.ingest.amounts import minor_units
from apps.orders.ingest.reading import read_pieces
from apps.orders.ingest.times import NAIVE, moments

COLUMNS = (
    "dispute_no", "order_no", "channel", "merchant_ref", "provider_ref", "provider_dispute_ref", "amount", "currency", "status", "reason",
    "opened_at", "due_at",
)  # fmt: skip
NEEDED = ("channel", "amount", "currency", "status", "opened_at")
_TEXTS = ("dispute_no", "order_no", "channel", "merchant_ref", "provider_ref", "provider_dispute_ref", "currency", "reason")
_LONGEST = {"order_no": 64, "reason": 60} | dict.fromkeys(("dispute_no", "merchant_ref", "provider_ref", "provider_dispute_ref"), 100)


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why a row cannot be taken in; `code` as in `orders.errors.REASONS` and `disputes.errors.ROW_REASONS`."""

    row_no: int
    column: str
    code: str
    value: str


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """One good row. The amount is positive minor units; texts are as delivered, without wrappers."""

    row_no: int
    dispute_no: str
    order_no: str
    channel: str
    merchant_ref: str
    provider_ref: str
    provider_dispute_ref: str
    amount_minor: int
    currency: str
    state: DisputeState
    reason: str
    opened_at: datetime
    due_at: datetime | None

    @property
    def identity(self) -> tuple[str, ...]:
        """Two rows of one identity are one dispute."""
        return ("ours", key_text(self.dispute_no)) if key_text(self.dispute_no) else (self.channel, key_text(self.provider_dispute_ref))


@dataclass(frozen=True, slots=True)
class Checked:
    """`rows_in` counts every row of the file; a row that repeats another with the same contents counts as the same."""

    rows: list[DisputeRow]
    faults: list[Fault]
    rows_in: int
    rows_repeated: int = 0


def check_disputes(data: bytes, channels: set[str]) -> Checked:
    """`channels`: the merchant's channel codes. :raises BooksRefused: when the file cannot be read as a whole."""
    rows, faults, rows_in = [], [], 0
    for piece in read_pieces(data, COLUMNS):
        rows_in += piece.rows_in
        faults += [Fault(*row) for row in piece.rejected.select("row_no", "column", "code", "value").iter_rows()]
        frame = piece.frame.with_columns(clean(name).alias(name) for name in COLUMNS)
        digits = {currency: exponent(currency) for currency in frame["currency"].unique()}
        frame = frame.with_columns(
            minor_units(frame["amount"], frame["currency"], digits).alias("amount_minor"),
            moments(frame["opened_at"]).alias("opened"),
            moments(frame["due_at"]).alias("due"),
        )
        for row, raw in zip(frame.iter_rows(named=True), piece.frame.iter_rows(named=True), strict=True):
            found = _faults(row, raw, channels)
            faults += found
            if not found:
                rows.append(_row(row))
    kept, twice, repeated = _once(rows)
    return Checked(kept, sorted([*faults, *twice], key=lambda fault: fault.row_no), rows_in, repeated)


def _row(row: dict) -> DisputeRow:
    return DisputeRow(
        row_no=row["row_no"],
        amount_minor=row["amount_minor"],
        state=DisputeState(row["status"]),
        opened_at=row["opened"],
        due_at=row["due"],
        **{name: row[name] for name in _TEXTS},
    )


def _faults(row: dict, raw: dict, channels: set[str]) -> list[Fault]:
    """At most one reason a cell."""
    checks = [(name, "formula", raw[name].startswith("=") and not raw[name].startswith('="')) for name in COLUMNS]
    checks += [(name, "control_character", any(sign < " " or sign == "\x7f" for sign in row[name])) for name in COLUMNS]
    checks += [(name, "missing_value", not row[name]) for name in NEEDED]
    checks += [(name, "too_long", len(row[name]) > longest) for name, longest in _LONGEST.items()]
    checks += [
        ("dispute_no", "missing_value", not key_text(row["dispute_no"]) and not key_text(row["provider_dispute_ref"])),
        ("channel", "unknown_channel", row["channel"] not in channels),
        ("currency", "bad_currency", not (len(row["currency"]) == 3 and row["currency"].isascii() and row["currency"].isupper())),
        *_amount_checks(row),
        ("status", "unknown_state", row["status"] not in DisputeState.values),
        *_time_checks(row, "opened_at", "opened"),
        *_time_checks(row, "due_at", "due"),
    ]
    seen, found = set(), []
    for column, code, is_wrong in checks:
        if is_wrong and column not in seen:
            seen.add(column)
            found.append(Fault(row["row_no"], column, code, row[column][:80]))
    return found


def _amount_checks(row: dict) -> list[tuple[str, str, bool]]:
    minor, text = row["amount_minor"], row["amount"].replace(",", "")
    plain = text.lstrip("+-").replace(".", "", 1).isdigit()
    return [
        ("amount", "bad_amount", minor is None and not plain),
        ("amount", "excess_digits", minor is None),
        ("amount", "too_large", minor is not None and abs(minor) > MAX_MINOR),
        ("amount", "not_positive", minor is not None and minor <= 0),
    ]


def _time_checks(row: dict, name: str, read: str) -> list[tuple[str, str, bool]]:
    unread = bool(row[name]) and row[read] is None
    naive = unread and pl.Series([row[name]]).str.contains(NAIVE).item()
    return [(name, "no_offset", naive), (name, "bad_time", unread)]


def _once(rows: list[DisputeRow]) -> tuple[list[DisputeRow], list[Fault], int]:
    """The same dispute twice with the same contents counts once; with others it is nobody's choice."""
    first: dict[tuple, DisputeRow] = {}
    faults, repeated = [], 0
    for row in rows:
        known = first.setdefault(row.identity, row)
        if known is row:
            continue
        alike = all(getattr(known, name) == getattr(row, name) for name in row.__slots__ if name != "row_no")
        repeated += alike
        if not alike:
            faults.append(Fault(row.row_no, "dispute_no", "appears_twice", str(known.row_no)))
    return list(first.values()), faults, repeated
