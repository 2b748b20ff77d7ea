"""A file unlike those before it: stopped with nothing kept, followed or imported anyway by a person, and never for an ordinary day."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.channels.models import MappingVersion
from apps.channels.services.mappings import save_mapping
from apps.settlements.errors import CannotFollow, NotStopped, ReasonMissing, UnableToImport
from apps.settlements.models import Statement, StatementLine
from apps.settlements.selectors.layouts import change_of
from apps.settlements.services.following import follow_columns, import_anyway
from apps.settlements.services.intake import import_file
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
HEADER = "日期,訂單編號,金額,手續費"
MAPPING = {"time": "日期", "time_format": "%Y/%m/%d", "merchant_ref": "訂單編號", "gross": "金額", "fee": "手續費"}


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def till(shop):
    till = cast.make_channel(shop, "till", provider="linepay", label="LINE Pay")
    save_mapping(owner=till, mapping=MAPPING, by=None, now=cast.NOW)
    return till


@pytest.fixture
def lin(shop):
    return cast.accountant(shop, language="en")


def export(day: int, header: str = HEADER, *, rows: int = 30, scale: int = 1, fee: str = "3") -> bytes:
    body = [f"2026/09/{day:02d},A{day:02d}{at:03d},{(100 + 7 * at) * scale},{fee}" for at in range(rows)]
    return "\n".join([header, *body, ""]).encode()


def bring(till, day: int, data: bytes, **options):
    return import_file(owner=till, name=f"x_202609{day:02d}.csv", data=data, by=options.pop("by", None), now=cast.NOW, **options).file


def refused(till, day: int, data: bytes) -> Statement:
    before = StatementLine.objects.count()
    with pytest.raises(UnableToImport):
        bring(till, day, data)
    assert StatementLine.objects.count() == before
    return Statement.objects.get(state="rejected")


def test_a_changed_header_is_shown_side_by_side_and_followed_by_one_click(till, lin):
    bring(till, 1, export(1))
    file = refused(till, 2, export(2, "日期,商店訂單編號,金額,服務費,備註").replace(b",3\n", b",3,\n"))

    change = change_of(file)
    version = follow_columns(file=file, by=lin, now=cast.NOW)

    assert [(pair.old, pair.new, pair.state, pair.is_used) for pair in change.pairs] == [
        ("日期", "日期", "same", True), ("訂單編號", "商店訂單編號", "renamed", True), ("金額", "金額", "same", True),
        ("手續費", "服務費", "renamed", True), ("", "備註", "new", False),
    ]  # fmt: skip
    assert (version.version, version.valid_from, version.source, version.created_by) == (2, date(2026, 9, 2), "layout", lin)
    assert version.mapping == {**MAPPING, "merchant_ref": "商店訂單編號", "fee": "服務費"}
    assert list(Statement.objects.order_by("pk").values_list("state", "mapping_version__version")) == [("posted", 1), ("parsed", 2)]


def test_old_files_are_still_read_by_the_old_version_after_following(till, lin):
    bring(till, 1, export(1))
    follow_columns(file=refused(till, 5, export(5, "日期,商店訂單編號,金額,手續費")), by=lin, now=cast.NOW)

    late = bring(till, 3, export(3))

    assert (late.state, late.mapping_version.version) == ("posted", 1)


def test_a_column_more_or_less_that_the_mapping_does_not_use_stops_too(till):
    bring(till, 1, export(1))

    file = refused(till, 2, export(2, f"{HEADER},平台費").replace(b",3\n", b",3,9\n"))

    assert (file.refusal, file.refusal_params["unknown"], file.refusal_params["missing"]) == ("layout_changed", ["平台費"], [])


def test_columns_in_another_order_pass(till):
    bring(till, 1, export(1))
    turned = "\n".join(",".join(line.split(",")[::-1]) for line in export(2).decode().splitlines()) + "\n"

    assert bring(till, 2, turned.encode()).lines_new == 30


def test_names_that_cannot_be_guessed_are_left_to_a_person(till, lin):
    bring(till, 1, export(1))
    file = refused(till, 2, export(2, "a,b,c,d"))

    with pytest.raises(CannotFollow):
        follow_columns(file=file, by=lin, now=cast.NOW)

    assert (MappingVersion.objects.count(), Statement.objects.filter(state="parsed").count()) == (1, 0)


def test_amounts_in_cents_stop_until_a_person_says_why(till, lin):
    bring(till, 1, export(1))
    file = refused(till, 2, export(2, scale=100))
    assert [(one.sentence, one.was, one.now) for one in change_of(file).findings] == [
        (str(change_of(file).findings[0].sentence), "205", "20,500")
    ]  # fmt: skip

    with pytest.raises(ReasonMissing):
        import_anyway(file=file, reason=" ", by=lin, now=cast.NOW)
    posted = import_anyway(file=file, reason="year-end bulk order", by=lin, now=cast.NOW)

    assert (posted.state, posted.lines_new, posted.forced_reason, posted.created_by) == ("posted", 30, "year-end bulk order", lin)
    assert not Statement.objects.filter(state="rejected").exists()
    assert AuditEvent.objects.filter(action="file.imported").latest("pk").reason == "year-end bulk order"
    assert bring(till, 3, export(3, scale=100)).lines_new == 30  # from now on this is the usual


def test_what_was_refused_for_its_rows_cannot_be_forced(till, lin):
    bring(till, 1, export(1))
    file = refused(till, 2, export(2, fee="x"))

    with pytest.raises(NotStopped):
        import_anyway(file=file, reason="please", by=lin, now=cast.NOW)

    assert Statement.objects.get(pk=file.pk).state == "rejected"


@pytest.mark.parametrize(("scale", "day", "finding"), [(100, 16, "books_scale"), (1, 3, "books_days")])
def test_the_books_know_better_than_any_history(till, scale, day, finding):
    """cast.make_payment is of 2026-11-16; there is no file before, and few rows."""
    for at in range(5):
        cast.make_payment(till, f"A{at}", 128_000)
    rows = "".join(f"2026/11/16,A{at},{1280 * scale},0\n" for at in range(5)).replace(
        "2026/11/16", "2026/11/16" if day == 16 else "2026/03/11"
    )

    file = refused(till, 30, f"{HEADER}\n{rows}".encode())

    assert [found["code"] for found in file.refusal_params["findings"]] == [finding]


def test_an_upload_is_stopped_the_same_way_and_offers_the_doors(client, shop, till, lin):
    bring(till, 1, export(1))
    client.force_login(lin)

    client.post(
        reverse("settlements:upload", args=["qingtian"]),
        {
            "files": [
                SimpleUploadedFile("a_20260902.csv", export(2, scale=100)),
                SimpleUploadedFile("b_20260903.csv", export(3, "日期,訂單號碼,金額,手續費")),
            ]
        },
    )

    assert sorted(Statement.objects.filter(state="rejected").values_list("refusal", "channel")) == [
        ("other_layout", till.pk), ("values_changed", till.pk)
    ]  # fmt: skip
    page = client.get(
        reverse("settlements:file", args=["qingtian", "provider", Statement.objects.get(refusal="other_layout").pk])
    ).content.decode()
    assert "Go on under the new names" in page
    assert "Import anyway" not in page
    page = client.get(
        reverse("settlements:file", args=["qingtian", "provider", Statement.objects.get(refusal="values_changed").pk])
    ).content.decode()
    assert "amounts are about a hundred times larger or smaller" in page
    assert "Import anyway" in page


def test_an_operator_sees_why_but_can_neither_force_nor_follow(client, shop, till):
    bring(till, 1, export(1))
    file = refused(till, 2, export(2, scale=100))
    client.force_login(cast.operator(shop, language="en"))

    page = client.get(reverse("settlements:file", args=["qingtian", "provider", file.pk])).content.decode()

    assert "Import anyway" not in page
    assert client.post(reverse("settlements:force", args=["qingtian", "provider", file.pk]), {"reason": "x"}).status_code == 403
    assert client.post(reverse("settlements:follow", args=["qingtian", "provider", file.pk])).status_code == 403
    assert Statement.objects.get(pk=file.pk).state == "rejected"
