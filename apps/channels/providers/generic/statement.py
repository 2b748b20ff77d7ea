"""A provider's export read through the channel's column mapping (`[channels.csv]` of merchant.toml). No Django here.

Mapping keys: encoding, delimiter, skip_rows, footer_starts, decimal, thousands, time, time_format, type, types, provider_ref, merchant_ref,
provider_refund_ref, refund_ref, line_ref, method, methods, currency, gross, fee, other, net, payout_ref, payout_on.

Signs. Exports print refunds with or without a minus and fees as costs or as signed amounts. A refund or dispute row printed positive is
turned round as a whole. How fees are signed is read from the file: the reading under which most nets tie is taken for all
rows, fees as costs when none is better; a row whose net does not tie under it is rejected, never made to fit.
"""

import polars as pl

from apps.channels import canonical, cells, sheets
from apps.channels.contracts import FileRefused, LineKind, Method, ParsedStatement, Refusal, Reject, Rejection, StatementFile, Total

LAYOUT = "mapped_csv"
REFERENCES = ("provider_ref", "merchant_ref", "provider_refund_ref", "refund_ref", "line_ref", "payout_ref")
MONEY = ("gross", "fee", "other", "net")
TURNED = (LineKind.REFUND, LineKind.DISPUTE)  # money out, whichever way it is printed
METHOD_WORDS = {
    "信用卡": Method.CREDIT_CARD, "信用卡一次付清": Method.CREDIT_CARD, "card": Method.CREDIT_CARD, "credit card": Method.CREDIT_CARD,
    "分期": Method.INSTALLMENT, "信用卡分期": Method.INSTALLMENT, "line pay": Method.LINE_PAY, "linepay": Method.LINE_PAY,
    "街口": Method.JKOPAY, "街口支付": Method.JKOPAY, "支付宝": Method.ALIPAY, "支付寶": Method.ALIPAY, "微信": Method.WECHAT_PAY,
    "微信支付": Method.WECHAT_PAY, "银联": Method.UNIONPAY, "銀聯": Method.UNIONPAY, "apple pay": Method.APPLE_PAY,
    "google pay": Method.GOOGLE_PAY, "虛擬帳號": Method.ATM, "超商代碼": Method.CVS_CODE, "超商條碼": Method.CVS_BARCODE,
    "銀行轉帳": Method.BANK_TRANSFER, "银行转账": Method.BANK_TRANSFER, "現金": Method.CASH, "现金": Method.CASH,
}  # fmt: skip
_HEADINGS = frozenset("交易日期時間金額幣別訂單編號手續費付款方式退款序號时间金额币种订单编号续费号类型")


def recognise(name: str, data: bytes) -> str | None:
    """None: a mapped export carries no mark of its own, and claiming files would hide whose they are."""
    return None


def parse(file: StatementFile) -> ParsedStatement:
    """Reads one export through `file.mapping`.

    :raises FileRefused: no_mapping, empty, encoding, other_layout, other_currency, bad_format, no_day, or bad_rows when no
        row can be read at all.
    """
    mapping = file.mapping
    if not mapping.get("time") or not mapping.get("gross"):
        raise FileRefused(Refusal.NO_MAPPING, account=file.account)
    sheet = sheets.read_sheet(file.data, mapping, mapped_columns(mapping))
    reading, rejections = _read(sheet, file)
    reading, unbalanced = _signed(reading, mapping)
    rejections = _one_each([*sheet.rejections, *rejections, *unbalanced])
    lines = reading.filter(~pl.col("row_no").is_in([found.row_no for found in rejections]))
    if rejections and not lines.height:
        raise FileRefused(Refusal.BAD_ROWS, count=len(rejections), rejections=tuple(rejections))
    days = canonical.days(file.name, canonical.span(lines["business_date"]))
    columns = {name: pl.col(name) for name in lines.columns}
    return ParsedStatement(
        layout=LAYOUT,
        account="",
        first_day=days[0],
        last_day=days[1],
        lines=canonical.assemble(lines, columns),
        rejections=tuple(rejections),
        totals=_totals(sheet.footers, lines, mapping, file.currency),
        rows_in=sheet.rows_in,
        header=sheet.header,
    )


def text(name: str, data: bytes) -> str:
    """The text under the encoding that yields the most heading words: no mapping is known here. Never raises."""
    found = []
    for encoding in ("utf-8-sig", "cp950", "gb18030", "cp932"):
        try:
            found.append(data.decode(encoding))
        except UnicodeError:
            continue
        if encoding == "utf-8-sig":
            return found[0]
    return max(found, key=lambda read: sum(sign in _HEADINGS for sign in read[:4000]), default=data.decode("utf-8", "replace"))


