"""Which account and currency a bank file speaks of, compared with the account it was delivered for. No Django here."""

import re

from apps.channels.contracts import FileRefused, Refusal

CURRENCY_NAMES = {
    "人民币": "CNY", "人民幣": "CNY", "新台币": "TWD", "新台幣": "TWD", "新臺幣": "TWD", "台幣": "TWD", "臺幣": "TWD", "台币": "TWD",
    "NTD": "TWD", "NT$": "TWD", "RMB": "CNY", "美元": "USD", "美金": "USD", "欧元": "EUR", "歐元": "EUR", "日元": "JPY", "日圓": "JPY",
    "日圆": "JPY", "日幣": "JPY", "港币": "HKD", "港幣": "HKD", "英镑": "GBP", "英鎊": "GBP", "新加坡元": "SGD", "新加坡幣": "SGD",
}  # fmt: skip
_ACCOUNT = re.compile(
    r"(?:帳號|帳戶號碼|帐号|账号|账户|帳戶|卡号|卡號|account(?: no\.?| number)?|iban)\s*[:：]\s*\"?([0-9A-Za-z*\-/ ]*[0-9*])", re.IGNORECASE
)
_CURRENCY = re.compile(r"(?:币种|幣別|币别|幣種|currency)\s*[:：]\s*\"?([^\s,;\"，；]+)", re.IGNORECASE)
SHORTEST = 4  # a tail of fewer known characters proves nothing


def currency_code(text: str) -> str:
    """The ISO code for a currency as a bank writes it; empty when it is not recognised."""
    bare = text.strip().upper()
    return CURRENCY_NAMES.get(bare, bare if re.fullmatch(r"[A-Z]{3}", bare) else "")


def told_account(preamble: tuple[str, ...]) -> str:
    """The account number that the lines above the header name, masked as they mask it; empty when there is none."""
    found = _ACCOUNT.search("\n".join(preamble))
    return found.group(1).strip() if found else ""


def told_currency(preamble: tuple[str, ...]) -> str:
    found = _CURRENCY.search("\n".join(preamble))
    return currency_code(found.group(1)) if found else ""


def same_account(one: str, other: str) -> bool:
    """Whether two account numbers, either of them masked with asterisks or without its bank code, can be the same account."""
    heads_and_tails = [re.sub(r"[\s\-/]", "", text).upper().partition("*") for text in (one, other)]
    tails = [(text.rpartition("*")[2] if mask else head) for (head, mask, text) in heads_and_tails]
    shared = min(len(tail) for tail in tails)
    if shared < SHORTEST:
        return True
    if tails[0][-shared:] != tails[1][-shared:]:
        return False
    heads = [head for head, mask, _ in heads_and_tails if mask]
    if len(heads) == 2:  # both masked: what both show in front must agree as well
        shown = min(len(head) for head in heads)
        return heads[0][:shown] == heads[1][:shown]
    return True


def refuse_other(expected: str, found: str, *, refusal: Refusal) -> None:
    """:raises FileRefused: other_account or other_currency, when both are known and differ."""
    same = same_account(expected, found) if refusal is Refusal.OTHER_ACCOUNT else expected == found
    if expected and found and not same:
        raise FileRefused(refusal, expected=expected, found=found)
