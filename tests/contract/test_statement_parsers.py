"""What every provider's statement parser owes, whatever the provider: one suite, run on a small file of each."""

import csv
import io

import polars as pl
import pytest

from apps.channels import registry
from apps.channels.contracts import LINE_SCHEMA, FileRefused, Method, ParsedStatement, Refusal
from tests.channels.providers import bills

PROVIDERS = list(bills.USUAL)
TABLES = [provider for provider in PROVIDERS if provider != "razorpay"]  # that one is JSON: it has no lines and no columns
ROWS = {"alipay": 4, "wechat": 3, "ecpay": 4, "stripe": 5, "paypal": 10, "adyen": 7, "shopify": 5, "razorpay": 5}
ROWS |= {"alipay/account": 5, "wechat/fundflow": 4, "paypay": 4, "paypay/preauth": 3, "unionpay": 3, "unionpay/errors": 2}
ROWS |= {"shopify/payouts": 3}
ENCODINGS = {
    "alipay": ("gb18030", ["utf-8", "utf-8-sig", "utf-16"]),
    "wechat": ("utf-8-sig", ["utf-8", "gb18030", "utf-16"]),
    "ecpay": ("cp950", ["utf-8", "utf-8-sig", "utf-16"]),
    "stripe": ("utf-8", ["utf-8-sig", "utf-16"]),
    "paypal": ("utf-8-sig", ["utf-8", "utf-16"]),
    "adyen": ("utf-8", ["utf-8-sig", "utf-16"]),
    "shopify": ("utf-8", ["utf-8-sig", "utf-16"]),
    "shopify/payouts": ("utf-8", ["utf-8-sig", "utf-16"]),
    "razorpay": ("utf-8", ["utf-8-sig", "utf-16"]),
    "alipay/account": ("gb18030", ["utf-8", "utf-8-sig", "utf-16"]),
    "wechat/fundflow": ("utf-8-sig", ["utf-8", "gb18030", "utf-16"]),
    "paypay": ("cp932", ["utf-8", "utf-8-sig", "utf-16"]),
    "paypay/preauth": ("cp932", ["utf-8", "utf-8-sig", "utf-16"]),
    "unionpay": ("gb18030", []),
    "unionpay/errors": ("gb18030", []),
}
FIXED_WIDTH = {"unionpay", "unionpay/errors"}  # bytes of one encoding in fixed places: no columns to move, nothing to wrap
FIRST = {"paypal": 1}  # cells that say what kind of row it is, so they cannot move
every_provider = pytest.mark.parametrize("provider", PROVIDERS)
every_table = pytest.mark.parametrize("provider", TABLES)
every_free_width = pytest.mark.parametrize("provider", [kind for kind in PROVIDERS if kind not in FIXED_WIDTH])
every_delimited = pytest.mark.parametrize("provider", [kind for kind in TABLES if kind not in FIXED_WIDTH])


def parse(provider: str, data: bytes | None = None, **changes) -> ParsedStatement:
    return registry.parse_statement(bills.code(provider), bills.file_of(provider, data, **changes))


def decoded(provider: str) -> str:
    return bills.file_of(provider).data.decode(ENCODINGS[provider][0])


def encoded(provider: str, text: str) -> bytes:
    return text.encode(ENCODINGS[provider][0])


def backwards(provider: str) -> bytes:
    """The same file with its columns in the opposite order."""
    lines, width, fixed = [], None, FIRST.get(provider, 0)
    for line in decoded(provider).splitlines():
        ticked = line.startswith("`")
        cells = line.removeprefix("`").split(",`") if ticked else next(csv.reader([line]), [])
        if width is None and len(cells) > 10:
            width = len(cells)
        if len(cells) != width:
            lines.append(line)
        elif ticked:
            lines.append("`" + ",`".join(reversed(cells)))
        else:
            out = io.StringIO()
            csv.writer(out, lineterminator="").writerow([*cells[:fixed], *reversed(cells[fixed:])])
            lines.append(out.getvalue())
    return encoded(provider, "\r\n".join(lines) + "\r\n")


def test_every_provider_with_a_parser_of_its_own_is_in_this_suite():
    own = {code for code, entry in registry.PROVIDERS.items() if not entry.is_mapped and not entry.capabilities.reports_itself}

    assert set(map(bills.code, PROVIDERS)) == own


