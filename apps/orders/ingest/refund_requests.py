"""A file of refund requests as rows of text, and what can be said of a row without the database. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from apps.channels.cells import key_text
from apps.core.money import MoneyError, to_minor
from apps.orders.enums import ReasonCode
from apps.orders.errors import BooksTooLong
from apps.orders.ingest.reading import read_pieces

REQUEST_COLUMNS = ("channel", "merchant_ref", "amount", "currency", "reason", "note", "customer_note")
MOST_ROWS = 2_000
_LONGEST = {"merchant_ref": 100, "note": 500, "customer_note": 300}


@dataclass(frozen=True, slots=True)
class AskedRow:
    """One request as the file states it; `amount_minor` is positive."""

    row_no: int
    channel: str
    merchant_ref: str
    amount_minor: int
    currency: str
    reason_code: str
    note: str
    customer_note: str

    @property
    def payment_key(self) -> tuple[str, str]:
        return self.channel, key_text(self.merchant_ref)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row cannot be taken; `code` is one of `errors.REASONS`."""

    row_no: int
    column: str
    code: str
    value: str


def read_requests(data: bytes) -> tuple[list[AskedRow], list[Fault], int]:
    """Good rows, the first fault of each bad one, and how many rows there are.

    :raises BooksRefused: when the file cannot be read as a whole, or is longer than MOST_ROWS.
    """
    rows, faults, rows_in = [], [], 0
    for piece in read_pieces(data, REQUEST_COLUMNS):
        rows_in += piece.rows_in
        if rows_in > MOST_ROWS:
            raise BooksTooLong(limit=MOST_ROWS)
        faults += [Fault(*row) for row in piece.rejected.iter_rows()]
        for cells in piece.frame.iter_rows(named=True):
            fault = next(_faults(cells), None)
            if fault:
                faults.append(Fault(cells["row_no"], *fault))
            else:
                rows.append(_row(cells))
    return rows, sorted(faults, key=lambda fault: fault.row_no), rows_in


def _faults(cells: dict) -> Iterator[tuple[str, str, str]]:
    for name in REQUEST_COLUMNS:
        text = cells[name].strip()
        if any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
            yield name, "control_character", ""
        if text.startswith("=") and not text.startswith('="'):
            yield name, "formula", text[:80]
        if not text and name in ("channel", "merchant_ref", "amount", "currency", "reason"):
            yield name, "missing_value", ""
        if len(text) > _LONGEST.get(name, 100):
            yield name, "too_long", text[:80]
    if not (len(cells["currency"].strip()) == 3 and cells["currency"].strip().isascii() and cells["currency"].strip().isupper()):
        yield "currency", "bad_currency", cells["currency"].strip()[:80]
    yield from _amount_faults(cells["amount"].strip(), cells["currency"].strip())
    reason = cells["reason"].strip()
    if reason not in ReasonCode.values:
        yield "reason", "unknown_reason", reason[:80]
    if reason == ReasonCode.OTHER and not cells["note"].strip():
        yield "note", "missing_value", ""


def _amount_faults(text: str, currency: str) -> Iterator[tuple[str, str, str]]:
    try:
        if to_minor(_bare(text), currency) <= 0:
            yield "amount", "not_positive", text[:80]
    except MoneyError as error:
        yield "amount", error.code, text[:80]


def _row(cells: dict) -> AskedRow:
    text = {name: cells[name].strip() for name in REQUEST_COLUMNS}
    return AskedRow(
        row_no=cells["row_no"],
        channel=_bare(text["channel"]),
        merchant_ref=_bare(text["merchant_ref"]),
        amount_minor=to_minor(_bare(text["amount"]), text["currency"]),
        currency=text["currency"],
        reason_code=text["reason"],
        note=text["note"],
        customer_note=text["customer_note"],
    )


def _bare(text: str) -> str:
    """Without the wrapper `="…"` that keeps spreadsheets from reading a number as one."""
    return text[2:-1] if text.startswith('="') and text.endswith('"') else text.lstrip("'")
