"""A provider's export read through the channel's column mapping (`[channels.csv]` of merchant.toml). No Django here.

The keys of the mapping are those of `mapped.spec.CHANNEL`.

Signs. Exports print refunds with or without a minus and fees as costs or as signed amounts. A refund or dispute row printed positive is
turned round as a whole; so is a row that a word (`mark`), a column of its own (`money_out`) or, with `sign = "type"`, its kind calls
money out. How fees are signed is read from the file unless `fee_sign` says it: the reading under which most nets tie is taken for all
rows, fees as costs when none is better; a row whose net does not tie under it is rejected, never made to fit.
"""

import polars as pl

from apps.channels import canonical, cells, sheets
from apps.channels.contracts import FileRefused, LineKind, Method, ParsedStatement, Refusal, Reject, Rejection, StatementFile, Total
from apps.channels.mapped import figures, spec
from apps.channels.mapped.moments import date_column, time_column
from apps.channels.mapped.text import text_of

LAYOUT = "mapped_csv"
REFERENCES = ("provider_ref", "merchant_ref", "provider_refund_ref", "refund_ref", "line_ref", "payout_ref")
COSTS = ("fee", "other", "net")
TURNED = (LineKind.REFUND, LineKind.DISPUTE)  # money out, whichever way it is printed
OUT_BY_KIND = (*TURNED, LineKind.FEE, LineKind.PAYOUT)  # with sign = "type"
METHOD_WORDS = {
    "信用卡": Method.CREDIT_CARD, "信用卡一次付清": Method.CREDIT_CARD, "card": Method.CREDIT_CARD, "credit card": Method.CREDIT_CARD,
    "分期": Method.INSTALLMENT, "信用卡分期": Method.INSTALLMENT, "line pay": Method.LINE_PAY, "linepay": Method.LINE_PAY,
    "街口": Method.JKOPAY, "街口支付": Method.JKOPAY, "支付宝": Method.ALIPAY, "支付寶": Method.ALIPAY, "微信": Method.WECHAT_PAY,
    "微信支付": Method.WECHAT_PAY, "银联": Method.UNIONPAY, "銀聯": Method.UNIONPAY, "apple pay": Method.APPLE_PAY,
    "google pay": Method.GOOGLE_PAY, "虛擬帳號": Method.ATM, "超商代碼": Method.CVS_CODE, "超商條碼": Method.CVS_BARCODE,
    "銀行轉帳": Method.BANK_TRANSFER, "银行转账": Method.BANK_TRANSFER, "現金": Method.CASH, "现金": Method.CASH,
}  # fmt: skip
MARKS = {"in": spec.IN, "out": spec.OUT, "收入": spec.IN, "支出": spec.OUT, "收": spec.IN, "付": spec.OUT, "+": spec.IN, "-": spec.OUT}
_ROUNDED_BY_A_SPREADSHEET = r"^[0-9](\.[0-9]+)?[eE]\+[0-9]+$"


def recognise(name: str, data: bytes) -> str | None:
    """None: a mapped export carries no mark of its own, and claiming files would hide whose they are."""
    return None


def parse(file: StatementFile) -> ParsedStatement:
    """Reads one export through `file.mapping`.

    :raises FileRefused: no_mapping, empty, encoding, other_layout, other_currency, bad_format, no_day, or bad_rows when no
        row can be read at all.
    """
    mapping = file.mapping
    if {"time", "gross", "sides"} & set(spec.broken_rules(mapping, spec.CHANNEL)):
        raise FileRefused(Refusal.NO_MAPPING, account=file.account)
    sheet = sheets.read_sheet(file.data, mapping, spec.columns(mapping, spec.CHANNEL))
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
    """The text under the most likely encoding: no mapping is known here. Never raises."""
    return text_of(data)


