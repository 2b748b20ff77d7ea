"""Frames into tables and back, on both databases."""

from datetime import UTC, date, datetime

import polars as pl
import pytest
from django.db import connection, transaction

from apps.audit.models import AuditEvent
from apps.core import bulk
from apps.core.bulk import copy_rows, keyed_frame, queryset_frame, read_frame, reserve_ids, update_rows
from apps.core.models import Job
from apps.merchants.models import BankAccount, Merchant

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

WITHOUT_MICROS = datetime(2026, 9, 1, 3, 51, 39, tzinfo=UTC)
WITH_MICROS = datetime(2026, 9, 1, 3, 51, 39, 40, tzinfo=UTC)
BEFORE_1970 = datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)
JOB_SCHEMA = {
    "id": pl.Int64(),
    "kind": pl.String(),
    "merchant_id": pl.Int64(),
    "percent": pl.Int16(),
    "dedupe_key": pl.String(),
    "created_at": pl.Datetime("us", "UTC"),
    "started_at": pl.Datetime("us", "UTC"),
}


def jobs(**columns) -> pl.DataFrame:
    size = len(next(iter(columns.values())))
    plain = {
        "kind": ["k"] * size,
        "payload": ["{}"] * size,
        "state": ["done"] * size,
        "percent": [0] * size,
        "step": [""] * size,
        "result": ["{}"] * size,
        "error": [""] * size,
        "attempts": [0] * size,
        "dedupe_key": [""] * size,
        "created_at": [WITHOUT_MICROS] * size,
    }
    return pl.DataFrame({**plain, **columns})


def test_copied_rows_read_like_rows_that_django_saved():
    copy_rows(Job, jobs(kind=["a", 'b, "q" ü 合'], merchant_id=[7, None], percent=[3, 4], started_at=[WITH_MICROS, None]))

    first, second = Job.objects.order_by("percent")
    assert (first.kind, first.merchant_id, first.created_at, first.started_at) == ("a", 7, WITHOUT_MICROS, WITH_MICROS)
    assert (second.kind, second.merchant_id, second.started_at, second.dedupe_key) == ('b, "q" ü 合', None, None, "")
    assert Job.objects.filter(created_at=WITHOUT_MICROS).count() == 2  # equal as text on SQLite, too


def test_frame_of_a_queryset_keeps_null_empty_text_and_microseconds_apart():
    for kind, merchant_id, started_at in [("a", 7, WITH_MICROS), ("", None, None), ('x"y, z', 9, BEFORE_1970)]:
        Job.objects.create(kind=kind, merchant_id=merchant_id, started_at=started_at, created_at=WITHOUT_MICROS, percent=merchant_id or 0)

    frame = queryset_frame(Job.objects.order_by("percent"), JOB_SCHEMA)

    assert frame.schema == pl.Schema(JOB_SCHEMA)
    assert frame.drop("id").rows() == [
        ("", None, 0, "", WITHOUT_MICROS, None),
        ("a", 7, 7, "", WITHOUT_MICROS, WITH_MICROS),
        ('x"y, z', 9, 9, "", WITHOUT_MICROS, BEFORE_1970),
    ]


def test_nothing_found_and_nothing_possible_are_empty_frames_with_the_schema():
    assert queryset_frame(Job.objects.filter(kind="none"), JOB_SCHEMA).schema == pl.Schema(JOB_SCHEMA)
    assert queryset_frame(Job.objects.none(), JOB_SCHEMA).schema == pl.Schema(JOB_SCHEMA)


def test_joined_fields_filters_and_booleans_are_read():
    merchant = Merchant.objects.create(slug="one", name="One", currency="TWD", is_practice=True)
    BankAccount.objects.create(merchant=merchant, code="a", bank="B", currency="TWD", format="csv")

    frame = queryset_frame(
        BankAccount.objects.filter(merchant__created_at__gt=BEFORE_1970, code__in=["a", "b"]),
        {"merchant__slug": pl.String(), "code": pl.String(), "merchant__is_practice": pl.Boolean()},
    )

    assert frame.rows() == [("one", "a", True)]


