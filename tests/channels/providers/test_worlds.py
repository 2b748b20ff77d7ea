"""The practice worlds and the samples: control totals per channel, and a verdict on every file."""

import json
from pathlib import Path

import polars as pl
import pytest

from apps.channels import registry
from apps.channels.contracts import FileRefused, StatementFile

CHANNELS = {
    "alipay": ("Asia/Shanghai", "CNY"),
    "wechat": ("Asia/Shanghai", "CNY"),
    "ecpay": ("Asia/Taipei", "TWD"),
    "stripe": ("UTC", "USD"),
    "paypal": ("America/Los_Angeles", "USD"),
    "adyen": ("Europe/Amsterdam", "EUR"),
}
SAMPLED = {**CHANNELS, "shopify": ("Europe/Berlin", "EUR"), "razorpay": ("Asia/Kolkata", "INR")}  # no world has these
# Whether a sample's own totals agree with its rows; in three of WeChat's the author has cut rows and left the totals, in one of
# PayPal's the footers are made up.
IMPORTED = {
    ("alipay", "signcustomer_zhangwu_mingxi_gbk.csv"): (1, True),
    ("alipay", "trade_bill_yewu_mingxi_gbk.csv"): (3, True),
    ("wechat", "fundflowbill_BASIC.csv"): (2, False),
    ("wechat", "tradebill_ALL_2014_24col.csv"): (2, True),
    ("wechat", "tradebill_ALL_masked.csv"): (1, False),
    ("wechat", "tradebill_REFUND_masked.csv"): (1, False),
    ("wechat", "tradebill_SUCCESS_masked.csv"): (1, False),
    ("ecpay", "query_trade_media.csv"): (2, True),
    ("ecpay", "trade_no_aio.csv"): (1, True),
    ("stripe", "settlement_report.csv"): (7, True),
    ("paypal", "stl.csv"): (5, False),
    ("paypal", "stl_chargeback_with_fee.csv"): (2, True),
    ("paypal", "stl_currency_convert.csv"): (3, True),
    ("paypal", "trr_express_checkout_donation.csv"): (1, True),
    ("paypal", "trr_express_checkout_refund.csv"): (1, True),
    ("shopify", "payment_transactions_export.csv"): (3, True),
    ("razorpay", "settlements_recon_combined.json"): (4, True),
    ("adyen", "settlement_detail_report_chargeback.csv"): (3, True),
    ("adyen", "settlement_detail_report_donation.csv"): (2, True),
    ("adyen", "settlement_detail_report_invoice_deduction.csv"): (2, True),
    ("adyen", "settlement_detail_report_refund.csv"): (3, True),
}
REFUSED = {
    ("alipay", "signcustomer_empty_gbk.csv"): "no_day",
    ("alipay", "signcustomer_summary_gbk.csv"): "no_detail",
    ("wechat", "personal_export_records.csv"): "other_report",
    ("paypal", "sar_classic_subscr_signup.csv"): "other_report",
    ("adyen", "payments_accounting_report_nyce.csv"): "other_report",
}
# What the imported samples come to, by kind and currency: gross, fee, net in minor units.
SUMS = {
    "paypal": {
        ("payment", "AUD"): (5735, -300, 5435),
        ("payment", "GBP"): (834, -87, 747),
        ("refund", "GBP"): (-134, 47, -87),
        ("payout", "GBP"): (-100, 0, -100),
        ("dispute", "USD"): (-300, 0, -300),
        ("fee", "USD"): (-2000, 0, -2000),
        ("payment", "BRL"): (2200, -360, 1840),
        ("conversion", "BRL"): (-1840, 0, -1840),
        ("conversion", "USD"): (327, 0, 327),
        ("payment", "JPY"): (150, -43, 107),
        ("refund", "JPY"): (-150, 43, -107),
    },
    "adyen": {
        ("payment", "USD"): (100, -24, 76),
        ("refund", "USD"): (-100, 0, -100),
        ("dispute", "USD"): (-100, -200, -300),
        ("fee", "USD"): (-363, 0, -363),
        ("payout", "USD"): (-882, 0, -882),
    },
    "shopify": {("payment", "EUR"): (126450, -2285, 124165), ("refund", "EUR"): (-500, 0, -500)},
    "razorpay": {
        ("payment", "INR"): (100000, -2900, 97100),
        ("refund", "INR"): (-242500, 0, -242500),
        ("adjustment", "INR"): (-98988, -296, -99284),
    },
}


