"""What a decision teaches: the words of the memo and the gap of the amount, as signs of the payout's channel."""

import re
from datetime import datetime

from django.db.models import F

from apps.audit.services import record
from apps.merchants.models import Merchant, User
from apps.settlements.enums import Sign
from apps.settlements.errors import AlreadyDecided
from apps.settlements.models import BankLine, LearnedSign, Payout

WORD = re.compile(r"[^\W\d_]{2,}")
COMMON = frozenset(
    "ach wire transfer deposit payment payout credit ref inv 跨行轉入 轉入 轉帳 匯款 匯入 存入 入帳 撥款 結算 代收 转账 汇款 结算".split()
)
LONGEST = 60


def signs_of(payouts: list[Payout], bank_lines: list[BankLine]) -> list[tuple[str, str]]:
    """(sign, value) of what belongs together: words that are no keyword already and not everybody's, and the gap where there is one."""
    known = {word.lower() for word in payouts[0].channel.bank_keywords}
    memos = " ".join(line.memo.lower() for line in bank_lines)
    words = {word for word in WORD.findall(memos) if len(word) <= LONGEST and word not in COMMON}
    fresh = sorted(word for word in words if (len(word) > 2 or not word.isascii()) and not any(key in word for key in known))
    gap = sum(line.amount_minor for line in bank_lines) - sum(payout.amount_minor for payout in payouts)
    return [*((Sign.WORD, word) for word in fresh), *([(Sign.GAP, str(gap))] if gap else [])]


def learn(*, merchant: Merchant, payouts: list[Payout], bank_lines: list[BankLine], confirmed: bool, by_count: int, now: datetime) -> None:
    """Counts the signs of payouts and their bank lines up (`by_count` 1) or back down (−1), in the caller's transaction."""
    counter = "confirmed_count" if confirmed else "declined_count"
    for sign, value in signs_of(payouts, bank_lines):
        one, _created = LearnedSign.objects.get_or_create(
            merchant=merchant, channel=payouts[0].channel, sign=sign, value=value, defaults={"learned_at": now}
        )
        if by_count > 0 or getattr(one, counter) > 0:
            LearnedSign.objects.for_merchant(merchant).filter(pk=one.pk).update(**{counter: F(counter) + by_count})


def forget_sign(*, merchant: Merchant, sign_id: int, by: User, now: datetime) -> LearnedSign:
    """A sign never counts again. :raises LearnedSign.DoesNotExist, AlreadyDecided: it was removed before."""
    one = LearnedSign.objects.for_merchant(merchant).get(pk=sign_id)
    if not LearnedSign.objects.for_merchant(merchant).filter(pk=one.pk, removed_at=None).update(removed_at=now, removed_by=by):
        raise AlreadyDecided
    record(
        merchant_id=merchant.pk, action="suggestion.sign_removed", subject=one, by=by, now=now,
        before={"sign": one.sign, "value": one.value, "channel": one.channel.code},
    )  # fmt: skip
    return one
