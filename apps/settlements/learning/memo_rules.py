"""The plain way to tell what a bank line is: keywords of channels and a few usual words. A learned model has to beat this."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum


class LineType(StrEnum):
    """What a bank line is of; `settlements.enums.BankLineKind` has the same values."""

    PAYOUT = "payout"
    REFUND = "refund"
    SALE = "sale"
    BANK_FEE = "bank_fee"
    INTEREST = "interest"
    SALARY = "salary"
    RENT = "rent"
    PURCHASE = "purchase"
    TAX = "tax"
    OWN_TRANSFER = "own_transfer"
    OTHER = "other"


# (type, whether money comes in, words): the first that fits, after the keywords of the channels.
USUAL_WORDS = (
    (LineType.INTEREST, True, ("interest", "利息")),
    (LineType.BANK_FEE, False, ("fee", "charge", "手續費", "手续费", "服務費", "服务费")),
    (LineType.SALARY, False, ("salary", "payroll", "wages", "薪", "工资", "工資")),
    (LineType.TAX, False, ("tax", "稅", "税")),
    (LineType.RENT, False, ("rent", "租金", "房租")),
    (LineType.REFUND, False, ("refund", "退款")),
)


def by_rules(memo: str, is_credit: bool, keywords: Iterable[str], majority: str) -> str:
    """The type that the rules say, else what most lines were."""
    text = memo.lower()
    if is_credit and any(word and word.lower() in text for word in keywords):
        return LineType.PAYOUT
    for kind, comes_in, words in USUAL_WORDS:
        if comes_in == is_credit and any(word in text for word in words):
            return kind
    return majority


def majority_of(kinds: Iterable[str]) -> str:
    """The most frequent type; the first in the alphabet where several are."""
    counts = Counter(kinds)
    return min(counts, key=lambda kind: (-counts[kind], kind)) if counts else LineType.OTHER
