"""A console nobody has a parser for, on its first day: shown, mapped, imported, reconciled; then its columns change."""

import pytest
from playwright.sync_api import expect

from apps.channels.models import Channel, MappingVersion
from apps.settlements.models import Discrepancy, Match, Statement, StatementLine
from tests import cast
from tests.browser import assert_no_axe_violations
from tests.journeys.shots import shoot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HEADER = "交易日期,交易時間,訂單編號,平台交易編號,交易類型,交易狀態,付款方式,交易金額,手續費,淨額"
CHANGED = "交易日期,交易時間,商店訂單編號,平台交易編號,交易類型,交易狀態,付款方式,交易金額,服務費,淨額"


def console(day: int, header: str = HEADER) -> bytes:
    """One day of the console: two sales, an attempt that failed, years of the Republic, Big5."""
    rows = [
        f'115/11/{day:02d},10:30:05,A{day}01,J{day}001,付款,成功,街口帳戶,"1,280",35,"1,245"',
        f"115/11/{day:02d},11:30:05,A{day}02,J{day}002,付款,成功,信用卡,500,14,486",
        f"115/11/{day:02d},11:31:00,A{day}03,J{day}003,付款,失敗,信用卡,500,0,0",
        '合計,,,,,,,"1,780",49,"1,731"',
    ]
    return "\r\n".join(["街口支付 交易明細", "", header, *rows, ""]).encode("cp950")


def upload(page, label: str, day: int, data: bytes, button: str) -> None:
    page.get_by_label(label).set_input_files({"name": f"jkopay_202611{day}.csv", "mimeType": "text/csv", "buffer": data})
    page.get_by_role("button", name=button, exact=True).click()


def test_a_console_is_mapped_on_its_first_day_and_a_changed_header_is_followed(page, sign_in, run_jobs):
    shop = cast.make_merchant()
    jkopay = cast.make_channel(shop, "jkopay", provider="jkopay", label="街口支付", settles="T+1")
    for day in (16, 17):
        cast.make_payment(jkopay, f"A{day}01", 128_000)
        cast.make_payment(jkopay, f"A{day}02", 50_000)
    lin = cast.accountant(shop, language="en", name="Lin")
    sign_in(lin)

    page.goto("/m/qingtian/channels/jkopay/mapping/")
    assert_no_axe_violations(page)
    upload(page, "A file as downloaded from the console", 16, console(16), "Show")
    expect(page.locator("#preview")).to_contain_text("reads cleanly")
    expect(page.locator("#preview .is-sum")).to_contain_text("1,780")
    assert_no_axe_violations(page)

    page.get_by_label("Amount", exact=True).select_option("淨額")
    expect(page.locator("#preview")).to_contain_text("2 rows cannot be read.")
    page.get_by_label("Amount", exact=True).select_option("交易金額")
    expect(page.locator("#preview")).to_contain_text("reads cleanly")
    shoot(page, page.url, "mapping-studio", user=lin)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="Save as a new version").press("Enter")

    expect(page.locator("#waiting")).to_contain_text("jkopay_20261116.csv")
    page.get_by_role("button", name="Import 1 file").click()
    run_jobs()
    assert list(StatementLine.objects.order_by("row_no").values_list("gross", "fee", "net")) == [
        (128_000, -3_500, 124_500), (50_000, -1_400, 48_600)
    ]  # fmt: skip
    assert Match.objects.filter(payment__channel=jkopay, voided_at=None).count() == 2
    assert not Discrepancy.objects.filter(channel=jkopay, kind="missing_in_books").exists()

    page.goto("/m/qingtian/statements/")
    upload(page, "Drop files here or choose them", 17, console(17, CHANGED), "Upload")
    page.get_by_role("link", name="jkopay_20261117.csv").click()
    expect(page.locator("#change")).to_contain_text("商店訂單編號")
    expect(page.locator("#change")).to_contain_text("服務費")
    expect(page.locator("#change")).to_contain_text("8 columns are the same")
    assert StatementLine.objects.count() == 2
    assert_no_axe_violations(page)
    shoot(page, page.url, "mapping-changed", user=lin)
    page.get_by_role("button", name="Go on under the new names").click()

    expect(page.locator("#waiting")).to_contain_text("Can be imported")
    assert Channel.objects.get().mapping["merchant_ref"] == "商店訂單編號"
    newest = MappingVersion.objects.order_by("-version").first()
    assert (newest.version, newest.mapping["fee"], newest.source, str(newest.valid_from)) == (2, "服務費", "layout", "2026-11-17")
    page.get_by_role("button", name="Import 1 file").click()
    run_jobs()
    assert Match.objects.filter(payment__channel=jkopay, voided_at=None).count() == 4
    assert Statement.objects.filter(state="posted").count() == 2