def test_sql_with_parameters_reads_dates():
    frame = read_frame(
        "SELECT CAST(%s AS text), d FROM (SELECT max(created_at) AS m FROM core_job) x, (SELECT CAST(NULL AS date) AS d) y",
        ["100%"],
        {"text": pl.String(), "day": pl.Date()},
    )

    assert frame.rows() == [("100%", None)]


def test_dates_travel_both_ways():
    merchant = Merchant.objects.create(slug="one", name="One", currency="TWD")
    copy_rows(
        AuditEvent,
        pl.DataFrame(
            {
                "merchant_id": [merchant.pk], "happened_at": [WITH_MICROS], "actor_id": [""], "actor_label": ["x"], "action": ["a"],
                "subject_type": ["t"], "subject_id": ["1"], "subject_label": [""], "reason": [""], "before": ["{}"], "after": ['{"a": 1}'],
                "content_hash": ["0" * 64],
            }
        ),
    )  # fmt: skip

    day = "date(happened_at)" if connection.vendor == "sqlite" else "happened_at::date"
    frame = read_frame(f"SELECT {day} FROM audit_auditevent", [], {"day": pl.Date()})

    assert AuditEvent.objects.get().after == {"a": 1}
    assert frame.rows() == [(date(2026, 9, 1),)]


def test_reserved_ids_are_used_once():
    with transaction.atomic():
        ids = reserve_ids(Job, 3)
        copy_rows(Job, jobs(kind=["a", "b", "c"]).with_columns(ids))
    later = Job.objects.create(kind="d", created_at=WITHOUT_MICROS)

    assert sorted(Job.objects.exclude(pk=later.pk).values_list("pk", flat=True)) == ids.to_list()
    assert later.pk not in ids.to_list()
    assert reserve_ids(Job, 0).to_list() == []


def test_a_copy_that_fails_takes_its_transaction_with_it():
    with pytest.raises(Exception, match="job_percent_within_100"), transaction.atomic():  # noqa: PT012  the whole block is the act
        Job.objects.create(kind="before", created_at=WITHOUT_MICROS)
        copy_rows(Job, jobs(kind=["a", "b"], percent=[1, 101]))

    assert Job.objects.count() == 0


def test_rows_are_updated_by_id_and_others_stay():
    first, second, third = (Job.objects.create(kind=kind, created_at=WITHOUT_MICROS, step="old") for kind in "abc")
    changes = {"id": [first.pk, third.pk], "step": ["", "new"], "started_at": [WITH_MICROS, None], "percent": [1, 2]}

    update_rows(Job, pl.DataFrame(changes).with_columns(pl.col("started_at").cast(pl.Datetime("us", "UTC"))))
    update_rows(Job, pl.DataFrame({"id": [second.pk], "step": ["again"]}))
    update_rows(Job, pl.DataFrame(schema={"id": pl.Int64, "step": pl.String}))

    assert list(Job.objects.order_by("kind").values_list("step", "started_at", "percent")) == [
        ("", WITH_MICROS, 1),
        ("again", None, 0),
        ("new", None, 2),
    ]


def test_rows_are_found_by_key_in_batches_or_all_at_once(monkeypatch):
    for kind in "abcd":
        Job.objects.create(kind=kind, created_at=WITHOUT_MICROS)
    wanted = pl.Series(["a", "b", "c", "zz", "a"])
    monkeypatch.setattr(bulk, "KEY_BATCH", 2)

    by_index = keyed_frame(Job.objects.all(), "kind", wanted, {"kind": pl.String()})
    monkeypatch.setattr(bulk, "FEW_KEYS", 3)
    superset = keyed_frame(Job.objects.all(), "kind", wanted, {"kind": pl.String()})

    assert sorted(by_index["kind"]) == ["a", "b", "c"]
    assert sorted(superset["kind"]) == ["a", "b", "c", "d"]
