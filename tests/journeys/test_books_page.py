"""The accountant brings the books in and looks around, in a real browser."""

import pytest

from apps.core.jobs.runner import run
from apps.core.models import Job
from tests import cast
from tests.browser import assert_no_axe_violations
from tests.journeys.shots import shoot
from tests.orders.files import numbered, payments_csv

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_books_come_in_and_are_found(page, sign_in, tmp_path):
    shop = cast.make_merchant()
    cast.make_channel(shop)
    lin = cast.accountant(shop, name="林怡君")
    sign_in(lin)
    file = tmp_path / "payments.csv"
    file.write_bytes(payments_csv(*numbered(12), {"merchant_ref": "B1", "amount": "12.345", "paid_at": "2026-11-16 14:02"}))

    page.goto(f"/m/{shop.slug}/orders/import/")
    assert_no_axe_violations(page)
    shoot(page, f"/m/{shop.slug}/orders/import/", "books-import", user=lin)
    page.goto(f"/m/{shop.slug}/orders/import/")
    page.set_input_files("input[type=file]", file)
    page.click("main form button.btn-primary")
    page.wait_for_url("**/orders/import/*/")
    check = Job.objects.latest("pk")
    run(job_id=check.pk)
    page.goto(f"/m/{shop.slug}/orders/import/{check.pk}/")
    assert_no_axe_violations(page)
    shoot(page, f"/m/{shop.slug}/orders/import/{check.pk}/", "books-check", user=lin)
    page.goto(f"/m/{shop.slug}/orders/import/{check.pk}/")
    page.click("main form button.btn-primary")
    page.wait_for_function("!location.pathname.endsWith('/confirm/')")
    done = Job.objects.latest("pk")
    run(job_id=done.pk)
    for name, path in [
        ("books-done", f"import/{done.pk}/"),
        ("orders", ""),
        ("payments", "payments/"),
        ("refunds", "refunds/"),
        ("search", "search/?q=A1"),
    ]:
        page.goto(f"/m/{shop.slug}/orders/{path}")
        assert_no_axe_violations(page)
        shoot(page, f"/m/{shop.slug}/orders/{path}", name, user=lin)
    page.goto(f"/m/{shop.slug}/orders/payments/")
    assert page.locator("main tbody tr").count() == 12
