"""Alipay writes yuan with two decimals; we count fen."""

import re

CURRENCY = "CNY"
_YUAN = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?")


def yuan(amount_minor: int) -> str:
    """As Alipay's interface wants it."""
    return f"{amount_minor // 100}.{amount_minor % 100:02d}"


def fen(text: object) -> int | None:
    """None for what is no amount of whole fen; nothing is ever rounded."""
    found = _YUAN.fullmatch(str(text))
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else None
