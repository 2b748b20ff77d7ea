"""Lines into payouts, payouts into bank lines, and the faults on that way."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from apps.core.money import exponent
from apps.reports.practice import abroad
from apps.reports.practice.records import Line
from apps.reports.practice.sales import ABROAD
from apps.reports.practice.scene import Scene
from apps.reports.practice.terms import Channel


@dataclass(slots=True, eq=False)
class Payout:
    """One transfer. Stripe, Adyen and PayPal name it; the others pay what is due on a day.

    `announced` is what the provider's own row says, `swept_on` the day at whose end PayPal made it.
    """

    channel: str
    ref: str
    is_named: bool
    due: date
    amount: int
    lines: list[Line]
    paid_on: date | None = None  # None: it never came
    paid: int = 0
    announced: int = 0
    swept_on: date | None = None


@dataclass(slots=True)
class BankLine:
    """One row of a bank statement, credit positive. `party` is who it is from, where the bank says so."""

    account: str
    at: datetime
    amount: int
    summary: str
    memo: str
    party: str = ""
    number: int = 0
    balance: int = 0


@dataclass
class Bank:
    lines: list[BankLine] = field(default_factory=list)

    def of(self, account: str, opening: int) -> list[BankLine]:
        """An account's rows in order of booking, numbered and with the balance after each."""
        mine = sorted((line for line in self.lines if line.account == account), key=lambda line: (line.at, line.memo))
        for number, line in enumerate(mine, start=1):
            opening += line.amount
            line.number, line.balance = number, opening
        return mine


def form_payouts(scene: Scene) -> list[Payout]:
    """Everything that is due in the bank before the as-of date, by channel and day."""
    groups: dict[tuple[str, date], list[Line]] = {}
    for line in scene.provider.lines:
        channel = scene.channels[line.channel]
        if line.channel == "paypal":
            continue
        due = line.payout_on or channel.due(line.day)
        if not line.is_lost and due < scene.as_of:
            groups.setdefault((line.channel, due), []).append(line)
    payouts = []
    for (code, due), lines in sorted(groups.items()):
        is_named, amount = scene.channels[code].statements == "per_payout", sum(line.net for line in lines)
        ref = _number(scene, code, len(payouts)) if is_named else due.isoformat()
        payouts.append(Payout(code, ref, is_named, due, amount, lines, paid_on=due, paid=amount, announced=amount))
    return payouts + _swept(scene, len(payouts))


def _number(scene: Scene, code: str, count: int) -> str:
    return abroad.payout_number(scene.rng, code, count) if code in ABROAD else f"po_1Q{scene.rng.randrange(36**9):014d}{count:05d}"


def _swept(scene: Scene, count: int) -> list[Payout]:
    """PayPal's withdrawals, one a day with a balance; each is in the bank an open day later."""
    if "paypal" not in scene.channels:
        return []
    channel, found = scene.channels["paypal"], []
    days = [scene.first_day + timedelta(days=ahead) for ahead in range((scene.as_of - scene.first_day).days)]
    for sweep in abroad.sweeps(scene.provider.lines, [day for day in days if channel.after(day, 1) < scene.as_of]):
        ref, due = _number(scene, "paypal", count + len(found)), channel.due(sweep.day)
        figures = {"paid": sweep.amount, "announced": sweep.amount, "swept_on": sweep.day}
        found.append(Payout("paypal", ref, True, due, sweep.amount, sweep.lines, paid_on=due, **figures))
    return found


def payout_amount_mismatch(scene: Scene, code: str, payouts: list[Payout], bank: Bank) -> bool:
    """The provider's own payout row is not the sum of its rows; the bank credits what the row says."""
    payout = _pick(scene, payouts, code) if code == "adyen" else None
    if payout is None:
        return False
    payout.announced = payout.paid = payout.amount + scene.rng.choice((-1061, 1061, 439))
    _tell(scene, "payout_amount_mismatch", payout, "the payout row differs from the sum of its lines", payout.announced)
    return True