def _read(sheet: sheets.Sheet, file: StatementFile) -> tuple[pl.DataFrame, list[Rejection]]:
    """The cells in our types: `gross` signed, what stands beside it as printed, and `turn`, which is -1 for a row to be turned round."""
    mapping, frame, numbers = file.mapping, sheet.frame, sheet.row_no
    times, rejections = time_column(frame, numbers, mapping, file.timezone)
    printed, faults = _printed(sheet, file)
    rejections += faults
    kinds, faults = _kinds(sheet, mapping, printed)
    rejections += faults + _foreign(sheet, mapping, file.currency) + _spoiled(sheet, mapping)
    gross, faults = _directed(sheet, mapping, printed, kinds)
    rejections += faults
    columns = [numbers, times, gross.alias("gross"), kinds, _turns(gross, printed), sheet.hashes, _methods(sheet, mapping)]
    for key in COSTS:
        if not mapping.get(key):
            columns.append(pl.Series(key, [0] * frame.height, dtype=pl.Int64))
            continue
        amounts, faults = figures.money(frame, numbers, mapping[key], mapping, file.currency)
        rejections += (_blank(sheet, amounts, mapping[key], faults) if key == "net" else []) + faults
        columns.append(amounts.fill_null(0).alias(key))
    texts = [cells.clean(mapping[key]).alias(key) if mapping.get(key) else pl.repeat("", pl.len()).alias(key) for key in REFERENCES]
    day = pl.col("occurred_at").dt.convert_time_zone(file.timezone).dt.date()
    reading = pl.DataFrame(columns).hstack(frame.select(texts)).with_columns(currency=pl.lit(file.currency), business_date=day)
    if mapping.get("payout_on"):
        paid_on, faults = date_column(frame, numbers, mapping["payout_on"], mapping.get("date_format") or "%Y-%m-%d")
        rejections += [fault for fault in faults if fault.code is not Reject.MISSING_VALUE]
        reading = reading.with_columns(paid_on.alias("payout_on"))
    return reading, rejections


def _printed(sheet: sheets.Sheet, file: StatementFile) -> tuple[pl.Series, list[Rejection]]:
    """The gross as printed; of two columns what came in less what went out, which must not both be there."""
    mapping, frame, numbers = file.mapping, sheet.frame, sheet.row_no
    if mapping.get("gross"):
        amounts, faults = figures.money(frame, numbers, mapping["gross"], mapping, file.currency)
        return amounts.fill_null(0), _blank(sheet, amounts, mapping["gross"], faults) + faults
    came, rejections = figures.money(frame, numbers, mapping["money_in"], mapping, file.currency)
    went, faults = figures.money(frame, numbers, mapping["money_out"], mapping, file.currency)
    rejections += faults
    both = (came.fill_null(0) != 0) & (went.fill_null(0) != 0)
    raw = frame.select(pl.concat_str(pl.col(mapping["money_in"]), pl.lit(" "), pl.col(mapping["money_out"])).alias("raw")).to_series()
    bad = pl.DataFrame([numbers, raw]).filter(both)
    rejections += [Rejection(no, Reject.BAD_AMOUNT, mapping["money_out"], text.strip()[:80]) for no, text in bad.iter_rows()]
    given = came.zip_with(came.is_not_null(), went)
    return came.fill_null(0) - went.fill_null(0).abs(), _blank(sheet, given, mapping["money_in"], rejections) + rejections


def _blank(sheet: sheets.Sheet, amounts: pl.Series, column: str, faults: list[Rejection]) -> list[Rejection]:
    """A rejection for each row without an amount that no other fault explains."""
    faulty = {fault.row_no for fault in faults}
    numbers = sheet.row_no.filter(amounts.is_null())
    return [Rejection(no, Reject.MISSING_VALUE, column, "") for no in numbers if no not in faulty]


def _directed(sheet: sheets.Sheet, mapping: dict, printed: pl.Series, kinds: pl.Series) -> tuple[pl.Series, list[Rejection]]:
    """The gross signed from the merchant's side."""
    if mapping.get("mark"):
        way, rejections = figures.marked(sheet.frame, sheet.row_no, mapping, MARKS)
        return printed.abs() * way, rejections
    if mapping.get("sign") == "type":
        out = kinds.is_in([kind.value for kind in OUT_BY_KIND])
        signed = (-printed.abs()).zip_with(out, printed.abs())
        return printed.zip_with(kinds == LineKind.ADJUSTMENT.value, signed), []
    turned = kinds.is_in([kind.value for kind in TURNED]) & (printed > 0)
    return (-printed).zip_with(turned, printed), []


def _turns(gross: pl.Series, printed: pl.Series) -> pl.Series:
    """-1 where the sign of a row is not the printed one, so that fee and net are turned with it."""
    turned = gross.sign() * printed.sign() < 0
    return pl.select(pl.when(turned).then(pl.lit(-1, pl.Int64)).otherwise(pl.lit(1, pl.Int64)).alias("turn")).to_series()


