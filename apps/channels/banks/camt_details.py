"""What a camt entry says about itself: who paid, why, under which references, and the parts of a batch. No Django here."""

import re
from decimal import Decimal

from lxml import etree

from apps.channels.banks.parts import first_told, one_line
from apps.channels.banks.xml_files import children, find, value
from apps.core.money import MoneyError, to_minor

_DECIMAL = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")  # xsd:decimal without sign: the sign is CdtDbtInd
SHOWN_PARTS = 3  # parts of a batch that is one line here are named up to here
SIGNS = {"CRDT": 1, "DBIT": -1}


def minor_of(amount: etree._Element, currency: str) -> int:
    """An `Amt` in unsigned minor units.

    :raises MoneyError: bad_amount, excess_digits (digits beyond the currency's own that are not zeros), too_large or mixed_currencies.
    """
    text = value(amount)
    if not _DECIMAL.fullmatch(text):
        raise MoneyError("bad_amount", text)
    if amount.get("Ccy", currency) != currency:
        raise MoneyError("mixed_currencies", f"{amount.get('Ccy')} {text}")
    if len(text) > 40:
        raise MoneyError("too_large", text)
    return to_minor(Decimal(text.rstrip(".")), currency)


def parts_of(entry: etree._Element, amount: int, currency: str) -> list[tuple[etree._Element, int]]:
    """The `TxDtls` of a batch with their signed amounts, when they add up to the entry to the cent; else none.

    They do not where the bank took its charge from the sum, or names amounts of before an exchange: then the entry counts.
    """
    details = details_of(entry)
    if len(details) < 2:
        return []
    sign = 1 if amount >= 0 else -1
    parts = []
    for detail in details:
        told = find(detail, "Amt")
        told = told if told is not None else find(detail, "AmtDtls/TxAmt/Amt")
        if told is None:
            return []
        try:
            part = minor_of(told, currency)
        except MoneyError:
            return []
        parts.append((detail, SIGNS.get(value(detail, "CdtDbtInd"), sign) * part))
    return parts if sum(part for _, part in parts) == amount else []


def details_of(entry: etree._Element) -> list[etree._Element]:
    return [detail for group in children(entry, "NtryDtls") for detail in children(group, "TxDtls")]


def reference_of(entry: etree._Element, detail: etree._Element | None) -> str:
    """What the payer gave (end-to-end or creditor reference), else what the bank calls the booking."""
    refs = find(detail, "Refs")
    own = (
        value(refs, "EndToEndId"),
        *(value(found, "CdtrRefInf/Ref") for found in children(find(detail, "RmtInf"), "Strd")),
        value(refs, "TxId"),
        value(refs, "InstrId"),
        value(refs, "PmtInfId"),
    )
    batch = (value(entry, "NtryDtls/Btch/PmtInfId"), value(entry, "NtryDtls/Btch/MsgId"))
    bank = (value(refs, "AcctSvcrRef"), value(entry, "AcctSvcrRef"), value(entry, "NtryRef"))
    return first_told(*(own if detail is not None else batch), *bank)


def memo_of(entry: etree._Element, details: list[etree._Element], *, credit: bool) -> str:
    """Counterparty, purpose and exchange of these details, then what the bank adds about the entry."""
    texts = [text for detail in details[:SHOWN_PARTS] for text in _detail_texts(detail, credit=credit)]
    more = [f"(+{len(details) - SHOWN_PARTS})"] if len(details) > SHOWN_PARTS else []
    return one_line(*texts, *more, _exchange(find(entry, "AmtDtls")), value(entry, "AddtlNtryInf"))


def _detail_texts(detail: etree._Element, *, credit: bool) -> list[str]:
    remittance = find(detail, "RmtInf")
    structured = children(remittance, "Strd")
    return [
        _counterparty(find(detail, "RltdPties"), credit=credit),
        *(value(text) for text in children(remittance, "Ustrd")),
        *(text for found in structured for text in (value(found, "CdtrRefInf/Ref"), value(found, "AddtlRmtInf"))),
        value(detail, "AddtlTxInf"),
        value(detail, "RtrInf/Rsn/Cd"),
        *(value(text) for text in children(find(detail, "RtrInf"), "AddtlInf")),
        _exchange(find(detail, "AmtDtls")),
    ]


def _counterparty(parties: etree._Element | None, *, credit: bool) -> str:
    """Who paid us, or whom we paid; from version 3 of the messages on the name lies one level deeper."""
    role = "Dbtr" if credit else "Cdtr"
    return next(filter(None, (value(parties, f"{who}/{path}") for who in (role, f"Ultmt{role}") for path in ("Nm", "Pty/Nm"))), "")


def _exchange(amounts: etree._Element | None) -> str:
    """The original amount and the rate where money was exchanged, as `USD 1000.00 @ 0.92`."""
    for name in ("InstdAmt", "TxAmt", "CntrValAmt"):
        found = find(amounts, name)
        rate = value(found, "CcyXchg/XchgRate")
        told = find(found, "Amt")
        if rate and told is not None:
            return f"{told.get('Ccy', '')} {value(told)} @ {rate}"
    return ""