def payout_missing_in_bank(scene: Scene, code: str, payouts: list[Payout], bank: Bank) -> bool:
    payout = _pick(scene, payouts, code)
    if payout is None:
        return False
    payout.paid_on = None
    note = f"payout due {payout.due} never reached the bank"
    _tell(scene, "payout_missing_in_bank", payout, note, 0)
    return True


def bank_amount_mismatch(scene: Scene, code: str, payouts: list[Payout], bank: Bank) -> bool:
    payout = _pick(scene, payouts, code)
    if payout is None:
        return False
    off = scene.rng.choice((-10000, 10000, -3000, -100))  # in hundredths of a unit, which a yen does not have
    payout.paid = payout.amount + off * 10 ** exponent(scene.channels[code].currency) // 100
    _tell(scene, "bank_amount_mismatch", payout, "the bank credited another amount", payout.paid)
    return True


def unexpected_bank_line(scene: Scene, code: str, payouts: list[Payout], bank: Bank) -> bool:
    """The provider sent money that none of its files explains."""
    channel = scene.channels[code]
    days = [scene.first_day + timedelta(days=ahead) for ahead in range(3, (scene.as_of - scene.first_day).days)]
    days = [day for day in days if channel.is_open(day) and scene.is_settled(code, day)]
    if not days:
        return False
    day, taken = scene.rng.choice(days), {abs(payout.amount) for payout in payouts}
    amount = next(value for value in iter(lambda: scene.rng.randrange(800, 9000) * 100, None) if value not in taken)
    ref = f"{code[:3].upper()}ADJ{scene.rng.randrange(10**10):010d}"
    memo = {"ecpay": f"綠界科技 {ref}", "alipay": f"调账 {ref}", "stripe": f"STRIPE ADJUSTMENT\n/REF/{ref}"}.get(
        code, f"{channel.bank_keywords[0]} ADJUSTMENT\n/REF/{ref}"
    )
    bank.lines.append(BankLine(channel.bank_account, datetime.combine(day, time(15, 5)), amount, _summary(code), memo, _party(code)))
    note = f"credit into {channel.bank_account} that no payout explains"
    scene.tell_day("unexpected_bank_line", code, day, note, provider_ref=ref, actual=amount, ids=(ref,))
    return True


def pay_in_parts(scene: Scene, payouts: list[Payout], bank: Bank) -> None:
    """Of each channel two payouts in a row come in one deposit, and a later one comes in two."""
    for code, channel in scene.channels.items():
        mine = [payout for payout in payouts if payout.channel == code and scene.is_settled(code, payout.due)]
        whole = [payout for payout in mine if payout.paid_on and payout.paid == payout.amount > 20000]
        pairs = [(one, two) for one, two in pairwise(mine) if one in whole and two in whole]
        if not pairs:
            continue
        one, two = scene.rng.choice(pairs)
        parted = next((payout for payout in whole if payout.due > two.due), None)
        memo = " ".join(payout.ref for payout in (one, two)) if one.is_named else channel.bank_keywords[0]
        _deposit(bank, channel, two.due, one.amount + two.amount, f"{channel.bank_keywords[0]} {memo}")
        one.paid_on = two.paid_on = None
        scene.books.controls.append(
            {"control": "two_payouts_in_one_deposit", "channel": code, "due": [one.due.isoformat(), two.due.isoformat()]}
        )
        if parted is None:
            continue
        first = parted.amount * 3 // 500 * 100
        for day, amount in ((parted.due, first), (channel.after(parted.due, 1), parted.amount - first)):
            _deposit(bank, channel, day, amount, f"{channel.bank_keywords[0]} {parted.ref if parted.is_named else ''}".strip())
        parted.paid_on = None
        scene.books.controls.append({"control": "one_payout_in_two_deposits", "channel": code, "due": parted.due.isoformat()})


