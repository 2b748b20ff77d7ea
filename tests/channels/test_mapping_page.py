"""The studio makes what merchant.toml makes, refuses what it refuses, and saves nothing before a sample reads cleanly."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.channels.mapped import spec
from apps.channels.mapped.words import WORDS
from apps.channels.models import Channel, MappingVersion
from apps.channels.selectors.sample_files import Sample, sample_of, token_of
from apps.channels.services.merchant_dump import dump_merchant_file
from apps.channels.services.merchant_file import load_merchant_file
from apps.core import files
from apps.merchants.models import BankAccount
from apps.settlements.models import BankStatement, Statement
from tests import cast
from tests.channels.merchant_files import load

pytestmark = pytest.mark.django_db

CONSOLE = """街口支付 交易明細
商店：某店
交易日期,交易時間,訂單編號,平台交易編號,交易類型,交易狀態,付款方式,交易金額,手續費,淨額
115/09/01,10:30:05,A10001,J900001,付款,成功,街口帳戶,"1,280",35,"1,245"
115/09/01,11:30:05,A10002,J900002,付款,成功,信用卡,500,14,486
115/09/01,11:31:00,A10003,J900003,付款,失敗,信用卡,500,0,0
115/09/02,09:00:00,A10001,J900004,退款,成功,街口帳戶,"1,280",35,"1,245"
合計,,,,,,,500,14,486
""".encode("cp950")
BANK = """國泰世華 交易明細
帳號：****1234
交易日期,摘要,支出金額,存入金額,餘額,備註
115/09/01,轉帳,"(1,200)",,"98,800",房租
115/09/03,跨行轉入,,"3,520","102,320",街口
""".encode("cp950")
MAPPED = {
    "encoding": "cp950", "delimiter": ",", "skip_rows": 2, "footer_starts": "合計", "time": "交易日期", "clock": "交易時間",
    "time_format": "%K/%m/%d %H:%M:%S", "merchant_ref": "訂單編號", "provider_ref": "平台交易編號", "type": "交易類型",
    "types": {"付款": "payment", "退款": "refund"}, "status": "交易狀態", "leave_out": ["失敗"], "method": "付款方式",
    "methods": {"信用卡": "credit_card", "街口帳戶": "jkopay"}, "gross": "交易金額", "fee": "手續費", "net": "淨額",
}  # fmt: skip


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def jkopay(shop):
    return cast.make_channel(shop, "jkopay", provider="jkopay", label="街口")


@pytest.fixture
def lin(shop, client):
    user = cast.accountant(shop, language="en")
    client.force_login(user)
    return user


def at(name="", code="jkopay", lane="mapping"):
    return reverse(f"channels:{lane}{name}", args=["qingtian", code])


def shown(client, data: bytes, name: str = "jkopay_20260901.csv", **where):
    """The studio with this file on it."""
    return client.post(at("_sample", **where), {"file": SimpleUploadedFile(name, data)}, follow=True)


def posted(answer, **changes) -> dict:
    """What the browser would send of the page as it stands."""
    form, values = answer.context["form"], {"sample": answer.context["sample_token"]}
    values |= {name: form[name].value() or "" for name in form.fields}
    for words in form.words:
        values[f"{words.key}.word"] = [word for word, _meaning in words.rows]
        values[f"{words.key}.meaning"] = [meaning for _word, meaning in words.rows]
    return values | changes


def test_a_console_export_is_guessed_whole_saved_and_waits_for_import(client, lin, jkopay):
    page = shown(client, CONSOLE)
    answer = client.post(at(), posted(page))

    assert page.context["preview"].is_clean
    assert answer.headers["Location"] == reverse("settlements:statements", args=["qingtian"]) + "#waiting"
    assert Channel.objects.get(pk=jkopay.pk).mapping == MAPPED
    version = MappingVersion.objects.get()
    assert (version.version, version.created_by, version.source, version.valid_from) == (1, lin, "studio", None)
    assert AuditEvent.objects.get(action="channel.changed").after["mapping_version"] == 1
    waiting = Statement.objects.get()
    assert (waiting.state, waiting.channel, waiting.rows_in, waiting.mapping_version) == ("parsed", jkopay, 3, version)


def test_the_preview_shows_lines_beside_raw_rows_and_their_sums(client, lin, jkopay):
    preview = shown(client, CONSOLE).context["preview"]

    assert [(row.number, row.line.get("gross"), row.line.get("fee"), row.line.get("net")) for row in preview.rows] == [
        (4, 128_000, -3_500, 124_500), (5, 50_000, -1_400, 48_600), (6, None, None, None), (7, -128_000, 3_500, -124_500)
    ]  # fmt: skip
    assert [(one.label, one.count, one.gross, one.fee, one.net) for one in preview.sums] == [
        ("Payments", 2, 178_000, -4_900, 173_100), ("Refunds", 1, -128_000, 3_500, -124_500)
    ]  # fmt: skip
    assert (preview.whole.count, preview.whole.net) == (3, 48_600)
    assert preview.totals == [("交易金額", "500", "500", True), ("手續費", "−14", "−14", True), ("淨額", "486", "486", True)]


def test_a_word_that_means_nothing_yet_names_its_rows_and_refuses_the_saving(client, lin, jkopay):
    page = shown(client, CONSOLE)
    values = posted(page, **{"types.meaning": ["payment", ""]})

    preview = client.post(at("_preview"), values)
    answer = client.post(at(), values)

    assert "Row 7" in preview.content.decode()
    assert "交易類型: “退款” is a kind of row we do not know." in preview.content.decode()
    assert answer.status_code == 422
    assert "Nothing is saved before the sample reads cleanly" in answer.content.decode()
    assert (MappingVersion.objects.count(), Channel.objects.get(pk=jkopay.pk).mapping, Statement.objects.count()) == (0, {}, 0)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"gross": ""}, "Choose the column of the amount, or those of money in and out."),
        ({"merchant_ref": "", "provider_ref": ""}, "Choose the column of our number or of the provider&#x27;s, or no row can be matched."),
        ({"money_in": "淨額"}, "Choose either one column of amounts, or both money in and money out."),
        ({"time_format": "%Q"}, "a format like &quot;%Y/%m/%d&quot; is expected"),
        ({"sign": "type", "type": ""}, "The type can only say which way money went"),
    ],
)
def test_a_mapping_that_merchant_toml_would_refuse_is_refused(client, lin, jkopay, changes, sentence):
    values = posted(shown(client, CONSOLE), **changes)

    answer = client.post(at(), values)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert MappingVersion.objects.count() == 0


def test_nothing_is_saved_without_a_sample(client, lin, jkopay):
    answer = client.post(at(), {"time": "交易日期", "gross": "交易金額", "merchant_ref": "訂單編號"})

    assert answer.status_code == 422
    assert MappingVersion.objects.count() == 0


def test_saving_the_page_as_it_opens_again_changes_nothing(client, lin, jkopay):
    client.post(at(), posted(shown(client, CONSOLE)))

    client.post(at(), posted(client.get(at())))

    assert MappingVersion.objects.count() == 1
    assert AuditEvent.objects.filter(action="channel.changed").count() == 1


def test_what_the_studio_saves_merchant_toml_loads_without_a_change(client, lin, jkopay, shop):
    shop.bank_accounts.update(format="mt940")
    client.post(at(), posted(shown(client, CONSOLE)))

    assert load_merchant_file(dump_merchant_file(shop).encode(), by=None, now=cast.NOW).unchanged


def test_a_bank_export_is_guessed_saved_and_waits(client, lin, shop):
    account = cast.make_bank_account(shop, account_no="****1234")

    page = shown(client, BANK, "bank_202609.csv", code="cathay-twd", lane="bank_mapping")
    client.post(at(code="cathay-twd", lane="bank_mapping"), posted(page))

    assert BankAccount.objects.get(pk=account.pk).mapping == {
        "encoding": "cp950", "delimiter": ",", "skip_rows": 2, "date": "交易日期", "date_format": "%K/%m/%d", "debit": "支出金額",
        "credit": "存入金額", "balance": "餘額", "memo": ["摘要", "備註"], "style": "parentheses",
    }  # fmt: skip
    assert BankStatement.objects.get().state == "parsed"


def test_a_shared_mapping_is_loaded_as_a_draft_and_saved_only_by_a_person(client, lin, jkopay, shop):
    client.post(at(), posted(shown(client, CONSOLE)))
    text = client.get(at("_download")).content
    other = cast.make_channel(shop, "linepay", provider="linepay")
    token = token_of(shop, Sample("x.csv", files.store(CONSOLE)))

    page = client.post(at("_load", "linepay"), {"sample": token, "file": SimpleUploadedFile("m.toml", text)}, follow=True)

    assert page.context["preview"].is_clean
    assert Channel.objects.get(pk=other.pk).mapping == {}
    client.post(at(code="linepay"), posted(page))
    assert Channel.objects.get(pk=other.pk).mapping == MAPPED
    assert MappingVersion.objects.filter(fingerprint=MappingVersion.objects.get(channel=jkopay).fingerprint).count() == 2


def test_a_sample_of_another_shop_and_a_spoiled_token_open_nothing(shop):
    other = cast.make_merchant("moon")
    token = token_of(other, Sample("x.csv", files.store(b"secret")))

    assert sample_of(other, token).data == b"secret"
    assert sample_of(shop, token) is None
    assert sample_of(other, token[:-2]) is None
    assert sample_of(other, token_of(other, Sample("gone.csv", "0" * 64))) is None


def test_a_provider_with_its_own_parser_and_an_account_without_csv_have_no_mapping(client, lin, shop):
    cast.make_channel(shop, "ecpay")
    cast.make_bank_account(shop, "chase", format="mt940")

    assert client.get(at(code="ecpay")).status_code == 404
    assert client.get(at(code="chase", lane="bank_mapping")).status_code == 404


def test_an_operator_may_look_at_channels_and_change_no_mapping(client, shop, jkopay):
    client.force_login(cast.operator(shop))

    assert client.get(at()).status_code == 403
    assert shown(client, CONSOLE).status_code == 403
    assert not files._place(files.hashlib.sha256(CONSOLE).hexdigest()).exists()


def test_a_file_that_is_no_table_says_so(client, lin, jkopay):
    assert "The archive cannot be used" in shown(client, b"PK\x03\x04 broken", "x.zip").content.decode()
    assert "The file cannot be used" in shown(client, b"hello\n", "x.txt").content.decode()


def test_guesses_know_only_keys_of_the_spec():
    assert set(WORDS["channel"]) <= set(spec.BY_NAME["channel"])
    assert set(WORDS["bank"]) <= set(spec.BY_NAME["bank"])


def test_a_mapping_of_merchant_toml_opens_in_the_studio(client, shop):
    merchant = load(('slug = "qingtian"', 'slug = "toml"')).merchant
    client.force_login(cast.owner(merchant, language="en"))
    export = "交易時間\t交易類型\t交易序號\t金額\t手續費\n2026/09/03 00:30:00\t付款\t8837261\t1280\t35\n".encode()

    address = reverse("channels:mapping_sample", args=["toml", "till"])
    page = client.post(address, {"file": SimpleUploadedFile("x.csv", export)}, follow=True)

    assert page.context["preview"].is_clean
    assert [words.rows for words in page.context["form"].words] == [[("付款", "payment"), ("退款", "refund")]]
