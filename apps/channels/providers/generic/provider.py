"""Providers whose exports are read through the channel's column mapping: one line each, one parser for all.

Nothing public says which columns their consoles write, so none is promised here: a person shows the studio a file once. Names and
methods are facts; the day one of them gets a parser of its own, its line goes.
"""

from apps.channels.contracts import Capabilities, Method, Provider
from apps.channels.providers.generic import statement

M = Method
CARDS = (M.CREDIT_CARD, M.APPLE_PAY, M.GOOGLE_PAY)
SCANNED = (M.ALIPAY, M.WECHAT_PAY, M.UNIONPAY)
EXPORTS = ("CSV", "TSV", "XLSX", "ZIP")


def mapped(code: str, name: str, countries: tuple[str, ...], timezone: str, methods: tuple[Method, ...]) -> Provider:
    """A provider that can be read by a mapped export and cannot be called."""
    return Provider(
        code=code,
        name=name,
        countries=countries,
        default_timezone=timezone,
        capabilities=Capabilities(methods=methods, statements=EXPORTS, partial_refund=True),
        recognise=statement.recognise,
        parse=statement.parse,
        text=statement.text,
        is_mapped=True,
    )


PROVIDER = mapped("generic", "CSV", (), "UTC", tuple(Method))  # any other
PROVIDERS = (
    mapped("linepay", "LINE Pay", ("TW", "JP", "TH"), "Asia/Taipei", (M.LINE_PAY,)),
    mapped("jkopay", "街口支付 JKOPAY", ("TW",), "Asia/Taipei", (M.JKOPAY,)),
    mapped("newebpay", "藍新 NewebPay", ("TW",), "Asia/Taipei", (*CARDS, M.INSTALLMENT, M.LINE_PAY, M.ATM, M.CVS_CODE, M.CVS_BARCODE)),
    mapped("91app", "91APP", ("TW",), "Asia/Taipei", (*CARDS, M.INSTALLMENT, M.LINE_PAY, M.JKOPAY, M.ATM, M.CVS_CODE)),
    mapped("lakala", "拉卡拉 Lakala", ("CN",), "Asia/Shanghai", (*SCANNED, M.CREDIT_CARD)),
    mapped("shouqianba", "收钱吧 Shouqianba", ("CN",), "Asia/Shanghai", SCANNED),
    mapped("chinaums", "银联商务 ChinaUMS", ("CN",), "Asia/Shanghai", (*SCANNED, M.CREDIT_CARD)),
    mapped("airwallex", "Airwallex", ("HK", "SG", "AU", "GB", "US"), "UTC", (*CARDS, *SCANNED)),
    mapped("pingpong", "PingPong", ("CN", "HK"), "Asia/Shanghai", CARDS),
)