def _deposit(bank: Bank, channel: Channel, day: date, amount: int, memo: str) -> None:
    at = datetime.combine(day, time(11, 30))
    bank.lines.append(BankLine(channel.bank_account, at, amount, _summary(channel.code), memo, _party(channel.code)))


def pay_out(scene: Scene, payouts: list[Payout], bank: Bank) -> None:
    """Payouts become bank lines; one in fifteen is credited an open day later, which is fine."""
    for payout in payouts:
        channel = scene.channels[payout.channel]
        if payout.paid_on is None or not payout.paid:
            continue
        if payout.paid == payout.amount and scene.rng.random() < 0.07:
            payout.paid_on = channel.after(payout.due, 1)
            scene.books.controls.append(
                {"control": "bank_credit_one_business_day_later", "channel": payout.channel, "due": payout.due.isoformat()}
            )
        if payout.paid_on < scene.as_of:
            memo = channel.payout_memo.format(day=payout.due, ref=payout.ref)
            at = datetime.combine(payout.paid_on, time(10, scene.rng.randrange(60), scene.rng.randrange(60)))
            bank.lines.append(BankLine(channel.bank_account, at, payout.paid, _summary(payout.channel), memo, _party(payout.channel)))


# Account, summary, memo, amount, day of the month.
OWN = (
    ("cathay-twd", "轉帳支出", "工作室租金", -2800000, 5), ("cathay-twd", "轉帳支出", "薪資", -6400000, 10),
    ("cathay-twd", "跨行轉入", "利息", 32100, 21), ("icbc-cny", "转账支出", "义乌包材", -180000, 12),
    ("chase-usd", "", "MONTHLY SERVICE FEE", -1500, 28), ("chase-usd", "", "INTEREST", 321, 27), ("mufg-jpy", "振替", "通信料", -6800, 26),
)  # fmt: skip


def add_own_movements(bank: Bank, channels: dict[str, Channel], rng: random.Random, first_day: date, as_of: date) -> list[dict]:
    """Rent, wages and interest, and two equal transfers of one customer on one day: none of a provider's business."""
    days = [first_day + timedelta(days=ahead) for ahead in range((as_of - first_day).days)]
    for account, summary, memo, amount, of_month in OWN:
        for day in (day for day in days if day.day == of_month):
            bank.lines.append(BankLine(account, datetime.combine(day, time(9, rng.randrange(60), 7)), amount, summary, memo))
    twin = next((day for day in days[2:] if channels["ecpay"].is_open(day)), days[-1])
    for minute in (12, 14):
        bank.lines.append(BankLine("cathay-twd", datetime.combine(twin, time(14, minute)), 352000, "跨行轉入", "林小姐 匯款"))
    return [{"control": "twin_bank_lines_unrelated", "account": "cathay-twd", "business_date": twin.isoformat()}]


def _pick(scene: Scene, payouts: list[Payout], code: str) -> Payout | None:
    """An untouched payout of some size that was due long enough ago and holds no line of a fault day."""
    fit = [
        payout
        for payout in payouts
        if payout.channel == code and payout.amount > 60000 // (1 if code == "ecpay" else 10) and payout.paid == payout.amount
        if payout.paid_on and scene.is_settled(code, payout.due)
    ]
    return scene.rng.choice(fit) if fit else None


def _tell(scene: Scene, kind: str, payout: Payout, note: str, actual: int) -> None:
    ref = payout.ref if payout.is_named else ""
    scene.tell_day(
        kind, payout.channel, payout.due, note, provider_ref=ref, expected=payout.amount, actual=actual, ids=(ref,) if ref else ()
    )


def _summary(code: str) -> str:
    return {"ecpay": "跨行轉入", "alipay": "结算款", "counter": "跨行轉入"}.get(code, "")


def _party(code: str) -> str:
    return "支付宝(中国)网络技术有限公司" if code == "alipay" else ""