def mapped_columns(mapping: dict) -> list[str]:
    """The column names that must stand in the header."""
    keys = ("time", "type", "method", "currency", "payout_on", *REFERENCES, *MONEY)
    return [mapping[key] for key in keys if mapping.get(key)]


def _read(sheet: sheets.Sheet, file: StatementFile) -> tuple[pl.DataFrame, list[Rejection]]:
    """The cells as printed, in our types; signs and balance come after."""
    mapping, frame, numbers = file.mapping, sheet.frame, sheet.row_no
    times, rejections = _times(sheet, mapping, file.timezone)
    columns = [numbers, times]
    for key in MONEY:
        if not mapping.get(key):
            columns.append(pl.Series(key, [0] * frame.height, dtype=pl.Int64))
            continue
        amounts, faults = sheets.money(frame, numbers, mapping[key], mapping, file.currency)
        if key in ("gross", "net"):
            blank = pl.DataFrame([numbers, frame[mapping[key]].alias("raw")]).filter(amounts.is_null())
            faulty = {fault.row_no for fault in faults}
            rejections += [Rejection(no, Reject.MISSING_VALUE, mapping[key], "") for no, _ in blank.iter_rows() if no not in faulty]
        rejections += faults
        columns.append(amounts.fill_null(0).alias(key))
    kinds, faults = _kinds(sheet, mapping)
    rejections += faults + _foreign(sheet, mapping, file.currency)
    texts = [cells.clean(mapping[key]).alias(key) if mapping.get(key) else pl.repeat("", pl.len()).alias(key) for key in REFERENCES]
    day = pl.col("occurred_at").dt.convert_time_zone(file.timezone).dt.date()
    reading = pl.DataFrame([*columns, kinds, sheet.hashes, _methods(sheet, mapping)]).hstack(frame.select(texts))
    reading = reading.with_columns(currency=pl.lit(file.currency), business_date=day)
    if mapping.get("payout_on"):
        paid_on, faults = sheets.date_column(frame, numbers, mapping["payout_on"], mapping.get("date_format") or "%Y-%m-%d")
        rejections += [fault for fault in faults if fault.code is not Reject.MISSING_VALUE]
        reading = reading.with_columns(paid_on.alias("payout_on"))
    return reading, rejections


def _times(sheet: sheets.Sheet, mapping: dict, timezone: str) -> tuple[pl.Series, list[Rejection]]:
    cleaned = pl.col(mapping["time"]).str.strip_chars(sheets.BLANKS)
    spelling = mapping.get("time_format") or "%Y-%m-%d %H:%M:%S"
    if not any(sign in spelling for sign in ("%H", "%T", "%I", "%R")):
        cleaned, spelling = pl.concat_str(cleaned, pl.lit(" 00:00:00")), f"{spelling} %H:%M:%S"  # a day alone is its first moment
    try:
        if "%z" in spelling:
            read = cleaned.str.to_datetime(spelling, time_unit="us", time_zone="UTC", strict=False)
        else:
            read = canonical.as_utc(cleaned.str.to_datetime(spelling, time_unit="us", strict=False), timezone)
        times = sheet.frame.select(read.alias("occurred_at")).to_series()
    except pl.exceptions.PolarsError as error:
        raise FileRefused(Refusal.NO_MAPPING, account="", reason=f"time_format {spelling}") from error
    sane = times.dt.year().is_between(2000, 2099).fill_null(False)
    bad = pl.DataFrame([sheet.row_no, sheet.frame[mapping["time"]].alias("raw")]).filter(~sane)
    return times, [Rejection(no, Reject.BAD_TIME, mapping["time"], raw.strip()[:80]) for no, raw in bad.iter_rows()]


def _kinds(sheet: sheets.Sheet, mapping: dict) -> tuple[pl.Series, list[Rejection]]:
    """The kind by the mapped words; without a type column every row is a payment, or a refund where its gross is negative."""
    if not mapping.get("type"):
        minus = sheet.frame.select(sheets.amount_text(mapping["gross"], mapping).str.starts_with("-")).to_series()
        kinds = [LineKind.REFUND.value if out else LineKind.PAYMENT.value for out in minus]
        return pl.Series("kind", kinds, dtype=pl.String), []
    words = {word.strip(sheets.BLANKS): kind for word, kind in (mapping.get("types") or {}).items()}
    if unknown := sorted(set(words.values()) - set(LineKind)):
        raise FileRefused(Refusal.NO_MAPPING, account="", reason=f"types {', '.join(unknown)}")
    told = sheet.frame.select(cells.clean(mapping["type"]).alias("kind")).to_series()
    bad = pl.DataFrame([sheet.row_no, told]).filter(~told.is_in(list(words)))
    rejections = [Rejection(no, Reject.UNKNOWN_TYPE, mapping["type"], word[:80]) for no, word in bad.iter_rows()]
    return told.replace_strict(words, default="", return_dtype=pl.String), rejections


