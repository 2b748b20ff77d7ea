"""A first mapping for a file: columns by known words and by what stands in them, formats and signs by trying. No Django here."""

import re

import polars as pl
from rapidfuzz import fuzz

from apps.channels.contracts import LineKind, Method, StatementFile
from apps.channels.mapped import spec
from apps.channels.mapped.moments import date_column, time_column
from apps.channels.mapped.sniffing import Sniffed, plain_name
from apps.channels.mapped.words import IN_WORDS, NO_MONEY, OUT_WORDS, SYMBOLS, TYPE_WORDS, WORDS

MONEY = ("gross", "money_in", "money_out", "fee", "net", "amount", "debit", "credit", "balance")
DAYS = ("time", "payout_on", "date", "value_date")
SURE = 62  # of 100, below which a column is not taken for anything
MOST_WORDS = 30  # different words of a column that can be kinds, states or methods
TRIED = 200  # rows on which formats are tried
FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d%H%M%S",
    "%Y%m%d %H:%M:%S", "%Y%m%d", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日", "%K/%m/%d %H:%M:%S", "%K/%m/%d %H:%M", "%K/%m/%d",
    "%K-%m-%d", "%K.%m.%d",
    "%K%m%d", "民國%K年%m月%d日", "%K年%m月%d日", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S%z",
    "%Y/%m/%d %p %I:%M:%S", "%Y/%m/%d %p %I:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M", "%m/%d/%Y",
    "%d.%m.%Y", "%d-%m-%Y", "%b %d, %Y", "%d %b %Y",
)  # fmt: skip
_AMOUNT = re.compile(r"[(（]?[-+−]?[^\d()（）]{0,4}\d[\d,. ]*\d?[^\d()（）]{0,4}-?[)）]?")
_METHODS = {
    Method.CREDIT_CARD: (
        "信用卡", "visa", "mastercard", "jcb", "card", "クレジット"), Method.LINE_PAY: ("line",), Method.JKOPAY: ("街口",
        "jko",
    ),
    Method.ALIPAY: ("支付宝", "支付寶", "alipay"), Method.WECHAT_PAY: ("微信", "wechat"), Method.UNIONPAY: ("银联", "銀聯", "unionpay"),
    Method.APPLE_PAY: ("apple",), Method.GOOGLE_PAY: ("google",), Method.PAYPAY: ("paypay",), Method.PAYPAL: ("paypal",),
    Method.ATM: ("atm", "虛擬帳號"), Method.CVS_BARCODE: ("條碼",), Method.CVS_CODE: ("超商", "代碼"), Method.INSTALLMENT: ("分期",),
    Method.BANK_TRANSFER: ("轉帳", "转账", "振込"), Method.CASH: ("現金", "现金", "cash"),
}  # fmt: skip


def guess(found: Sniffed, lane: str) -> dict:
    """The likeliest mapping of a file; may lack what no column looks like."""
    columns = _columns(found, lane)
    mapping = {**found.file_mapping, **columns}
    if lane == "bank":
        mapping |= _bank(found, mapping)
    else:
        mapping |= _channel(found, mapping)
    mapping |= _styles(found, [mapping[key] for key in MONEY if isinstance(mapping.get(key), str)])
    return {key: value for key, value in mapping.items() if value}


def guess_words(key: str, words: list[str]) -> dict[str, str]:
    """What the words of a column likely mean; a word that says nothing is left out."""
    return {word: meaning for word in words if (meaning := _meaning(key, word.lower()))}


def distinct(found: Sniffed, column: str) -> list[str]:
    """The different words of a column, most frequent first; none when there are too many to be words."""
    cells = [cell for cell in found.column(column) if cell]
    words = sorted(set(cells), key=lambda word: (-cells.count(word), word))
    return words if len(words) <= MOST_WORDS else []


