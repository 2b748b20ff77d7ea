"""Small bank files that tests vary: a Taiwanese CSV in Big5, a mainland one in GBK, an American MT940."""

import os
import random

import hypothesis
from hypothesis import strategies as st

from apps.channels.contracts import StatementFile

MUTATIONS = hypothesis.settings(max_examples=1000 if os.environ.get("HYPOTHESIS_PROFILE") == "full" else 60, deadline=None)

CATHAY_MAPPING = {
    "encoding": "big5", "delimiter": ",", "skip_rows": 2, "date": "交易日期", "date_format": "%Y/%m/%d", "debit": "支出金額",
    "credit": "存入金額", "balance": "餘額", "memo": ["摘要", "備註"], "reference": "交易序號", "footer_starts": "合計",
}  # fmt: skip
CATHAY = """國泰世華銀行 帳戶交易明細
帳號:****1234,幣別:TWD,查詢期間:2026/09/01~2026/09/30
交易日期,交易時間,摘要,支出金額,存入金額,餘額,備註,交易序號
2026/09/03,14:34:46,轉帳支出,"12,000",,"298,000",房租,699000022
2026/09/14,12:02:38,跨行轉入,,"3,520","301,520",王小明 匯款,710000026
2026/09/14,11:55:25,跨行轉入,,"3,520","305,040",王小明 匯款,710000025
2026/09/15,13:21:39,跨行轉入,,"48,552","353,592",綠界科技撥款 ECP20260915,711000003
合計,,,"12,000","55,592",,,
"""
MT940 = """:20:STMT20260901
:25:021000021/000000009012
:28C:00001/001
:60F:C260831USD21500,00
:61:2609010901C55,82NTRFNONREF//B00000000
:86:PAYPAL TRANSFER
/REF/1001799000786
:61:2609010901D3000,00NTRFRENT-09//B00000057
:86:OFFICE RENT
:62F:C260901USD18555,82
-
:20:STMT20260902
:25:021000021/000000009012
:28C:00002/001
:60F:C260901USD18555,82
:61:2609020902C186,12NTRFNONREF//B00000001
:86:STRIPE PAYMENTS
/REF/po_1QabCUY2gfggh6Fr000817
:61:2609020902RC0,12NTRFNONREF
:62F:C260902USD18741,82
-
"""


def cathay(text=CATHAY, *, name="cathay_20260901_20260930.csv", written="cp950", account="****1234", currency="TWD", **mapping):
    data = text if isinstance(text, bytes) else text.encode(written)
    return StatementFile(name, data, "Asia/Taipei", currency, account, {**CATHAY_MAPPING, **mapping})


def chase(text=MT940, *, name="202609.sta", account="****9012", currency="USD"):
    data = text if isinstance(text, bytes) else text.encode()
    return StatementFile(name, data, "UTC", currency, account, {})


def mutated(data: bytes, seed: int) -> bytes:
    """One to three random injuries: bytes flipped, rows cut, doubled or swapped, columns swapped, odd cells, another encoding."""
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 3)):
        data = chance.choice(INJURIES)(data, chance)
    return data


def _flip(data, chance):
    at = chance.randrange(len(data) or 1)
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def _lines(change):
    def injure(data, chance):
        lines = data.splitlines(keepends=True)
        return b"".join(change(lines, chance)) if lines else data

    return injure


def _cut(lines, chance):
    at = chance.randrange(len(lines))
    return lines[:at] + lines[at + 1 :]


def _double(lines, chance):
    at = chance.randrange(len(lines))
    return lines[: at + 1] + lines[at:]


def _swap(lines, chance):
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return lines


def _odd_cell(lines, chance):
    at = chance.randrange(len(lines))
    cells = lines[at].split(b",")
    odd = [
        b"",
        b"9" * 40,
        b"=HYPERLINK(1)",
        b"+cmd|'/C calc'!A0",
        b"1e9",
        b"NaN",
        b"-0.001",
        b'"',
        b"\xff\xfe",
        b"1,2,3",
        b"12.345,67",
        b"\x00",
    ]
    cells[chance.randrange(len(cells))] = chance.choice(odd)
    return [*lines[:at], b",".join(cells), *lines[at + 1 :]]


def _columns(lines, chance):
    rows = [line.split(b",") for line in lines]
    one, other = chance.randrange(4), chance.randrange(4)
    for row in rows:
        if len(row) > max(one, other):
            row[one], row[other] = row[other], row[one]
    return [b",".join(row) for row in rows]


def _truncate(data, chance):
    return data[: chance.randrange(len(data) or 1)]


def _encode(data, chance):
    return data.decode(chance.choice(["cp950", "latin-1"]), "replace").encode(
        chance.choice(["utf-16", "gb18030", "utf-8-sig", "cp1252"]), "replace"
    )


INJURIES = [
    _flip,
    _flip,
    _lines(_cut),
    _lines(_double),
    _lines(_swap),
    _lines(_odd_cell),
    _lines(_odd_cell),
    _lines(_columns),
    _truncate,
    _encode,
]
SEEDS = st.integers(0, 10**9)
