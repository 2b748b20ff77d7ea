"""Why a file or a row was refused, in sentences for a shop owner: what is wrong, then what to do."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.channels import registry
from apps.channels.contracts import NoteCode, Refusal, Reject

# Parsers give a reason as one of these words; anything else they give is shown as it is.
REASONS = {
    "broken": gettext_lazy("it cannot be opened"),
    "encrypted": gettext_lazy("it is locked with a password"),
    "too_large": gettext_lazy("it unpacks to far more than a statement can be"),
    "several": gettext_lazy("it holds several detail files; upload them one by one"),
    "quotes": gettext_lazy("a quotation mark opens a cell and never closes it"),
    "column_twice": gettext_lazy("a column name stands there twice"),
    "after_end": gettext_lazy("rows follow after the totals at the end"),
    "json": gettext_lazy("it is a message between programs (JSON), not a statement"),
    "not_json": gettext_lazy("it is no complete answer in JSON; save the whole answer of the API as it came"),
    "web_page": gettext_lazy("it is a web page, perhaps because the login had expired"),
    "pdf": gettext_lazy("it is a PDF; download the CSV file"),
    "qif": gettext_lazy("it names neither the account nor the currency, and gives no booking a number that is known again"),
    "xls": gettext_lazy("it is an old Excel workbook"),
    "xlsx": gettext_lazy("it is an Excel workbook"),
    "html": gettext_lazy("it is a web page, perhaps because the login had expired"),
    "spreadsheet": gettext_lazy("it is an Excel workbook or an archive; download the CSV file"),
    "nul": gettext_lazy("it holds characters (NUL) that no text has"),
    "xml": gettext_lazy("it is not well-formed XML"),
    "entities": gettext_lazy("it defines a document type or entities, which no bank's file does"),
    "total": gettext_lazy("a total at the end is not a number"),
}

REFUSALS = {
    Refusal.EMPTY: gettext_lazy("The file is empty. Download it again from the provider's console."),
    Refusal.TOO_LARGE: gettext_lazy("The file is larger than %(limit_mb)s MB. Download a shorter period."),
    Refusal.ENCODING: gettext_lazy(
        "Line %(row)s cannot be read as text in %(encodings)s. The file is damaged or was saved again by another program: "
        "upload it exactly as downloaded."
    ),
    Refusal.BAD_ARCHIVE: gettext_lazy(
        "The archive cannot be used: %(reason)s. Download it again, or unpack it and upload the detail file."
    ),
    Refusal.NO_DETAIL: gettext_lazy("This file holds only a summary (%(found)s), no single payments. Download %(wanted)s instead."),
    Refusal.OTHER_PROVIDER: gettext_lazy(
        "This is a file of %(found)s, but the channel is with %(expected)s. Choose the channel it belongs to."
    ),
    Refusal.OTHER_REPORT: gettext_lazy("This is another report (%(found)s). Download %(wanted)s instead."),
    Refusal.OTHER_FORMAT: gettext_lazy(
        "This is a %(found)s file, but the statements of this account are read as %(wanted)s. "
        "Download %(wanted)s, or change the statement format in the settings of the bank account."
    ),
    Refusal.UNREADABLE_FORMAT: gettext_lazy("%(found)s files cannot be read: %(reason)s. Download %(wanted)s instead."),
    Refusal.NO_ACCOUNT: gettext_lazy(
        "This is a bank's %(found)s file, but no bank account of this shop has statements in this format. "
        "Add the account, or change its statement format in the settings."
    ),
    Refusal.OTHER_LAYOUT: gettext_lazy(
        "These are not the columns we expect, so nothing was imported. Missing: %(missing)s. "
        "Please upload %(wanted)s as downloaded; if it is that, its layout has changed."
    ),
    Refusal.LAYOUT_CHANGED: gettext_lazy(
        "The columns are not those of the files before, so nothing was imported. Gone: %(missing)s. New: %(unknown)s."
    ),
    Refusal.VALUES_CHANGED: gettext_lazy("It can be read, but it is unlike the files before, so nothing was imported: %(findings)s."),
    Refusal.OTHER_ACCOUNT: gettext_lazy("The file is of the account %(found)s, but this channel has the account %(expected)s."),
    Refusal.OTHER_CURRENCY: gettext_lazy("The file is in %(found)s, but this channel is in %(expected)s."),
    Refusal.NO_DAY: gettext_lazy(
        "Neither the file name nor its contents say which day it reports. Put the day in the name, for example statement_20260901.csv."
    ),
    Refusal.CUT_SHORT: gettext_lazy("The end of the file is missing: it stops at line %(row)s, without %(wanted)s. Download it again."),
    Refusal.BAD_ROWS: gettext_lazy("%(count)s rows cannot be read, so nothing of the file was imported."),
    Refusal.BAD_FORMAT: gettext_lazy("The file cannot be used, see line %(row)s: %(reason)s."),
    Refusal.UNKNOWN_FILE: gettext_lazy(
        "We do not recognise this file. Upload a statement as downloaded from a provider you are connected with, "
        "or the statement of one of your bank accounts."
    ),
    Refusal.NO_CHANNEL: gettext_lazy("This is a file of %(found)s, but this shop has no channel with it. Add the channel first."),
    Refusal.PRACTICE: gettext_lazy("This is a practice statement: no real money is behind it, so a real shop does not take it."),
    Refusal.NO_MAPPING: gettext_lazy("Nobody has said yet what the columns of these files mean. Set up the column mapping first."),
}

# What is unlike the files before, by the codes of `settlements.ingest.drift`.
FINDINGS = {
    "scale": gettext_lazy("amounts are about a hundred times larger or smaller"),
    "books_scale": gettext_lazy("amounts are exactly a hundred times those of our books, or a hundredth"),
    "negative": gettext_lazy("payments have become negative"),
    "fee_sign": gettext_lazy("fees have changed their sign"),
    "balance": gettext_lazy("the running balance no longer follows from the amounts"),
    "days": gettext_lazy("rows lie months away from the day in the file's name; day and month may have changed places"),
    "books_days": gettext_lazy("rows lie weeks away from the days on which our books have the same payments"),
    "one_day_a_month": gettext_lazy("all rows are on the same day of many months; day and month may have changed places"),
    "refunds": gettext_lazy("there are no refunds any more"),
    "references": gettext_lazy("the provider's numbers and ours have changed places"),
}
REJECTS = {
    Reject.BAD_AMOUNT: gettext_lazy("“%(value)s” is not an amount."),
    Reject.EXCESS_DIGITS: gettext_lazy("“%(value)s” has more decimals than the currency."),
    Reject.TOO_LARGE: gettext_lazy("“%(value)s” is too large to be an amount of money."),
    Reject.BAD_TIME: gettext_lazy("“%(value)s” is not a date and time."),
    Reject.BAD_CURRENCY: gettext_lazy("“%(value)s” is not the currency expected here."),
    Reject.UNKNOWN_TYPE: gettext_lazy("“%(value)s” is a kind of row we do not know."),
    Reject.MISSING_VALUE: gettext_lazy("A value is missing, or a spreadsheet has spoiled it: “%(value)s”."),
    Reject.COLUMN_COUNT: gettext_lazy("The row has more or fewer cells than the header."),
    Reject.NET_DIFFERS: gettext_lazy("The net “%(value)s” is not the amount less the fee."),
    Reject.WRONG_WIDTH: gettext_lazy("The line is not as long as the layout says, so no field is where it should be: “%(value)s”."),
    Reject.FORMULA: gettext_lazy("“%(value)s” is a spreadsheet formula, not a value."),
}


def refusal_sentence(code: str, params: Mapping) -> str:
    """One or two sentences for a refused file, in the reader's language. Parameters that were not kept show as a dash."""
    if code == Refusal.BAD_ROWS:
        count = int(params.get("count") or 0)
        return ngettext(
            "%(count)s row cannot be read, so nothing of the file was imported.",
            "%(count)s rows cannot be read, so nothing of the file was imported.",
            count,
        ) % {"count": count}
    if code == Refusal.OTHER_LAYOUT and not params.get("wanted"):
        return _("These are not the columns we expect, so nothing was imported. Missing: %(missing)s.") % _shown(params)
    if code == Refusal.BAD_FORMAT and not params.get("row"):
        return _("The file cannot be used: %(reason)s.") % _shown(params)
    return str(REFUSALS[Refusal(code)]) % _shown(params)


