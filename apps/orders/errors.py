"""Why a file of the shop's own books, or one row of it, could not be taken in."""

from django.utils.translation import gettext_lazy as _

from apps.core.errors import HezhangError


class BooksRefused(HezhangError):
    """The file as a whole cannot be read; nothing of it was written."""

    message = _("This file cannot be read.")


class BooksEmpty(BooksRefused):
    message = _("This file is empty.")


class BooksTooLarge(BooksRefused):
    message = _("This file is larger than %(limit_mb)s MB. Split it by month and bring the parts in one after the other.")


class BooksNotText(BooksRefused):
    message = _("This file is not UTF-8 text. Save it as “CSV UTF-8” and try again.")


class BooksBadWorkbook(BooksRefused):
    message = _("This Excel file cannot be opened. Save it again as .xlsx without a password, or export it as CSV.")


class BooksWrongColumns(BooksRefused):
    """`missing`, `unknown` and `twice` are lists of column names; at least one is not empty."""

    message = _("The columns of this file are not those expected.")

    def __init__(self, *, missing: list[str], unknown: list[str], twice: list[str]):
        said = [
            (missing, _("Missing columns: %(names)s.")),
            (unknown, _("Unknown columns: %(names)s.")),
            (twice, _("Columns that appear twice: %(names)s.")),
        ]
        super().__init__(" ".join(str(sentence) % {"names": ", ".join(names)} for names, sentence in said if names))
        self.missing, self.unknown, self.twice = missing, unknown, twice


class RowsRejected(HezhangError):
    """At least one row was rejected and the whole file was to be taken or nothing: nothing was written. Carries the `report`."""

    message = _("%(count)s rows cannot be taken in, so nothing of this file was written.")

    def __init__(self, report):
        super().__init__(count=report.rows_rejected)
        self.report = report

    def __str__(self) -> str:
        return str(self.message) % self.params


# One sentence a code of a rejected row; `%(value)s` is the cell as delivered, shortened to 80 characters.
REASONS = {
    "column_count": _("This row has %(value)s cells, not as many as the header."),
    "open_quote": _("A cell is not closed, or contains a line break."),
    "control_character": _("This cell contains an invisible control character."),
    "formula": _("This cell holds a formula; enter its value as plain text."),
    "missing_value": _("This cell must not be empty."),
    "too_long": _("This cell is longer than the field allows."),
    "bad_amount": _("“%(value)s” is not a plain amount."),
    "excess_digits": _("“%(value)s” has more decimals than the currency has."),
    "too_large": _("“%(value)s” is too large to be an amount."),
    "negative": _("“%(value)s” is negative; amounts in the books are positive."),
    "not_positive": _("“%(value)s” must be more than zero."),
    "bad_currency": _("“%(value)s” is not a currency code of three capital letters."),
    "bad_time": _("“%(value)s” is not a date and time such as 2026-09-01T12:30:00+08:00."),
    "no_offset": _("“%(value)s” does not say its time zone; add an offset such as +08:00 or Z."),
    "no_time": _("This row says that money moved, so it needs the time."),
    "unknown_state": _("“%(value)s” is not a known status."),
    "unknown_method": _("“%(value)s” is not a known payment method."),
    "unknown_channel": _("This merchant has no channel “%(value)s”."),
    "bad_country": _("“%(value)s” is not a country code of two letters."),
    "bad_address": _("“%(value)s” is not an IP address."),
    "appears_twice": _("The same reference appears twice in this file with different contents; the first is in row %(value)s."),
    "illegal_move": _("The status cannot change like this: %(value)s."),
    "unknown_payment": _("No payment with the reference “%(value)s” is known in this channel; bring payments in first."),
    "ambiguous_payment": _("Several payments of this channel have the provider reference “%(value)s”; state our own reference."),
    "other_payment": _("This refund number belongs to another payment already: “%(value)s”."),
}


def reason(code: str, value: str) -> str:
    """The sentence for a rejected row, in the reader's language."""
    return str(REASONS[code]) % {"value": value}
