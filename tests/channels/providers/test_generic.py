import random
from datetime import UTC, date, datetime

import pytest
from hypothesis import given

from apps.channels.contracts import LINE_SCHEMA, FileRefused, Refusal, Reject, StatementFile
from apps.channels.mapped.statement import parse, recognise, text
from apps.channels.providers.generic.provider import PROVIDER
from tests.channels.banks.files import MUTATIONS, SEEDS, mutated

MAPPING = {
    "encoding": "utf-8", "delimiter": ",", "time": "交易時間", "time_format": "%Y/%m/%d %H:%M:%S", "type": "交易類型",
    "types": {"付款": "payment", "退款": "refund", "月費": "fee"}, "provider_ref": "交易序號", "merchant_ref": "訂單編號",
    "provider_refund_ref": "退款序號", "refund_ref": "退款編號", "method": "付款方式", "currency": "幣別", "gross": "金額", "fee": "手續費",
    "net": "淨額", "footer_starts": "合計",
}  # fmt: skip
EXPORT = """交易時間,交易類型,交易序號,訂單編號,退款序號,退款編號,付款方式,幣別,金額,手續費,淨額
2026/09/03 00:30:00,付款,="8837261",QT-1,,,信用卡,TWD,"1,280",35,"1,245"
2026/09/03 12:00:00,付款,8837262,QT-2,,,LINE Pay,TWD,100,5,95
2026/09/03 13:00:00,退款,8837261,QT-1,R77,RF-1,credit_card,TWD,-640,-17,-623
2026/09/03 23:59:59,月費,,,,,,TWD,-300,0,-300
合計,,,,,,,,440,23,417
"""


def export(body=EXPORT, *, name="pay_20260903.csv", currency="TWD", **mapping):
    data = body if isinstance(body, bytes) else body.encode()
    return StatementFile(name, data, "Asia/Taipei", currency, "", {**MAPPING, **mapping})


def refusal(file):
    with pytest.raises(FileRefused) as refused:
        parse(file)
    return refused.value.code


def test_rows_become_canonical_lines():
    found = parse(export())

    assert dict(found.lines.schema) == LINE_SCHEMA
    assert found.lines.select("row_no", "kind", "provider_ref", "merchant_ref", "method", "gross", "fee", "other", "net").rows() == [
        (2, "payment", "8837261", "QT-1", "credit_card", 128_000, -3_500, 0, 124_500),
        (3, "payment", "8837262", "QT-2", "line_pay", 10_000, -500, 0, 9_500),
        (4, "refund", "8837261", "QT-1", "credit_card", -64_000, 1_700, 0, -62_300),
        (5, "fee", "", "", "", -30_000, 0, 0, -30_000),
    ]
    assert found.lines.select("provider_refund_ref", "refund_ref").row(2) == ("R77", "RF-1")
    assert found.lines["occurred_at"][0] == datetime(2026, 9, 2, 16, 30, tzinfo=UTC)
    assert found.lines["business_date"].to_list() == [date(2026, 9, 3)] * 4
    assert (found.first_day, found.last_day, found.rows_in, found.rejections) == (date(2026, 9, 3), date(2026, 9, 3), 4, ())
    assert [(total.name, total.agrees) for total in found.totals] == [("金額", True), ("手續費", True), ("淨額", True)]


def test_refunds_printed_without_a_minus_and_signed_fees():
    unsigned = EXPORT.replace("-640,-17,-623", "640,17,623").replace("合計", "X")
    signed = (
        EXPORT.replace('"1,280",35,', '"1,280",-35,').replace("100,5,95", "100,-5,95").replace("-640,-17", "-640,17").replace("合計", "X")
    )

    for body in (unsigned, signed):
        found = parse(export(body.rsplit("X", 1)[0], footer_starts=""))
        assert found.lines.select("gross", "fee", "net").rows()[:3] == [
            (128_000, -3_500, 124_500),
            (10_000, -500, 9_500),
            (-64_000, 1_700, -62_300),
        ]


def test_without_type_fee_or_net():
    bare = parse(export(type="", fee="", net=""))
    net_only = parse(export(type="", fee=""))

    assert bare.lines.select("kind", "fee", "net").rows() == [
        ("payment", 0, 128_000),
        ("payment", 0, 10_000),
        ("refund", 0, -64_000),
        ("refund", 0, -30_000),
    ]
    assert net_only.lines["fee"].to_list() == [-3_500, -500, 1_700, 0]


def test_rows_that_cannot_be_read_are_rejected_once():
    body = EXPORT.replace("100,5,95", "100,5,94").replace("-300,0,-300", "-300,0,x").replace("退款,8837261", "沖正,8837261")

    found = parse(export(body))

    assert [(fault.row_no, fault.code, fault.column) for fault in found.rejections] == [
        (3, Reject.NET_DIFFERS, "淨額"), (4, Reject.UNKNOWN_TYPE, "交易類型"), (5, Reject.BAD_AMOUNT, "淨額")
    ]  # fmt: skip
    assert (found.rows_in, found.lines.height, found.totals[0].agrees) == (4, 1, False)


def test_a_day_alone_and_an_offset_are_times_too():
    by_day = parse(
        export(EXPORT.replace(" 00:30:00", "").replace("\n2026/09/03 1", "\n2027/13/13 1").replace(" 23:59:59", ""), time_format="%Y/%m/%d")
    )
    zoned = parse(
        export(EXPORT.replace(":00,付", ":00+0000,付").split("2026/09/03 13")[0], time_format="%Y/%m/%d %H:%M:%S%z", footer_starts="")
    )

    assert by_day.lines["occurred_at"][0] == datetime(2026, 9, 2, 16, tzinfo=UTC)
    assert [fault.code for fault in by_day.rejections] == [Reject.BAD_TIME, Reject.BAD_TIME]
    assert zoned.lines["business_date"].to_list() == [date(2026, 9, 3), date(2026, 9, 3)]


def test_empty_export_reports_the_day_of_its_name():
    found = parse(export(EXPORT.splitlines()[0]))

    assert (found.lines.height, found.first_day, found.rows_in) == (0, date(2026, 9, 3), 0)


def test_refusals():
    assert refusal(export(b"")) == Refusal.EMPTY
    assert refusal(export(time="")) == Refusal.NO_MAPPING
    assert refusal(export(types={"付款": "gift"})) == Refusal.NO_MAPPING
    assert refusal(export(EXPORT.replace("淨額", "净额"))) == Refusal.OTHER_LAYOUT
    assert refusal(export(currency="USD")) == Refusal.OTHER_CURRENCY
    assert refusal(export(EXPORT.splitlines()[0], name="x.csv")) == Refusal.NO_DAY


def test_provider_claims_no_file_and_shows_any_text():
    assert PROVIDER.code == "generic"
    assert recognise("x.csv", EXPORT.encode()) is None
    assert [text("x", EXPORT.encode(encoding)) for encoding in ("utf-8", "utf-8-sig", "cp950", "gb18030")] == [EXPORT] * 4
    assert text("x", b"\x81\xff\xff") != ""


@MUTATIONS
@given(SEEDS)
def test_injured_files_are_refused_flagged_or_tie(seed):
    try:
        found = parse(export(mutated(EXPORT.encode(random.Random(seed).choice(["utf-8", "cp950"])), seed)))
    except FileRefused:
        return

    assert found.rows_in == found.lines.height + len(found.rejections)
    sums = found.lines.select("gross", "fee", "other", "net").sum().row(0)
    assert sums[0] + sums[1] + sums[2] == sums[3]