def day_format(found: Sniffed, column: str, clock: str = "") -> str:
    """The format under which every day of a column can be read; of two, the one that keeps them closest together."""
    frame = pl.DataFrame({"day": found.column(column)[:TRIED], "clock": (found.column(clock) or [""] * len(found.rows))[:TRIED]})
    frame = frame.filter(pl.col("day") != "")
    if not frame.height:
        return ""
    row_no = pl.Series("row_no", range(frame.height), dtype=pl.Int32)
    best, best_span = "", None
    for pattern in FORMATS:
        if clock:
            for tail in (" %H:%M:%S", " %H:%M", " %H%M%S"):
                days, faults = time_column(frame, row_no, {"time": "day", "clock": "clock", "time_format": pattern + tail}, "UTC")
                if not faults:
                    return pattern + tail
            continue
        days, faults = _tried(frame, row_no, pattern)
        if faults:
            continue
        span = (days.max() - days.min()).days
        if best_span is None or span < best_span:
            best, best_span = pattern, span
    return best


def _tried(frame: pl.DataFrame, row_no: pl.Series, pattern: str):
    """As days where the pattern has no clock, else as moments: both are read whole, so a pattern that leaves a rest is none."""
    if not any(sign in pattern for sign in ("%H", "%I")):
        return date_column(frame, row_no, "day", pattern)
    times, faults = time_column(frame, row_no, {"time": "day", "time_format": pattern}, "UTC")
    return times.dt.date(), faults


def _columns(found: Sniffed, lane: str) -> dict[str, str]:
    """One column for each key, the surest first; no column twice, but for the time of day beside its date."""
    scored = []
    for key, words in WORDS[lane].items():
        for at, name in enumerate(found.header):
            score = _likeness(name, words) if name else 0
            if score >= SURE and _fits(key, found.column(name)):
                scored.append((score, -at, key, name))
    taken: dict[str, str] = {}
    for _score, _at, key, name in sorted(scored, reverse=True):
        if key not in taken and name not in taken.values() and key != "clock":
            taken[key] = name
    if lane == "channel":
        taken |= _clock(found, taken)
    return taken


def _clock(found: Sniffed, taken: dict[str, str]) -> dict[str, str]:
    """A day and its time of day in two columns."""
    clocks = [name for name in found.header if (cells := [c for c in found.column(name) if c]) and all(_is_clock(c) for c in cells)]
    days = [name for name in found.header if name not in clocks and day_format(found, name)]
    if not clocks or (taken.get("time") not in clocks and taken.get("time") and any(":" in cell for cell in found.column(taken["time"]))):
        return {}
    day = taken["time"] if taken.get("time") not in clocks and taken.get("time") else next(iter(days), "")
    return {"time": day, "clock": clocks[0]} if day else {}


def _is_clock(cell: str) -> bool:
    return re.fullmatch(r"\d{1,2}:\d{2}(:\d{2})?", cell) is not None


def _likeness(name: str, words: tuple[str, ...]) -> float:
    """How much a column is called by one of the words, 0 to 100; earlier words are surer."""
    plain = plain_name(name)
    best = 0.0
    for at, word in enumerate(words):
        if plain == word:
            return 100 - at * 0.2
        inside = 80 if (len(word) > 1 and word in plain) and not word.isascii() else 0
        best = max(best, inside - at * 0.2, fuzz.ratio(plain, word) * 0.78 - at * 0.2)
    return best


def _fits(key: str, cells: list[str]) -> bool:
    """Whether the cells can be what the key says; a column without cells can be anything."""
    filled = [cell for cell in cells[:TRIED] if cell]
    if not filled:
        return True
    if key in MONEY:
        return sum(_AMOUNT.fullmatch(cell) is not None for cell in filled) >= 0.8 * len(filled)
    if key in DAYS:
        return sum(any(sign.isdigit() for sign in cell) and len(cell) >= 6 for cell in filled) >= 0.9 * len(filled)
    if key in ("type", "status", "method", "mark", "currency"):
        return len(set(filled)) <= MOST_WORDS
    return True


