"""The `#` lines above and below the rows of Alipay's reports: whose account, which days. No Django here."""

import re
from datetime import date, timedelta

from apps.channels import canonical

_ACCOUNT = re.compile(r"^#账号[：:]\[?([^\]\s,]+)", re.M)
_PERIOD = re.compile(r"^#起始日期[：:]\[(\d{4})年(\d\d)月(\d\d)日[^\]]*\]\s*终止日期[：:]\[(\d{4})年(\d\d)月(\d\d)日 ?([^\]]*)\]", re.M)


def hash_lines(body: bytes, start: int) -> str:
    """The `#` lines after the header, without the commas that some exports pad them with."""
    found = re.findall(rb"^#[^\n]*", body[start:], re.M)
    return "\n" + "\n".join(line.decode().rstrip(",") for line in found)


def found_account(edges: str, expected: str) -> str:
    """The account the file names. A partner id is also known with the 0156 that Alipay puts behind it.

    :raises FileRefused: OTHER_ACCOUNT.
    """
    found = _ACCOUNT.search(edges)
    account = found.group(1) if found else ""
    if expected and account == f"{expected}0156":
        return account
    canonical.check_account(expected, account)
    return account


def period(edges: str) -> tuple[date, date] | None:
    """The days between 起始日期 and 终止日期; an end at midnight is the first moment that is no longer reported."""
    found = _PERIOD.search(edges)
    if not found:
        return None
    try:
        first, last = date(*map(int, found.groups()[0:3])), date(*map(int, found.groups()[3:6]))
    except ValueError:
        return None
    if last > first and found.group(7) in ("", "00:00:00"):
        last -= timedelta(days=1)
    return (first, last) if first <= last else None
