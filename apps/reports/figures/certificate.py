"""The closing certificate, a statement of account per channel and currency (docs/month-close.md has it in words):

    opening + sales + refunds + fees + disputes + adjustments = payouts + closing

All in minor units, signed from the merchant's side, so refunds, fees and disputes are usually negative. Exactly:

- opening: net of live lines dated before the month whose payout the bank had not booked when the month began. Where the month
  before was closed it is that month's closing figure, and what has changed since is `late`, an adjustment of this month.
- sales, refunds, disputes: gross of the lines of that kind with a business date in the month (disputes with their reversals).
- fees: `fee` of all lines of the month, and the gross of lines that are fees or taxes themselves.
- adjustments: `other` of all lines; gross of reserve, adjustment and conversion lines; `bank` (what the bank booked less
  what the lines of those payouts say); `late`.
- payouts: what the bank booked in the month for payouts.
- closing: as opening, for lines dated up to the month's last day and payouts booked up to it.

Opening and closing are counted from lines and their payouts (`receivable`), the other terms from movements and stored payouts
(`movements`). Neither uses the other, so `missing`, their difference, finds lines withdrawn without a new reconciliation, payouts
whose stored sum is not that of their lines, and lines counted twice.
"""

from dataclasses import asdict, dataclass, fields

from apps.merchants.models import Merchant
from apps.reports.figures.months import Month
from apps.reports.figures.movements import Arrivals, Key, Moves, arrivals, line_moves
from apps.reports.figures.receivable import Holding, at_both_ends, holdings
from apps.reports.models import CloseState, MonthClose


@dataclass(frozen=True)
class Equation:
    """One row: amounts in minor units of one currency. `missing` is left side less right side, 0 when the row adds up."""

    currency: str
    opening: int = 0
    sales: int = 0
    refunds: int = 0
    fees: int = 0
    disputes: int = 0
    adjustments: int = 0
    payouts: int = 0
    closing: int = 0
    reserves: int = 0  # the parts of `adjustments` that have a name of their own
    bank: int = 0
    late: int = 0
    not_due: int = 0  # the parts of `closing`
    overdue: int = 0
    sales_count: int = 0
    refunds_count: int = 0
    disputes_count: int = 0
    payouts_count: int = 0
    payouts_differing: int = 0

    @property
    def left(self) -> int:
        return self.opening + self.sales + self.refunds + self.fees + self.disputes + self.adjustments

    @property
    def right(self) -> int:
        return self.payouts + self.closing

    @property
    def missing(self) -> int:
        return self.left - self.right

    def __add__(self, other: "Equation") -> "Equation":
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} are never added")
        numbers = [item.name for item in fields(Equation) if item.name != "currency"]
        return Equation(self.currency, **{name: getattr(self, name) + getattr(other, name) for name in numbers})

    def as_dict(self) -> dict:
        return {**asdict(self), "left": self.left, "right": self.right, "missing": self.missing}


def certificate(merchant: Merchant, month: Month, held: list[Holding] | None = None) -> dict[Key, Equation]:
    """The rows of a month, by channel and currency; only those in which anything stood or moved."""
    held = holdings(merchant, month) if held is None else held
    ends, moved = at_both_ends(held), line_moves(merchant, month.last, month.first)
    came, frozen = arrivals(merchant, month.last, month.first), _closed_before(merchant, month)
    keys = sorted({*ends, *moved, *came, *frozen})
    rows = {key: _row(key, ends.get(key, (0, 0)), moved.get(key, Moves()), came.get(key, Arrivals()), frozen, held, month) for key in keys}
    return {key: row for key, row in rows.items() if any(asdict(row)[item.name] for item in fields(Equation) if item.name != "currency")}


def totals(rows: dict[Key, Equation]) -> dict[str, Equation]:
    """One sum per currency; currencies are never added to each other."""
    sums: dict[str, Equation] = {}
    for row in rows.values():
        sums[row.currency] = sums[row.currency] + row if row.currency in sums else row
    return sums


def _row(key: Key, ends: tuple[int, int], moves: Moves, came: Arrivals, frozen: dict, held: list[Holding], month: Month) -> Equation:
    opening, closing = ends
    late = opening - frozen.get(key, opening)
    bank = came.arrived - came.lines_net
    amounts = moves.amounts
    mine = [one for one in held if (one.channel_id, one.currency) == key]
    overdue = sum(one.closing for one in mine if one.is_overdue(month.last))
    return Equation(
        currency=key[1],
        opening=opening - late,
        sales=amounts["sales"],
        refunds=amounts["refunds"],
        fees=amounts["fees"],
        disputes=amounts["disputes"],
        adjustments=amounts["adjustments"] + amounts["reserves"] + bank + late,
        payouts=came.arrived,
        closing=closing,
        reserves=amounts["reserves"],
        bank=bank,
        late=late,
        not_due=closing - overdue,
        overdue=overdue,
        sales_count=moves.counts["sales"],
        refunds_count=moves.counts["refunds"],
        disputes_count=moves.counts["disputes"],
        payouts_count=came.count,
        payouts_differing=came.differing,
    )


def _closed_before(merchant: Merchant, month: Month) -> dict[Key, int]:
    """Closing figures of the month before, when it is closed. A channel that it did not know had nothing open then."""
    close = MonthClose.objects.for_merchant(merchant).filter(month=month.previous.first, state=CloseState.APPROVED).first()
    if close is None:
        return {}
    closed = {(row["channel_id"], row["currency"]): row["closing"] for row in close.figures["rows"]}
    return {(channel.pk, channel.currency): 0 for channel in merchant.channels.all()} | closed
