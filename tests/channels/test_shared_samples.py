"""Every sample file beside the checkout, by name: what it gives, why it is refused, or that it is no statement at all.

A new file without an entry fails. Where a format comes with another part of the product, the entry waits for it: until then nobody may take
the file for theirs.
"""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from apps.channels import registry
from apps.channels.banks.registry import FORMATS, parse_bank
from apps.channels.contracts import FileRefused, StatementFile
from tests.channels.banks.test_shared_files import CMB, ICBC, OCA

ZONES = {
    "alipay": "Asia/Shanghai", "wechat": "Asia/Shanghai", "unionpay": "Asia/Shanghai", "ecpay": "Asia/Taipei", "paypay": "Asia/Tokyo",
    "razorpay": "Asia/Kolkata",
}  # fmt: skip


@dataclass(frozen=True)
class Read:
    """A statement that comes in: lines, their net in minor units whatever the currency, and how many of its totals differ."""

    provider: str
    currency: str
    layout: str
    lines: int
    net: int
    wrong_totals: int = 0


@dataclass(frozen=True)
class Refused:
    """A file that its provider's reader turns away, with the code of the reason."""

    provider: str
    code: str
    params: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Bank:
    """A bank's file: lines, their sum, and the rows that cannot be read."""

    format: str
    currency: str
    lines: int
    total: int
    rejected: int = 0
    account: str = ""
    mapping: dict = field(default_factory=dict)


@dataclass(frozen=True)
class BankRefused:
    """A file that no bank account takes."""

    format: str


PAYLOAD = "a message between programs, a test vector or a description: no statement"