def note_sentence(code: str, count: int, text: str) -> str:
    """What was left out of a bank's file on purpose, in the reader's language."""
    if code == NoteCode.PENDING:
        return ngettext(
            "%(count)s booking that the bank has not made yet was left out.",
            "%(count)s bookings that the bank has not made yet were left out.",
            count,
        ) % {"count": count}
    return _("Left out, because they are of other accounts or currencies: %(names)s.") % {"names": text}


def reject_sentence(code: str, *, column: str = "", value: str = "") -> str:
    """What is wrong with one row, in the reader's language, with the column where it is known."""
    sentence = str(REJECTS[Reject(code)]) % {"value": value}
    return _("%(column)s: %(sentence)s") % {"column": column, "sentence": sentence} if column else sentence


class _Shown(dict):
    """Parameters of a sentence; one that is not there shows as a dash rather than breaking the page."""

    def __missing__(self, key: str) -> str:
        return "–"


def _shown(params: Mapping) -> _Shown:
    shown = _Shown()
    for name, value in params.items():
        if name == "findings":
            value = [FINDINGS.get(found["code"], found["code"]) for found in value]
        text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        if name in ("expected", "found") and text in registry.PROVIDERS:
            text = registry.get(text).name
        shown[name] = text or "–"
    if "reason" in params:
        reason = str(REASONS.get(str(params["reason"]), params["reason"]))
        shown["reason"] = f"{reason} ({params['column']})" if params.get("column") else reason
    return shown
