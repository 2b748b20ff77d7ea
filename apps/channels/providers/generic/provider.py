"""Providers that are read by mapped exports and cannot be called: one line each.

Names and methods are facts. The day one of them gets a parser or a gateway, it gets a folder of its own and its line goes.
"""

from apps.channels.contracts import Method
from apps.channels.mapped.provider import mapped

M = Method
CARDS = (M.CREDIT_CARD, M.APPLE_PAY, M.GOOGLE_PAY)

PROVIDER = mapped("generic", "CSV", (), "UTC", tuple(Method))  # any other
PROVIDERS = (
    mapped("91app", "91APP", ("TW",), "Asia/Taipei", (*CARDS, M.INSTALLMENT, M.LINE_PAY, M.JKOPAY, M.ATM, M.CVS_CODE)),
    mapped("pingpong", "PingPong", ("CN", "HK"), "Asia/Shanghai", CARDS),
)