SAMPLES = {
    "adyen/accountHolderCreated.json": PAYLOAD,
    "adyen/capture-success.json": PAYLOAD,
    "adyen/colon_notification.json": PAYLOAD,
    "adyen/ipn_Authorisation.json": PAYLOAD,
    "adyen/ipn_Capture.json": PAYLOAD,
    "adyen/ipn_Chargeback.json": PAYLOAD,
    "adyen/ipn_NotificationOfChargeback.json": PAYLOAD,
    "adyen/ipn_Refund.json": PAYLOAD,
    "adyen/ipn_ReportAvailable.json": PAYLOAD,
    "adyen/mixed_notification.json": PAYLOAD,
    "adyen/payments-error-invalid-data-422.json": PAYLOAD,
    "adyen/payments-success.json": PAYLOAD,
    "adyen/payments_accounting_report_nyce.csv": Refused("adyen", "other_report"),
    "adyen/post-retrieveApplicableDefenseReasons-retrieve-defense-reasons-200.json": PAYLOAD,
    "adyen/refund-received.json": PAYLOAD,
    "adyen/settlement_detail_report_chargeback.csv": Read("adyen", "EUR", "settlement_details", 3, -883),
    "adyen/settlement_detail_report_donation.csv": Read("adyen", "EUR", "settlement_details", 2, 0),
    "adyen/settlement_detail_report_invoice_deduction.csv": Read("adyen", "EUR", "settlement_details", 2, -3),
    "adyen/settlement_detail_report_refund.csv": Read("adyen", "EUR", "settlement_details", 3, -683),
    "alipay/signcustomer_empty_gbk.csv": Refused("alipay", "no_day"),  # with a day in its name it is an empty day
    "alipay/signcustomer_summary_gbk.csv": Refused("alipay", "no_detail", {"found": "汇总"}),
    "alipay/signcustomer_zhangwu_mingxi_gbk.csv": Read("alipay", "CNY", "account", 1, 8_800),
    "alipay/trade_bill_yewu_mingxi_gbk.csv": Read("alipay", "CNY", "trade_25", 3, 989),
    "bai2/citi_example.bai2": Bank("bai2", "GBP", 1, 1),
    "bai2/moov-sample1.txt": Bank("bai2", "CAD", 17, 0),
    "bai2/nwb_example.bai2": Bank("bai2", "GBP", 5, -2_676),
    "bank-cn/cmb-debit.csv": Bank("csv", "CNY", 5, -77_914, mapping=CMB),
    "bank-cn/icbc-credit.csv": Bank("csv", "CNY", 9, 425_788, mapping=ICBC),
    "bank-csv/balance.csv": Bank("csv", "USD", 2, 150_000, mapping={**OCA, "balance": "Balance"}),
    "bank-csv/debit_credit.csv": Bank("csv", "USD", 2, 150_000, mapping={**OCA, "balance": "Balance", "mark": "D/C"}),
    "bank-csv/multi_currency.csv": Bank("csv", "USD", 1, -3_350, rejected=1, mapping={**OCA, "currency": "Currency"}),
    "bank-csv/sample_statement_en.csv": Bank("csv", "USD", 1, -3_350, rejected=1, mapping={**OCA, "currency": "Currency"}),
    "camt/camt053.v2.five.decimals.xml": Bank("camt053", "EUR", 1, 885),
    "camt/camt053.v2.multi.statement.xml": Bank("camt053", "EUR", 2, 185),
    "camt/camt053.v8.xml": Bank("camt053", "EUR", 1, 885),
    "camt/camt054.v2.xml": "camt054",  # a notice of single bookings: see the tests of bank files
    "camt/oca-test-camt053-no-ntry.xml": Bank("camt053", "CHF", 0, 0),
    "camt/oca-test-camt053.xml": Bank("camt053", "EUR", 4, -1_299),
    "chinaums/open_body_sig_vector.json": PAYLOAD,
    "ecpay/checkmacvalue_vectors.json": PAYLOAD,
    "ecpay/query_trade_media.csv": Read("ecpay", "TWD", "query_trade_media", 2, -86_140),
    "ecpay/trade_no_aio.csv": Read("ecpay", "TWD", "trade_no_aio_2", 1, 98_000),
    "ecpay/url-encode-comparison.json": PAYLOAD,
    "jkopay/digest_vector.json": PAYLOAD,
    "linepay/hmac_vectors.json": PAYLOAD,
    "linepay/v4_authorizations_response.json": PAYLOAD,
    "mt940/betterplace__sepa_mt9401.sta": Bank("mt940", "EUR", 7, -290_987, account="50880050/0194774600888"),
    "mt940/jejik__abnamro.sta": Bank("mt940", "EUR", 10, -34_593),
    "mt940/jejik__ing.sta": Bank("mt940", "EUR", 7, -4_559),
    "mt940/jejik__rabobank-iban.sta": Bank("mt940", "EUR", 4, -7_000),
    "mt940/mBank__mt940.sta": Bank("mt940", "PLN", 3, 3),
    "mt940/self-provided__raiffeisen-cmi.sta": Bank("mt940", "HUF", 7, -101_221_350),
    "mt940/self-provided__transaction_details_wrapped.sta": Bank("mt940", "EUR", 1, -600),
    "newebpay/mpg_vector.json": PAYLOAD,
    "ofx/anzcc.ofx": Bank("ofx", "AUD", 1, -550),
    "ofx/bank_medium.ofx": Bank("ofx", "CAD", 3, -34_527),
    "ofx/checking.ofx": Bank("ofx", "USD", 3, -5_950),
    "ofx/stmtrs.ofx": Bank("ofx", "USD", 2, -50_000),
    "ofx/suncorp.ofx": Bank("ofx", "AUD", 1, -1_685),
    "ofx/test_qif.qif": BankRefused("ofx"),
    "paypal/sar_classic_subscr_signup.csv": Refused("paypal", "other_report"),
    "paypal/stl.csv": Read("paypal", "USD", "stl", 5, 5_995, wrong_totals=14),
    "paypal/stl_chargeback_with_fee.csv": Read("paypal", "USD", "trr", 2, -2_300),
    "paypal/stl_currency_convert.csv": Read("paypal", "USD", "stl", 3, 327),
    "paypal/transaction_search_response.json": PAYLOAD,
    "paypal/trr_express_checkout_donation.csv": Read("paypal", "USD", "trr", 1, 107),
    "paypal/trr_express_checkout_refund.csv": Read("paypal", "USD", "trr", 1, -107),
    "paypal/webhook_payment_sale_completed.json": PAYLOAD,
    "paypay/capture_payment_response.json": PAYLOAD,
    "paypay/create_qrcode.json": PAYLOAD,
    "paypay/create_qrcode_response.json": PAYLOAD,
    "paypay/get_payment_details.json": PAYLOAD,
    "paypay/hmac_vector.json": PAYLOAD,
    "paypay/mapping_createRefund.json": PAYLOAD,
    "paypay/mapping_getPaymentDetails.json": PAYLOAD,
    "paypay/refund_payment_payload.json": PAYLOAD,
    "paypay/refund_payment_response.json": PAYLOAD,
    "razorpay/bad_request_error.json": PAYLOAD,
    "razorpay/dispute_entity.json": PAYLOAD,
    "razorpay/fake_order.json": PAYLOAD,
    "razorpay/fake_payment.json": PAYLOAD,
    "razorpay/fake_payment_authorized_webhook.json": PAYLOAD,
    "razorpay/fake_refund.json": PAYLOAD,
    "razorpay/settlements_recon_combined.json": Read("razorpay", "INR", "recon_combined", 4, -244_684),
    "razorpay/webhook_settlement_processed.json": PAYLOAD,
    "shopify/disputes.json": PAYLOAD,
    "shopify/order.json": PAYLOAD,
    "shopify/payment_transactions_export.csv": Read("shopify", "USD", "transactions_17", 3, 123_665),
    "shopify/payouts.json": PAYLOAD,
    "shopify/payouts_transactions.json": PAYLOAD,
    "shopify/refund.json": PAYLOAD,
    "shopify/transaction.json": PAYLOAD,
    "shouqianba/refund_fail.json": PAYLOAD,
    "shouqianba/refund_success.json": PAYLOAD,
    "shouqianba/sign_vectors.json": PAYLOAD,
    "stripe/balance_transaction_txn_fake_ch_fakefakefakefakefake0001.json": PAYLOAD,
    "stripe/charge_ch_fakefakefakefakefake0001.json": PAYLOAD,
    "stripe/dispute_dp_fakefakefakefake01.json": PAYLOAD,
    "stripe/event_test_signature.json": PAYLOAD,
    "stripe/fixtures3_selected.json": PAYLOAD,
    "stripe/payment_intent_pi_fakefakefakefakefake0001.json": PAYLOAD,
    "stripe/payout_custom_bank_account.json": PAYLOAD,
    "stripe/settlement_report.csv": Read("stripe", "USD", "payout_itemized", 7, 4_945),
    "unionpay/qra_md5_vector.json": PAYLOAD,
    "unionpay/zm_layout.json": PAYLOAD,
    "unionpay/zme_layout.json": PAYLOAD,
    "wechat/bill_url_response.json": PAYLOAD,
    "wechat/fundflowbill_BASIC.csv": Read("wechat", "CNY", "fundflow_basic", 2, -2, wrong_totals=3),  # a row was cut out of it
    "wechat/personal_export_records.csv": Refused("wechat", "other_report"),
    "wechat/tradebill_ALL_2014_24col.csv": Read("wechat", "CNY", "old_24", 2, 2),
    "wechat/tradebill_ALL_masked.csv": Read("wechat", "CNY", "all_27", 1, 596, wrong_totals=6),  # rows were cut out of these three
    "wechat/tradebill_REFUND_masked.csv": Read("wechat", "CNY", "refund_29", 1, -1, wrong_totals=4),
    "wechat/tradebill_SUCCESS_masked.csv": Read("wechat", "CNY", "success_20", 1, 1, wrong_totals=4),
    "wechat/wechat_pay_notification.json": PAYLOAD,
}


