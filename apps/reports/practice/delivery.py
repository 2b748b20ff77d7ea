"""Which files are there on the morning of the as-of date, under which names, and which of them come twice."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby

from apps.reports.practice import abroad, consoles, provider_files, shop_files
from apps.reports.practice.payouts import Bank, Payout
from apps.reports.practice.records import Line
from apps.reports.practice.scene import Scene
from apps.reports.practice.terms import Channel

Files = Iterator[tuple[str, bytes]]
WRITERS = {"cathay-twd": shop_files.cathay_csv, "icbc-cny": shop_files.icbc_csv, "mufg-jpy": shop_files.mufg_csv}
REPORT = "payout_reconciliation.itemized.5"


def ecpay_files(scene: Scene) -> Files:
    """Big5 and UTF-8 in turn; the first file is delivered again under a browser's second name."""
    again = None
    for number, (day, lines) in enumerate(_days(scene, "ecpay")):
        passed = scene.channels["ecpay"].due(day) < scene.as_of
        data = provider_files.ecpay(_shuffled(lines, scene.rng), passed, "utf-8-sig" if number % 2 else "cp950")
        yield f"statements/ecpay/TradeNoAio_{day:%Y%m%d}.csv", data
        if lines and again is None and number > 2:
            again = f"TradeNoAio_{day:%Y%m%d} (1).csv"
            scene.books.controls.append({"control": "same_file_delivered_twice", "channel": "ecpay", "file": again})
            yield f"statements/ecpay/{again}", data


def alipay_files(scene: Scene) -> Files:
    """One ZIP a day, and for every month a ZIP over three days that are in already."""
    kept: dict[date, list[Line]] = {}
    for day, lines in _days(scene, "alipay"):
        kept[day] = sorted(lines, key=lambda line: (line.at, line.number))
        off = scene.totals_off.get(("alipay", day), 0)
        name = f"{provider_files.ALIPAY_ACCOUNT}_{day:%Y%m%d}.zip"
        yield f"statements/alipay/{name}", provider_files.alipay(kept[day], day, day, off)
    for first in list(kept)[8::30]:
        days = [first + timedelta(days=ahead) for ahead in range(3)]
        if all(day in kept for day in days):
            lines = [line for day in days for line in kept[day]]
            name = f"{provider_files.ALIPAY_ACCOUNT}_{days[0]:%Y%m%d}_{days[-1]:%Y%m%d}.zip"
            scene.books.controls.append({"control": "overlapping_export", "channel": "alipay", "file": name})
            yield f"statements/alipay/{name}", provider_files.alipay(lines, days[0], days[-1])


def stripe_files(scene: Scene, payouts: list[Payout]) -> Files:
    """One report a payout, some with their columns in another order, and one report over three payouts that are in already."""
    mine = [payout for payout in payouts if payout.channel == "stripe"]
    for number, payout in enumerate(mine):
        rng = scene.rng if number % 5 == 3 else None
        yield f"statements/stripe/{REPORT}_{payout.due:%Y%m%d}.csv", provider_files.stripe([payout], rng)
    for at in range(4, len(mine) - 3, 21):
        part = mine[at : at + 3]
        name = f"{REPORT}_{part[0].due:%Y%m%d}_{part[-1].due:%Y%m%d}.csv"
        scene.books.controls.append({"control": "overlapping_export", "channel": "stripe", "file": name})
        yield f"statements/stripe/{name}", provider_files.stripe(part, scene.rng)