@every_table
def test_every_row_is_a_line_or_a_rejection(provider):
    whole = parse(provider)
    text = decoded(provider)
    last = text.splitlines()[whole.lines["row_no"].max() - 1]
    spoiled = parse(provider, encoded(provider, text.replace(last, last + ",x,`x")))

    assert (whole.rows_in, whole.lines.height, whole.rejections) == (ROWS[provider], ROWS[provider], ())
    assert (spoiled.rows_in, spoiled.lines.height) == (ROWS[provider], ROWS[provider] - 1)
    fault = "wrong_width" if provider in FIXED_WIDTH else "column_count"
    assert [(found.row_no, str(found.code)) for found in spoiled.rejections] == [(whole.lines["row_no"].max(), fault)]


@every_provider
def test_lines_have_the_schema_and_no_holes(provider):
    lines = parse(provider).lines

    assert dict(lines.schema) == LINE_SCHEMA
    assert sum(lines.select(pl.exclude("payout_on").null_count()).row(0)) == 0
    assert parse(provider, name="day_20260902.csv").lines.schema == lines.schema


@every_provider
def test_net_is_gross_and_fee_and_other(provider):
    lines = parse(provider).lines

    assert lines.filter(pl.col("net") != pl.col("gross") + pl.col("fee") + pl.col("other")).height == 0
    assert lines.filter((pl.col("kind") == "refund") & (pl.col("gross") >= 0)).height == 0
    assert lines.filter((pl.col("kind") == "payment") & (pl.col("fee") > 0)).height == 0


@every_delimited
def test_order_of_columns_changes_nothing(provider):
    assert parse(provider, backwards(provider)).lines.equals(parse(provider).lines)


@every_provider
def test_encoding_and_line_ends_change_nothing(provider):
    whole = parse(provider).lines
    text = decoded(provider).replace("\r\n", "\n")

    for encoding in ENCODINGS[provider][1]:
        assert parse(provider, text.encode(encoding)).lines.equals(whole)
    for ends in ("\n", "\r\n", "\r"):
        assert parse(provider, encoded(provider, text.replace("\n", ends))).lines.equals(whole)


@every_free_width
@pytest.mark.parametrize("wrapper", ["{}\t", " {} ", "'{}"])
def test_wrappers_of_ids_change_nothing(provider, wrapper):
    whole = parse(provider).lines
    reference = whole["merchant_ref"][1] or str(whole["business_date"][1])  # a list of payouts has no references

    wrapped = parse(provider, encoded(provider, decoded(provider).replace(reference, wrapper.format(reference))))

    assert wrapped.lines.equals(whole)


@every_table
def test_equal_rows_have_equal_hashes_and_other_rows_others(provider):
    text = decoded(provider)
    first = text.splitlines()[parse(provider).lines["row_no"][0] - 1]

    twins = parse(provider, encoded(provider, text.replace(first, f"{first}\r\n{first}"))).lines

    assert twins.height == ROWS[provider] + 1
    assert twins["row_hash"][0] == twins["row_hash"][1]
    assert twins["row_hash"].n_unique() == ROWS[provider]


@every_provider
def test_reading_again_gives_the_same(provider):
    assert parse(provider).lines.equals(parse(provider).lines)


@every_table
def test_row_numbers_point_into_the_text(provider):
    file = bills.file_of(provider)
    lines = registry.get(bills.code(provider)).text(file.name, file.data).split("\n")

    for row_no, merchant_ref, line_ref in parse(provider).lines.select("row_no", "merchant_ref", "line_ref").iter_rows():
        assert merchant_ref in lines[row_no - 1]
        assert line_ref in lines[row_no - 1]


@every_provider
def test_file_is_recognised_by_its_provider_alone(provider):
    file = bills.file_of(provider)

    assert [code for code, _ in registry.recognise(file.name, file.data)] == [bills.code(provider)]
    for other in set(map(bills.code, PROVIDERS)) - {bills.code(provider)}:
        with pytest.raises(FileRefused) as caught:
            parse(other, file.data)
        assert (caught.value.code, caught.value.params) == (Refusal.OTHER_PROVIDER, {"expected": other, "found": bills.code(provider)})


@every_provider
@pytest.mark.parametrize(
    "data", [b"", b"\r\n", b"hello", b"\x00" * 100, b"PK\x03\x04", b"\x1f\x8b", b"%PDF-1.7", b"a,b\n1,2\n", b"\xff\xfe"]
)
def test_nonsense_is_refused_and_belongs_to_nobody(provider, data):
    assert registry.recognise("x", data) == []
    assert isinstance(registry.get(bills.code(provider)).text("x", data), str)
    with pytest.raises(FileRefused):
        parse(provider, data)


@every_provider
def test_capabilities_are_in_our_words(provider):
    entry = registry.get(bills.code(provider))

    assert entry.code == bills.code(provider)
    assert set(entry.capabilities.methods) <= set(Method)
    assert all(entry.capabilities.statements)