def statement_of(name: str, data: bytes, provider: str, currency: str = "CNY"):
    return registry.parse_statement(provider, StatementFile(Path(name).name, data, ZONES.get(provider, "UTC"), currency))


def test_every_sample_has_an_entry(shared_folder):
    there = {path.relative_to(shared_folder / "samples").as_posix() for path in (shared_folder / "samples").rglob("*") if path.is_file()}

    assert {name for name in there if not name.endswith("SOURCES.md")} == set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_sample(shared_folder, name):
    data = (shared_folder / "samples" / name).read_bytes()

    match SAMPLES[name]:
        case Read() | Refused() as told if told.provider not in registry.PROVIDERS:
            assert registry.recognise(name, data) == []
        case Bank() | BankRefused() as told if told.format not in FORMATS:
            assert registry.recognise(name, data) == []
        case Read() as told:
            parsed = statement_of(name, data, told.provider, told.currency)
            assert [code for code, _ in registry.recognise(name, data)] == [told.provider]
            assert parsed.rejections == ()
            wrong = sum(not total.agrees for total in parsed.totals)
            assert (parsed.layout, parsed.lines.height, parsed.lines["net"].sum(), wrong) == (
                told.layout, told.lines, told.net, told.wrong_totals,
            )  # fmt: skip
        case Refused() as told:
            with pytest.raises(FileRefused) as caught:
                statement_of(name, data, told.provider)
            assert [code for code, _ in registry.recognise(name, data)] == [told.provider]
            assert (caught.value.code, {key: caught.value.params[key] for key in told.params}) == (told.code, told.params)
        case Bank() as told:
            bank = parse_bank(told.format, StatementFile(name, data, "UTC", told.currency, told.account, told.mapping))
            assert (bank.lines.height, bank.lines["amount"].sum(), len(bank.rejections)) == (told.lines, told.total, told.rejected)
        case BankRefused() as told:
            with pytest.raises(FileRefused):
                parse_bank(told.format, StatementFile(name, data, "UTC", "USD"))
        case _:
            assert registry.recognise(name, data) == []
            for provider in set(registry.PROVIDERS) - {registry.GENERIC}:
                with pytest.raises(FileRefused):
                    statement_of(name, data, provider)