def _methods(sheet: sheets.Sheet, mapping: dict) -> pl.Series:
    """Method codes by the mapped words, the codes themselves and the usual names; empty where the word is not known."""
    if not mapping.get("method"):
        return pl.Series("method", [""] * sheet.frame.height, dtype=pl.String)
    words = {method.value: method.value for method in Method} | {word: method.value for word, method in METHOD_WORDS.items()}
    words |= {word.lower(): code for word, code in (mapping.get("methods") or {}).items()}
    told = sheet.frame.select(cells.clean(mapping["method"]).str.to_lowercase().alias("method")).to_series()
    return told.replace_strict(words, default="", return_dtype=pl.String)


def _foreign(sheet: sheets.Sheet, mapping: dict, currency: str) -> list[Rejection]:
    """:raises FileRefused: other_currency, when no row is in the channel's currency."""
    if not mapping.get("currency"):
        return []
    told = sheet.frame.select(cells.clean(mapping["currency"]).str.to_uppercase().alias("told")).to_series()
    strange = (told != currency) & (told != "")
    if told.len() and strange.all() and told.n_unique() == 1:
        raise FileRefused(Refusal.OTHER_CURRENCY, expected=currency, found=told[0][:20])
    found = pl.DataFrame([sheet.row_no, told]).filter(strange)
    return [Rejection(no, Reject.BAD_CURRENCY, mapping["currency"], word[:80]) for no, word in found.iter_rows()]


def _signed(reading: pl.DataFrame, mapping: dict) -> tuple[pl.DataFrame, list[Rejection]]:
    """Amounts signed from the merchant's side, and the rows whose net does not tie."""
    turned = pl.col("kind").is_in([kind.value for kind in TURNED]) & (pl.col("gross") > 0)
    turn = pl.when(turned).then(-1).otherwise(1)
    net_out = pl.when(turned & (pl.col("net") > 0)).then(-pl.col("net")).otherwise(pl.col("net"))
    printed = reading.with_columns(gross=pl.col("gross") * turn, fee=pl.col("fee") * turn, other=pl.col("other") * turn, net=net_out)
    if not mapping.get("net"):
        fee = -pl.col("fee")
        return printed.with_columns(fee=fee).with_columns(net=pl.col("gross") + pl.col("fee") + pl.col("other")), []
    if not mapping.get("fee"):
        return printed.with_columns(fee=pl.col("net") - pl.col("gross") - pl.col("other")), []
    readings = [printed.with_columns(fee=sign * pl.col("fee")) for sign in (-1, 1)]
    ties = [one.select((pl.col("gross") + pl.col("fee") + pl.col("other") == pl.col("net")).sum()).item() for one in readings]
    best = readings[0] if ties[0] >= ties[1] else readings[1]
    wrong = best.filter(pl.col("gross") + pl.col("fee") + pl.col("other") != pl.col("net"))
    return best, [Rejection(no, Reject.NET_DIFFERS, mapping["net"], str(net)) for no, net in wrong.select("row_no", "net").iter_rows()]


def _totals(footers: tuple[sheets.Footer, ...], lines: pl.DataFrame, mapping: dict, currency: str) -> tuple[Total, ...]:
    """Sums under the money columns of footer rows. They are compared as printed: with or without the sign of a cost."""
    totals = []
    for footer in footers:
        above = lines.filter(pl.col("row_no") < footer.row_no)
        for key in MONEY:
            cell = pl.DataFrame({"cell": [footer.cells.get(mapping.get(key) or "", "")]})
            stated, unread = sheets.money(cell, pl.Series("row_no", [footer.row_no], dtype=pl.Int32), "cell", mapping, currency)
            if stated[0] is not None or unread:
                told, computed = stated[0] or 0, canonical.exact_sum(above[key])  # an unreadable sum shows as a difference
                totals.append(Total(mapping[key], -told if key == "fee" and told == -computed else told, computed))
    return tuple(totals)


def _one_each(rejections: list[Rejection]) -> list[Rejection]:
    """The first fault of each row, by row."""
    kept: dict[int, Rejection] = {}
    for found in rejections:
        kept.setdefault(found.row_no, found)
    return sorted(kept.values(), key=lambda found: found.row_no)