def _bank(found: Sniffed, mapping: dict) -> dict:
    more: dict = {"date_format": day_format(found, mapping.get("date", ""))}
    if mapping.get("debit") and mapping.get("credit"):
        more |= {"amount": "", "mark": ""}
    else:
        more |= {"debit": "", "credit": ""}
    if mapping.get("mark") and "mark" not in more:
        more["marks"] = guess_words("marks", distinct(found, mapping["mark"]))
    memos = [name for name in found.header if name and _likeness(name, WORDS["bank"]["memo"]) >= SURE]
    return more | ({"memo": memos if len(memos) > 1 else memos[0]} if memos else {})


def _channel(found: Sniffed, mapping: dict) -> dict:
    more: dict = {"time_format": day_format(found, mapping.get("time", ""), mapping.get("clock", ""))}
    if mapping.get("gross") or not (mapping.get("money_in") and mapping.get("money_out")):
        more |= {"money_in": "", "money_out": ""}
    if mapping.get("mark"):
        more["marks"] = guess_words("marks", distinct(found, mapping["mark"])) if mapping.get("gross") else {}
        more |= {} if more["marks"] else {"mark": ""}
    if mapping.get("payout_on"):
        more["date_format"] = day_format(found, mapping["payout_on"])
        more |= {} if more["date_format"] else {"payout_on": ""}
    if mapping.get("type"):
        more["types"] = guess_words("types", distinct(found, mapping["type"]))
        more |= {} if more["types"] else {"type": ""}
    if mapping.get("status"):
        more["leave_out"] = [word for word in distinct(found, mapping["status"]) if _meaning("leave_out", word.lower())]
        more |= {} if more["leave_out"] else {"status": ""}
    if mapping.get("method"):
        more["methods"] = guess_words("methods", distinct(found, mapping["method"]))
    return more


def _meaning(key: str, word: str) -> str:
    """One word's likely meaning under a key of words; empty where it says nothing."""
    if key == "types":
        return next((kind.value for kind, words in TYPE_WORDS.items() if any(known in word for known in words)), "")
    if key == "methods":
        return next((method.value for method, words in _METHODS.items() if any(known in word for known in words)), "")
    if key == "marks":
        return spec.IN if word in IN_WORDS else spec.OUT if word in OUT_WORDS else ""
    return "x" if any(known in word for known in NO_MONEY) else ""


def _styles(found: Sniffed, columns: list[str]) -> dict:
    """How amounts say that they are negative, where the fraction begins, and the sign of a currency in the cells."""
    cells = [cell for name in columns for cell in found.column(name)[:TRIED] if cell]
    style = ""
    if any(re.fullmatch(r"[(（].*\d.*[)）]", cell) for cell in cells):
        style = spec.PARENTHESES
    elif any(re.fullmatch(r".*\d-", cell) for cell in cells):
        style = spec.TRAILING_MINUS
    elif any(re.fullmatch(r".*\d\s*(CR|DR)\.?", cell, re.IGNORECASE) for cell in cells):
        style = spec.CR_DR
    symbol = next((sign for sign in SYMBOLS if any(sign in cell for cell in cells)), "")
    bare = [cell.replace(symbol, "") if symbol else cell for cell in cells]
    comma = any(re.search(r"\d,\d{1,2}\D*$", cell) for cell in bare) and not any(re.search(r"\d\.\d{1,2}\D*$", cell) for cell in bare)
    return {"style": style, "symbol": symbol, "decimal": "," if comma else ""}


def is_signed_by_kind(found: Sniffed, mapping: dict) -> bool:
    """Whether fees or payouts are printed without a minus, so that only the kind of the row says which way they went."""
    out = [word for word, kind in (mapping.get("types") or {}).items() if kind in (LineKind.FEE, LineKind.PAYOUT)]
    rows = zip(found.column(mapping.get("type", "")), found.column(mapping.get("gross", "")), strict=False)
    return any(word in out and amount and not amount.startswith(("-", "−", "(", "（")) for word, amount in rows)


def file_of(name: str, data: bytes, mapping: dict, *, timezone: str, currency: str, account: str = "") -> StatementFile:
    """The file as a parser takes it."""
    return StatementFile(name, data, timezone, currency, account, mapping)