def read(provider: str, path: Path):
    timezone, currency = SAMPLED[provider]
    return registry.parse_statement(provider, StatementFile(path.name, path.read_bytes(), timezone, currency))


@pytest.mark.parametrize("world", ["clean", "basic", "rich"])
@pytest.mark.parametrize("provider", CHANNELS)
def test_world_adds_up_to_its_control_totals(shared_folder, world, provider):
    folder = shared_folder / "worlds" / world
    if not (folder / "drop" / "statements" / provider).exists():
        pytest.skip(f"{world} has no channel with {provider}")
    files = [read(provider, path) for path in sorted((folder / "drop" / "statements" / provider).iterdir())]

    numbered = pl.concat(file.lines.with_columns(pl.int_range(pl.len()).over("row_hash").alias("nth")) for file in files)
    once = numbered.unique(["row_hash", "nth"], keep="first").filter(pl.col("kind") != "payout")
    idle = (pl.col("kind") != "fee") & (pl.col("gross") == 0) & (pl.col("fee") == 0) & (pl.col("net") == 0)
    kinds = once.group_by(pl.when(idle).then(pl.lit("zero")).otherwise("kind").alias("kind")).agg(pl.len(), pl.sum("gross", "fee", "net"))

    assert [file.rejections for file in files if file.rejections] == []
    found = {
        kind: {"count": count, "gross": f"{gross / 100:.2f}", "fee": f"{fee / 100:.2f}", "net": f"{net / 100:.2f}"}
        for kind, count, gross, fee, net in kinds.iter_rows()
    }
    assert found == json.loads((folder / "facts.json").read_text())["channels"][provider]["statement_lines"]


@pytest.mark.parametrize("provider", SAMPLED)
def test_every_sample_is_imported_or_refused_for_the_right_reason(shared_folder, provider):
    imported, refused = {}, {}
    for path in sorted((shared_folder / "samples" / provider).iterdir()):
        try:
            parsed = read(provider, path)
            imported[provider, path.name] = (parsed.lines.height, all(total.agrees for total in parsed.totals))
        except FileRefused as error:
            refused[provider, path.name] = str(error.code)

    assert imported == {key: verdict for key, verdict in IMPORTED.items() if key[0] == provider}
    tables = {key: code for key, code in refused.items() if key[1].endswith(".csv")}
    assert tables == {key: code for key, code in REFUSED.items() if key[0] == provider}
    assert {code for key, code in refused.items() if key[1].endswith(".json")} <= {"bad_format", "other_report"}


@pytest.mark.parametrize("provider", SUMS)
def test_samples_come_to_exact_sums(shared_folder, provider):
    names = [name for code, name in IMPORTED if code == provider]
    lines = pl.concat(read(provider, shared_folder / "samples" / provider / name).lines for name in names)
    sums = lines.group_by("kind", "currency").agg(pl.sum("gross", "fee", "net"))

    assert {(kind, currency): figures for kind, currency, *figures in map(tuple, sums.rows())} == {
        key: [*figures] for key, figures in SUMS[provider].items()
    }


@pytest.mark.parametrize("provider", CHANNELS)
def test_file_of_another_provider_is_told_apart(shared_folder, provider):
    folder = shared_folder / "worlds" / "rich" / "drop" / "statements"
    for other in CHANNELS.keys() - {provider}:
        path = min((folder / other).iterdir())
        with pytest.raises(FileRefused) as caught:
            read(provider, path)
        assert (str(caught.value.code), caught.value.params) == ("other_provider", {"expected": provider, "found": other})