def _spoiled(sheet: sheets.Sheet, mapping: dict) -> list[Rejection]:
    """References that a spreadsheet has rounded: 2.02609E+27 names nothing any more."""
    found = []
    for key in REFERENCES:
        if not mapping.get(key):
            continue
        told = sheet.frame.select(cells.clean(mapping[key]).alias("told")).to_series()
        bad = pl.DataFrame([sheet.row_no, told]).filter(told.str.contains(_ROUNDED_BY_A_SPREADSHEET))
        found += [Rejection(no, Reject.MISSING_VALUE, mapping[key], word[:80]) for no, word in bad.iter_rows()]
    return found


def _kinds(sheet: sheets.Sheet, mapping: dict, printed: pl.Series) -> tuple[pl.Series, list[Rejection]]:
    """The kind by the mapped words; without a type column every row is a payment, or a refund where money goes out."""
    if not mapping.get("type"):
        out = printed < 0
        if mapping.get("mark"):
            out = figures.marked(sheet.frame, sheet.row_no, mapping, MARKS)[0] < 0
        refund, payment = pl.lit(LineKind.REFUND.value), pl.lit(LineKind.PAYMENT.value)
        return pl.select(pl.when(out).then(refund).otherwise(payment).alias("kind")).to_series(), []
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
    """Fees and nets signed from the merchant's side, and the rows whose net does not tie."""
    turn = pl.col("turn")
    net_out = pl.when((turn < 0) & (pl.col("gross") < 0) & (pl.col("net") > 0)).then(-pl.col("net")).otherwise(pl.col("net"))
    printed = reading.with_columns(fee=pl.col("fee") * turn, other=pl.col("other") * turn, net=net_out).drop("turn")
    signs = {"cost": (-1,), "signed": (1,)}.get(mapping.get("fee_sign") or "", (-1, 1))
    if not mapping.get("net"):
        fee = signs[0] * pl.col("fee")
        return printed.with_columns(fee=fee).with_columns(net=pl.col("gross") + pl.col("fee") + pl.col("other")), []
    if not mapping.get("fee"):
        return printed.with_columns(fee=pl.col("net") - pl.col("gross") - pl.col("other")), []
    ties = pl.col("gross") + pl.col("fee") + pl.col("other") == pl.col("net")
    readings = [printed.with_columns(fee=sign * pl.col("fee")) for sign in signs]
    best = max(readings, key=lambda one: one.select(ties.sum()).item())  # of equal ones the first: costs
    wrong = best.filter(~ties)
    return best, [Rejection(no, Reject.NET_DIFFERS, mapping["net"], str(net)) for no, net in wrong.select("row_no", "net").iter_rows()]


def _totals(footers: tuple[sheets.Footer, ...], lines: pl.DataFrame, mapping: dict, currency: str) -> tuple[Total, ...]:
    """Sums under the money columns of footer rows. They are compared as printed: with or without the sign of a cost."""
    totals = []
    for footer in footers:
        above = lines.filter(pl.col("row_no") < footer.row_no)
        for key in ("gross", "money_in", "money_out", *COSTS):
            cell = pl.DataFrame({"cell": [footer.cells.get(mapping.get(key) or "", "")]})
            stated, unread = figures.money(cell, pl.Series("row_no", [footer.row_no], dtype=pl.Int32), "cell", mapping, currency)
            if stated[0] is None and not unread:
                continue
            told, computed = stated[0] or 0, canonical.exact_sum(_summed(above, key))  # an unreadable sum shows as a difference
            totals.append(Total(mapping[key], -told if key != "gross" and told == -computed else told, computed))
    return tuple(totals)


def _summed(above: pl.DataFrame, key: str) -> pl.Series:
    if key in ("money_in", "money_out"):
        return above.filter(pl.col("gross") > 0 if key == "money_in" else pl.col("gross") < 0)["gross"]
    return above[key]


def _one_each(rejections: list[Rejection]) -> list[Rejection]:
    """The first fault of each row, by row."""
    kept: dict[int, Rejection] = {}
    for found in rejections:
        kept.setdefault(found.row_no, found)
    return sorted(kept.values(), key=lambda found: found.row_no)
