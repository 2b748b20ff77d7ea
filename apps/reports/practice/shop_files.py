"""The shop's own side as files: merchant.toml, payments.csv, refunds.csv, and the statements of its banks."""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from apps.reports.practice import consoles
from apps.reports.practice.payouts import BankLine
from apps.reports.practice.records import Payment, Refund, major
from apps.reports.practice.terms import Channel, Fee

PAYMENT_COLUMNS = (
    "order_no", "placed_at", "storefront", "order_total", "currency", "channel", "method", "merchant_ref", "provider_ref", "amount",
    "status", "paid_at", "customer_ref", "payer_country", "payer_ip",
)  # fmt: skip
REFUND_COLUMNS = (
    "refund_no", "order_no", "channel", "merchant_ref", "provider_ref", "provider_refund_ref", "amount", "currency", "status",
    "requested_at", "refunded_at", "reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Account:
    """A bank account of the shop; `mapping` are the lines of its CSV mapping in merchant.toml."""

    code: str
    bank: str
    currency: str
    account_no: str
    format: str
    opening: int
    mapping: str = ""


ACCOUNTS = (
    Account(
        "cathay-twd", "國泰世華", "TWD", "****6120", "csv", 24600000,
        'encoding = "big5"\ndelimiter = ","\nskip_rows = 2\ndate = "交易日期"\ndate_format = "%Y/%m/%d"\ndebit = "支出金額"\n'
        'credit = "存入金額"\nbalance = "餘額"\nmemo = ["摘要", "備註"]\nreference = "交易序號"\nfooter_starts = "合計"\n',
    ),
    Account(
        "icbc-cny", "工商银行", "CNY", "****3307", "csv", 5200000,
        'encoding = "gb18030"\ndelimiter = ","\nskip_rows = 1\ndate = "记账日期"\ndate_format = "%Y-%m-%d"\namount = "交易金额"\n'
        'balance = "联机余额"\nmemo = ["交易摘要", "对手信息", "客户摘要"]\n',
    ),
    Account("chase-usd", "JPMorgan Chase", "USD", "****8841", "mt940", 1850000),
    Account(
        "mufg-jpy", "三菱UFJ銀行", "JPY", "****2750", "csv", 3400000,
        'encoding = "cp932"\ndelimiter = ","\ndate = "日付"\ndate_format = "%Y/%m/%d"\ndebit = "支払い金額"\ncredit = "預かり金額"\n'
        'balance = "差引残高"\nmemo = ["摘要", "摘要内容"]\n',
    ),
)  # fmt: skip


def accounts_of(channels: dict[str, Channel]) -> tuple[Account, ...]:
    """The accounts of a shop; the one in yen only where a channel pays into it."""
    paid_into = {channel.bank_account for channel in channels.values()}
    return tuple(account for account in ACCOUNTS if account.currency != "JPY" or account.code in paid_into)


def merchant_toml(slug: str, name: str, channels: dict[str, Channel]) -> str:
    parts = [f'[merchant]\nslug = "{slug}"\nname = "{name}"\ncurrency = "TWD"\ntimezone = "Asia/Taipei"\n']
    for account in accounts_of(channels):
        head = f'[[bank_accounts]]\ncode = "{account.code}"\nbank = "{account.bank}"\ncurrency = "{account.currency}"\n'
        mapping = f"\n[bank_accounts.csv]\n{account.mapping}" if account.mapping else ""
        parts.append(f'{head}account_no = "{account.account_no}"\nformat = "{account.format}"\n{mapping}')
    for channel in channels.values():
        words = ", ".join(f'"{word}"' for word in channel.bank_keywords)
        settles = channel.settles or f"T+{channel.settle_days}"
        parts.append(
            f'[[channels]]\ncode = "{channel.code}"\nprovider = "{channel.provider or channel.code}"\nlabel = "{channel.label}"\n'
            f'currency = "{channel.currency}"\ntimezone = "{channel.timezone}"\ncalendar = "{channel.country}"\n'
            f'settles = "{settles}"\nstatements = "{channel.statements}"\nbank_account = "{channel.bank_account}"\n'
            f"bank_keywords = [{words}]\ngrace_days = 1\n"
        )
        parts += [_fee_toml(fee, channel.currency) for fee in channel.fees]
        parts += [consoles.MAPPING] if channel.provider == "generic" else []
    return "\n".join(parts)


def _fee_toml(fee: Fee, currency: str) -> str:
    methods = ", ".join(f'"{method}"' for method in fee.methods)
    fixed, minimum, cap, tolerance, unit = (
        "" if value is None else major(value, currency) for value in (fee.fixed, fee.minimum, fee.cap, fee.tolerance, fee.unit)
    )
    return (
        f'[[channels.fees]]\nmethods = [{methods}]\npercent = "{fee.percent}"\nfixed = "{fixed}"\nminimum = "{minimum}"\n'
        f'cap = "{cap}"\nrefund_fee = "{fee.refund_fee}"\ntolerance = "{tolerance}"\nrounding = "half_up"\n'
        f'unit = "{unit}"\nvalid_from = {fee.valid_from}\n'
    )


def payments_csv(payments: list[Payment]) -> bytes:
    rows = [
        (
            one.order_no, _iso(one.placed_at), one.storefront, _amount(one.order_total, one.currency), one.currency, one.channel,
            one.method, one.books_ref or one.merchant_ref, _known_ref(one),
            _amount(one.amount, one.currency), one.status, _iso(one.paid_at), one.customer, one.country, one.ip,
        )
        for one in sorted(payments, key=lambda one: (one.placed_at, one.merchant_ref))
        if one.in_books
    ]  # fmt: skip
    return _csv(PAYMENT_COLUMNS, rows)


def _known_ref(payment: Payment) -> str:
    """The provider's number as far as the shop learned it."""
    return "" if "no_provider_ref" in payment.marks or payment.status == "failed" else payment.provider_ref


def refunds_csv(refunds: list[Refund]) -> bytes:
    rows = [
        (
            one.refund_no, one.payment.order_no, one.payment.channel, one.payment.merchant_ref, one.payment.provider_ref,
            one.provider_refund_ref if one.refunded_at else "", _amount(one.amount, one.payment.currency), one.payment.currency, one.status,
            _iso(one.requested_at), _iso(one.refunded_at), one.reason,
        )
        for one in sorted(refunds, key=lambda one: (one.requested_at, one.refund_no))
        if one.in_books
    ]  # fmt: skip
    return _csv(REFUND_COLUMNS, rows)


def cathay_csv(account: Account, lines: list[BankLine], first: date, last: date) -> bytes:
    """Big5, debit and credit in columns of their own, a sum at the end."""
    out = io.StringIO()
    out.write(f"國泰世華銀行 帳戶交易明細\r\n帳號:{account.account_no},幣別:TWD,查詢期間:{first:%Y/%m/%d}~{last:%Y/%m/%d}\r\n")
    sheet = csv.writer(out, lineterminator="\r\n")
    sheet.writerow("交易日期,交易時間,摘要,支出金額,存入金額,餘額,備註,交易序號".split(","))
    for line in lines:
        debit, credit = (f"{-line.amount // 100:,}", "") if line.amount < 0 else ("", f"{line.amount // 100:,}")
        serial = f"{line.at:%y%m%d}{line.number:06d}"
        sheet.writerow(
            [f"{line.at:%Y/%m/%d}", f"{line.at:%H:%M:%S}", line.summary, debit, credit, f"{line.balance // 100:,}", line.memo, serial]
        )
    paid, got = -sum(line.amount for line in lines if line.amount < 0), sum(line.amount for line in lines if line.amount > 0)
    sheet.writerow(["合計", "", "", f"{paid // 100:,}", f"{got // 100:,}", "", "", ""])
    return out.getvalue().encode("cp950")


def icbc_csv(account: Account, lines: list[BankLine], first: date, last: date) -> bytes:
    """GB18030, one signed amount."""
    out = io.StringIO()
    out.write(f"账号:{account.account_no}  币种:人民币  起止日期:{first.isoformat()}至{last.isoformat()}\r\n")
    sheet = csv.writer(out, lineterminator="\r\n")
    sheet.writerow("记账日期,货币,交易金额,联机余额,交易摘要,对手信息,客户摘要".split(","))
    for line in lines:
        sheet.writerow([f"{line.at:%Y-%m-%d}", "CNY", _commas(line.amount), _commas(line.balance), line.summary, line.party, line.memo])
    return out.getvalue().encode("gb18030")


def mufg_csv(account: Account, lines: list[BankLine], first: date, last: date) -> bytes:
    """Code page 932, whole yen, no head."""
    out = io.StringIO()
    sheet = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    sheet.writerow("日付,摘要,摘要内容,支払い金額,預かり金額,差引残高".split(","))
    for line in lines:
        sides = (f"{-line.amount:,}", "") if line.amount < 0 else ("", f"{line.amount:,}")
        sheet.writerow([f"{line.at:%Y/%m/%d}", line.summary, line.memo, *sides, f"{line.balance:,}"])
    return out.getvalue().encode("cp932")


def chase_mt940(lines: list[BankLine], opening: int, number: int) -> bytes:
    """One statement a booking day; `number` is the first one's number."""
    out, days = [], sorted({line.at.date() for line in lines})
    before = days[0] - timedelta(days=1) if days else None
    for day in days:
        of_day = [line for line in lines if line.at.date() == day]
        out += [f":20:STMT{day:%Y%m%d}", ":25:021000021/000000008841", f":28C:{number:05d}/001", f":60F:{_balance(opening, before)}"]
        for line in of_day:
            mark = "D" if line.amount < 0 else "C"
            out.append(f":61:{day:%y%m%d%m%d}{mark}{_comma(abs(line.amount))}NTRFNONREF//B{line.number:08d}")
            out.append(f":86:{line.memo.replace(chr(10), chr(13) + chr(10))}")
        opening, before, number = of_day[-1].balance, day, number + 1
        out += [f":62F:{_balance(opening, day)}", "-"]
    return ("\r\n".join(out) + "\r\n").encode("ascii")


def _balance(minor: int, day: date) -> str:
    return f"{'D' if minor < 0 else 'C'}{day:%y%m%d}USD{_comma(abs(minor))}"


def _comma(minor: int) -> str:
    return major(minor).replace(".", ",")


def _commas(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100:,}.{abs(minor) % 100:02d}"


def _amount(minor: int, currency: str) -> str:
    return str(minor // 100) if currency == "TWD" else major(minor, currency)


def _iso(at: datetime | None) -> str:
    return f"{at.isoformat(timespec='seconds')}+08:00" if at else ""


def _csv(columns: tuple[str, ...], rows: list[tuple]) -> bytes:
    out = io.StringIO()
    sheet = csv.writer(out, lineterminator="\r\n")
    sheet.writerow(columns)
    sheet.writerows(rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()
