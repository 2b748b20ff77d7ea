"""What the closing rows (關帳明細) of a card trade say about money that went back. Whole New Taiwan dollars throughout."""

CLOSED = frozenset({"要關帳", "已關帳"})  # to be captured, captured; a row with any other known status moves nothing
NOT_CLOSED = frozenset({"已取消", "操作取消", "未授權", "已授權"})


class TradeUnreadable(Exception):
    """The answer does not say clearly what went back, so nobody may conclude anything from it."""


def refunded_of(trade: dict) -> int:
    """The sum that went back: refunds are closing rows with a negative amount.

    :raises TradeUnreadable: a status or an amount that is not known here, or a closed sum that the rows do not explain.
    """
    said = {name.lower().replace("_", ""): value for name, value in trade.items()}
    rows = said.get("closedata") or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TradeUnreadable("closing rows")
    paid = back = 0
    for row in rows:
        cells = {name.lower(): value for name, value in row.items()}
        status, amount = cells.get("status"), _whole(cells.get("amount"))
        if status not in CLOSED | NOT_CLOSED:
            raise TradeUnreadable(f"status {str(status)[:30]}")
        if status in CLOSED:
            paid, back = (paid + amount, back) if amount > 0 else (paid, back - amount)
    closed = said.get("clsamt")
    if closed is not None and rows and _whole(closed) not in (paid, paid - back):
        raise TradeUnreadable("closed sum")
    return back


def _whole(value: object) -> int:
    """ECPay writes numbers now as numbers, now as texts."""
    text = str(value).strip()
    if not text.removeprefix("-").isdigit():
        raise TradeUnreadable("amount")
    return int(text)