def paypal_files(scene: Scene, payouts: list[Payout]) -> Files:
    """One settlement report a day with the withdrawal at its end; one is delivered again as a copy."""
    swept = {payout.swept_on: (payout.ref, payout.announced) for payout in payouts if payout.channel == "paypal"}
    again = None
    for day, lines in _days(scene, "paypal") if "paypal" in scene.channels else ():
        data = abroad.paypal(day, _shuffled(lines, scene.rng), swept.get(day), scene.totals_off.get(("paypal", day), 0))
        yield f"statements/paypal/STL-{day:%Y%m%d}.01.009.CSV", data
        if lines and again is None:
            again = f"STL-{day:%Y%m%d}.01.009 copy.CSV"
            scene.books.controls.append({"control": "same_file_delivered_twice", "channel": "paypal", "file": again})
            yield f"statements/paypal/{again}", data


def adyen_files(scene: Scene, payouts: list[Payout]) -> Files:
    """One settlement details report a batch, some with their columns in another order."""
    mine = [payout for payout in payouts if payout.channel == "adyen"]
    for batch, payout in enumerate(mine, start=10):
        rng = scene.rng if batch % 4 == 3 else None
        data = abroad.adyen(batch, payout.ref, payout.due, payout.lines, payout.announced, rng)
        yield f"statements/adyen/settlement_detail_report_batch_{batch}.csv", data


def console_files(scene: Scene) -> Files:
    """One export a day for each channel that is read by a mapping, its rows in any order."""
    for code in sorted(consoles.CONSOLES & scene.channels.keys()):
        for day, lines in _days(scene, code):
            data = consoles.export(scene.channels[code], _shuffled(lines, scene.rng))
            yield f"statements/{code}/export_{day:%Y%m%d}.csv", data


def bank_files(bank: Bank, channels: dict[str, Channel], first_day: date, as_of: date) -> Files:
    """A file a month for each account; the exports of the Taiwanese bank overlap by four days."""
    for account in shop_files.accounts_of(channels):
        lines, opening, number = bank.of(account.code, account.opening), account.opening, 1
        for first, last in _months(first_day, as_of - timedelta(days=1)):
            start = max(first_day, first - timedelta(days=4)) if account.code == "cathay-twd" else first
            part = [line for line in lines if start <= line.at.date() <= last]
            if not part and account.format == "mt940":  # a bank that was asked for a month without bookings gives an empty table
                continue
            place = f"bank/{account.code}"
            if account.format == "mt940":
                yield f"{place}/{first:%Y%m}.sta", shop_files.chase_mt940(part, opening, number)
                opening, number = part[-1].balance, number + len({line.at.date() for line in part})
            else:
                write = WRITERS[account.code]
                yield f"{place}/{account.code.split('-')[0]}_{start:%Y%m%d}_{last:%Y%m%d}.csv", write(account, part, start, last)


def delivered_days(channel: Channel, first_day: date, as_of: date) -> list[date]:
    """Days whose file came before the as-of date: it comes on the next open day."""
    days = [first_day + timedelta(days=ahead) for ahead in range((as_of - first_day).days)]
    return [day for day in days if channel.after(day, 1) < as_of]


def _days(scene: Scene, code: str) -> Iterator[tuple[date, list[Line]]]:
    """Delivered days with their lines; open days without lines have an empty file, closed ones none."""
    channel, by_day = scene.channels[code], {}
    for line in scene.provider.lines:
        if line.channel == code and not line.is_lost:
            by_day.setdefault(line.file_day, []).append(line)
    for day in delivered_days(channel, min([scene.first_day, *by_day]), scene.as_of):  # the evening before, on a clock further west
        lines = by_day.get(day, [])
        if day in scene.gaps.get(code, ()):
            continue
        if lines or channel.is_open(day):
            yield day, lines
        else:
            scene.books.controls.append({"control": "holiday_without_statement", "channel": code, "business_date": day.isoformat()})


def _shuffled(lines: list[Line], rng: random.Random) -> list[Line]:
    mixed = list(lines)
    rng.shuffle(mixed)
    return mixed


def _months(first: date, last: date) -> list[tuple[date, date]]:
    days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    months = [list(group) for _, group in groupby(days, key=lambda day: (day.year, day.month))]
    return [(month[0], month[-1]) for month in months]
