"""What ECPay says of a card trade: where it stands, and how much of it went back. Whole New Taiwan dollars throughout.

A capture is one closing row (關帳明細), a refund one with a negative amount; a refund before the capture is sent makes the row smaller.
"""

from dataclasses import dataclass

from apps.channels.providers.ecpay.codes import STAGES, Stage

CLOSING = (Stage.TO_CAPTURE, Stage.CAPTURED)


class TradeUnreadable(Exception):
    """The answer does not say clearly how the trade stands, so nobody may conclude anything from it."""


@dataclass(frozen=True, slots=True)
class Trade:
    """A card trade as QueryTrade tells it. `kept` is what the customer pays in the end; None while nothing is captured."""

    amount: int
    stage: Stage
    kept: int | None

    def went_back(self, paid: int) -> int:
        """Of `paid`, the books' sum of the payment. :raises TradeUnreadable: the books speak of another sum than ECPay."""
        if self.stage == Stage.RELEASED:
            return paid
        back = 0 if self.kept is None else paid - self.kept
        if paid > self.amount or back < 0:
            raise TradeUnreadable(f"sum of {self.amount}, kept {self.kept}, books say {paid}")
        return back


def read_trade(data: dict) -> Trade:
    """The answer inside the envelope of QueryTrade.

    Success is RtnCode 1, or an empty RtnMsg where there is no code. Closing rows stand beside or inside RtnValue, and names come in
    either spelling.

    :raises TradeUnreadable: no success, a state or an amount that is not known here, or a closed sum that the rows do not explain.
    """
    told = _plain(data)
    code, words = told.get("rtncode"), told.get("rtnmsg")
    if (str(code) != "1") if code is not None else words:
        raise TradeUnreadable(f"{code or ''} {words or ''}".strip()[:200])
    if not isinstance(told.get("rtnvalue"), dict):
        raise TradeUnreadable("no RtnValue")
    value = _plain(told["rtnvalue"])
    stage, amount = _stage(value.get("status")), _whole(value.get("amount"))
    rows = told.get("closedata") or value.get("closedata") or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TradeUnreadable("closing rows")
    kept = _kept([_plain(row) for row in rows], value.get("clsamt"))
    if stage == Stage.UNAUTHORIZED or (kept is None) == (stage in CLOSING) or amount <= 0:
        raise TradeUnreadable(f"{stage} with {len(rows)} closing rows")
    return Trade(amount, stage, kept)


def _kept(rows: list[dict], closed: object) -> int | None:
    """The sum of the rows that stand; None where none does. ECPay's own closed sum must be one of those that they can make."""
    standing = [(_stage(row.get("status")), _whole(row.get("amount"))) for row in rows]
    standing = [(stage, amount) for stage, amount in standing if stage in CLOSING]
    if not standing:
        return None
    sums = set()
    for stages in (CLOSING, (Stage.CAPTURED,)):
        amounts = [amount for stage, amount in standing if stage in stages]
        sums |= {sum(amounts), sum(amount for amount in amounts if amount > 0)}
    if closed is not None and _whole(closed) not in sums:
        raise TradeUnreadable(f"closed sum {closed}")
    return sum(amount for _, amount in standing)


def _plain(cells: dict) -> dict:
    return {str(name).strip().lower().replace("_", ""): value for name, value in cells.items()}


def _stage(word: object) -> Stage:
    known = STAGES.get(str(word).strip().lower())
    if known is None:
        raise TradeUnreadable(f"status {str(word)[:30]}")
    return known


def _whole(value: object) -> int:
    """ECPay writes numbers now as numbers, now as texts."""
    text = str(value).strip()
    if not (text.removeprefix("-").isascii() and text.removeprefix("-").isdigit()):
        raise TradeUnreadable("amount")
    return int(text)
