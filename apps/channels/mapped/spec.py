"""What a column mapping may say: the one list of keys behind merchant.toml, saved versions, the studio and both parsers. No Django here.

A mapping is a plain dictionary, as `[channels.csv]` and `[bank_accounts.csv]` hold it. `CHANNEL` and `BANK` declare its keys; what
each means is said beside it. A key that is absent or empty is not used.
"""

from dataclasses import dataclass
from enum import StrEnum

from apps.channels.contracts import LineKind, Method


class Shape(StrEnum):
    """What the value of a key is."""

    COLUMN = "column"  # the name of one column, as it stands in the header
    COLUMNS = "columns"  # one name or a list of names
    TEXT = "text"
    TEXTS = "texts"  # one text or a list of texts
    FORMAT = "format"  # of a day or a moment, `%K` being a year of the Republic (民國)
    CHOICE = "choice"
    WORDS = "words"  # a word of the file -> one of `choices`
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a mapping; `choices` are the values of a choice, or the meanings of words."""

    name: str
    shape: Shape
    choices: tuple[str, ...] = ()


PLAIN, PARENTHESES, TRAILING_MINUS, CR_DR = "plain", "parentheses", "trailing_minus", "cr_dr"
STYLES = (PLAIN, PARENTHESES, TRAILING_MINUS, CR_DR)  # how an amount says that it is negative; DR is money out
IN, OUT = "in", "out"
LINE_KINDS = (LineKind.PAYMENT, LineKind.REFUND, LineKind.DISPUTE, LineKind.FEE, LineKind.PAYOUT, LineKind.ADJUSTMENT)

SHEET = (
    Key("encoding", Shape.TEXT),  # what the file's own mark does not say
    Key("delimiter", Shape.TEXT),  # one character, or "tab"
    Key("sheet", Shape.TEXT),  # of a workbook; the first one when empty
    Key("skip_rows", Shape.COUNT),  # lines above the header
    Key("skip_last", Shape.COUNT),  # rows at the end that are no data, such as totals without a word
    Key("footer_starts", Shape.TEXTS),  # with these words a row of totals begins; one must be there
    Key("decimal", Shape.TEXT),
    Key("thousands", Shape.TEXT),
    Key("style", Shape.CHOICE, STYLES),
    Key("symbol", Shape.TEXT),  # a sign of the currency that stands in the amounts, such as NT$
    Key("status", Shape.COLUMN),  # with `leave_out`: rows with these words moved no money
    Key("leave_out", Shape.TEXTS),
    Key("mark", Shape.COLUMN),  # beside an amount without sign: a word that says which way the money went
    Key("marks", Shape.WORDS, (IN, OUT)),
    Key("currency", Shape.COLUMN),
    Key("date_format", Shape.FORMAT),
)
CHANNEL = (
    Key("time", Shape.COLUMN),
    Key("clock", Shape.COLUMN),  # the time of day, where it has a column of its own; joined to `time` by a blank
    Key("time_format", Shape.FORMAT),
    Key("type", Shape.COLUMN),
    Key("types", Shape.WORDS, LINE_KINDS),
    Key("gross", Shape.COLUMN),  # else money_in and money_out
    Key("money_in", Shape.COLUMN),
    Key("money_out", Shape.COLUMN),
    Key("sign", Shape.CHOICE, ("type",)),  # the kind of the row alone says which way its gross went
    Key("fee", Shape.COLUMN),
    Key("fee_sign", Shape.CHOICE, ("cost", "signed")),  # without it, as the nets tell; costs where there is no net
    Key("other", Shape.COLUMN),
    Key("net", Shape.COLUMN),  # without it the net is gross, fee and other together
    Key("provider_ref", Shape.COLUMN),
    Key("merchant_ref", Shape.COLUMN),
    Key("provider_refund_ref", Shape.COLUMN),
    Key("refund_ref", Shape.COLUMN),
    Key("line_ref", Shape.COLUMN),
    Key("method", Shape.COLUMN),
    Key("methods", Shape.WORDS, tuple(Method)),
    Key("payout_ref", Shape.COLUMN),
    Key("payout_on", Shape.COLUMN),
    *SHEET,
)
BANK = (
    Key("date", Shape.COLUMN),
    Key("value_date", Shape.COLUMN),
    Key("time", Shape.COLUMN),
    Key("amount", Shape.COLUMN),  # else debit and credit
    Key("debit", Shape.COLUMN),
    Key("credit", Shape.COLUMN),
    Key("sign", Shape.CHOICE, ("inverse",)),
    Key("balance", Shape.COLUMN),
    Key("memo", Shape.COLUMNS),
    Key("reference", Shape.COLUMN),
    *SHEET,
)
BY_NAME = {"channel": {key.name: key for key in CHANNEL}, "bank": {key.name: key for key in BANK}}


def columns(mapping: dict, keys: tuple[Key, ...]) -> list[str]:
    """The column names that a mapping uses, in the order of the keys, each once."""
    found: list[str] = []
    for key in keys:
        value = mapping.get(key.name)
        if value and key.shape in (Shape.COLUMN, Shape.COLUMNS):
            found += texts(value)
    return list(dict.fromkeys(found))


def texts(value: str | list | tuple | None) -> list[str]:
    """One text or a list of them as a list."""
    if not value:
        return []
    return [value] if isinstance(value, str) else list(value)


def renamed(mapping: dict, keys: tuple[Key, ...], names: dict[str, str]) -> dict:
    """The mapping with columns called by their new names; those that `names` does not know stay."""
    turned = dict(mapping)
    for key in keys:
        value = mapping.get(key.name)
        if not value or key.shape not in (Shape.COLUMN, Shape.COLUMNS):
            continue
        turned[key.name] = names.get(value, value) if isinstance(value, str) else [names.get(one, one) for one in value]
    return turned


def broken_rules(mapping: dict, keys: tuple[Key, ...]) -> list[str]:
    """Codes of what a mapping lacks to be usable; `mapping_spec.RULES` holds a sentence for each."""
    has = {name for name, value in mapping.items() if value not in (None, "", [], {})}
    broken = _channel_rules(has) if keys is CHANNEL else _bank_rules(has)
    if ("mark" in has) < ("marks" in has):
        broken.append("marks_without_mark")
    if ("status" in has) != ("leave_out" in has):
        broken.append("status_words")
    if "mark" in has and not has & {"gross", "amount"}:
        broken.append("mark_without_amount")
    return broken


def _channel_rules(has: set[str]) -> list[str]:
    broken = [] if "time" in has else ["time"]
    sides = len(has & {"money_in", "money_out"})
    if not sides and "gross" not in has:
        broken.append("gross")
    elif sides == 1 or (sides and "gross" in has):
        broken.append("sides")
    if not has & {"provider_ref", "merchant_ref"}:
        broken.append("reference")
    if ("type" in has) != ("types" in has):
        broken.append("type_words")
    if "sign" in has and "type" not in has:
        broken.append("sign_without_type")
    return broken


def _bank_rules(has: set[str]) -> list[str]:
    broken = []
    sides = len(has & {"debit", "credit"})
    if (sides != 2 and "amount" not in has) or (sides and "amount" in has):
        broken.append("bank_amount")
    if "date" not in has:
        broken.append("date")
    return broken
