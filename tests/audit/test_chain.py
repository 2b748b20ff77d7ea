"""The chain: what stands in it stays, every change of a byte is found and located, and many writers make one chain."""

import io
import json
import random
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import RequestFactory

from apps.audit import reading
from apps.audit.chain import ZERO
from apps.audit.checkpoints import make_checkpoints
from apps.audit.exporting import chain_lines, read_chains
from apps.audit.models import AuditChain, AuditCheckpoint, AuditEvent
from apps.audit.origin import OriginMiddleware
from apps.audit.services import event, record, record_many
from apps.audit.signing import public_key, trusted_keys
from apps.audit.verifying import verify_chain
from apps.core import triggers
from tests import cast

COLUMNS = reading.COLUMNS
LATER = cast.NOW + timedelta(hours=1)


def settle():
    """PostgreSQL gives events their place at commit; here at once."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def write(shop, count=12, by=None):
    for number in range(count):
        before = {"owner": "", "n": number}
        after = {"owner": f"林 {number}", "list": [1, None, True, "a b"], "nested": {"z": 1, "a": "é\n"}}
        record(
            merchant_id=shop and shop.pk, action="test.done", subject=by, by=by, now=cast.NOW + timedelta(seconds=number),
            reason=f"because {number}", before=before, after=after,
        )  # fmt: skip
    settle()


def check(chain_id):
    return verify_chain(reading.chain_facts(chain_id), trusted_keys())


@contextmanager
def without_triggers():
    """As somebody with the database's own password would."""
    triggers.remove()
    try:
        yield connection.cursor()
    finally:
        triggers.install()


@pytest.fixture
def shop(db):
    return cast.make_merchant()


@pytest.fixture
def lin(shop):
    return cast.owner(shop, name="林")


@pytest.mark.postgres
@pytest.mark.django_db
def test_events_are_chained_by_merchant(shop, lin):
    other = cast.make_merchant("other")
    record(merchant_id=shop.pk, action="a", subject=shop, by=lin, now=cast.NOW, after={"part": 1.5, "at": cast.NOW, 7: (1, 2)})
    record(merchant_id=other.pk, action="b", subject=other, by=None, now=cast.NOW)
    record(merchant_id=None, action="c", subject=lin, by=lin, now=cast.NOW)
    many = [event(merchant_id=shop.pk, action=f"d{n}", subject=shop, by=lin, now=cast.NOW) for n in range(3)]
    record_many(many)
    settle()

    rows = AuditEvent.objects.order_by("merchant_id", "seq").values_list("merchant_id", "seq", "action")
    assert sorted(rows, key=str) == sorted(
        [(None, 1, "c"), (shop.pk, 1, "a"), (shop.pk, 2, "d0"), (shop.pk, 3, "d1"), (shop.pk, 4, "d2"), (other.pk, 1, "b")], key=str
    )
    first = AuditEvent.objects.get(action="a")
    assert (first.prev_hash, first.after) == (ZERO, {"part": "1.5", "at": "2026-11-20T07:46:00.000000Z", "7": [1, 2]})
    assert reading.chain_ids() == [0, shop.pk, other.pk]
    assert [(check(one).events, check(one).breaks) for one in (0, shop.pk, other.pk)] == [(1, []), (4, []), (1, [])]


@pytest.mark.postgres
def test_recording_is_one_statement_and_many_are_one(shop, lin, django_assert_num_queries):
    with django_assert_num_queries(1):
        record(merchant_id=shop.pk, action="a", subject=shop, by=lin, now=cast.NOW)
    with django_assert_num_queries(1):
        record_many([event(merchant_id=shop.pk, action="b", subject=shop, by=lin, now=cast.NOW) for _one in range(40)])


@pytest.mark.postgres
def test_nothing_is_changed_or_deleted(shop, lin):
    write(shop, 2, lin)
    make_checkpoints(now=cast.NOW)
    before = list(AuditEvent.objects.order_by("pk").values())
    for name in COLUMNS:
        others = {"id": 9999, "seq": 77, "merchant_id": 5, "before": {"x": 1}, "after": {"x": 1}, "happened_at": LATER}
        value = others.get(name, "x" * 64)
        value = value[:40] if isinstance(value, str) and not name.endswith("hash") else value
        with pytest.raises(IntegrityError, match="audit_append_only"), transaction.atomic():
            AuditEvent.objects.filter(seq=2).update(**{name: value})
    for rows in (AuditEvent.objects.filter(seq=1), AuditCheckpoint.objects.all()):
        with pytest.raises(IntegrityError, match="audit_append_only"), transaction.atomic():
            rows._raw_delete(rows.db)
    with pytest.raises(IntegrityError, match="audit_append_only"), transaction.atomic():
        AuditCheckpoint.objects.update(seq=1)
    with pytest.raises(IntegrityError, match="audit_content_hashed"), transaction.atomic():
        AuditEvent.objects.create(merchant_id=shop.pk, happened_at=cast.NOW, actor_label="x", action="x", subject_type="x", subject_id="1")

    assert list(AuditEvent.objects.order_by("pk").values()) == before


def change_one_byte(cursor, dice, pk, column):
    """Changes one byte of a cell, in whatever way the database takes; the new text, or None where it takes none."""
    cursor.execute(f'SELECT CAST("{column}" AS TEXT) FROM audit_auditevent WHERE id = %s', [pk])
    was = cursor.fetchone()[0]
    for _turn in range(60):
        text = was or ""
        at = dice.randrange(len(text) + 1)
        letter = dice.choice('0123456789abcdefXYZ \t{}",:T.-+é')
        new = text[:at] + letter + text[at + 1 :] if at < len(text) else text + letter
        if new == was or (connection.vendor == "postgresql" and column in ("before", "after") and same_json(new, was)):
            continue
        if connection.vendor == "postgresql" and column == "happened_at" and not same_length(new, was):
            continue
        kind = {"before": "jsonb", "after": "jsonb", "happened_at": "timestamptz", "id": "bigint", "seq": "bigint", "merchant_id": "bigint"}
        value = f"CAST(%s AS {kind.get(column, 'text')})" if connection.vendor == "postgresql" else "%s"
        try:
            with transaction.atomic():
                cursor.execute(f'UPDATE audit_auditevent SET "{column}" = {value} WHERE id = %s', [new, pk])
        except (DatabaseError, ValueError):
            continue
        if is_stored_anew(cursor, column, pk, new, was):
            return new
    return None


def is_stored_anew(cursor, column, pk, new, was):
    where = new.strip() if column == "id" else pk
    cursor.execute(f'SELECT CAST("{column}" AS TEXT) FROM audit_auditevent WHERE id = %s', [where])
    found = cursor.fetchone()
    return found is not None and found[0] != was


def same_json(one, other):
    try:
        return json.loads(one) == json.loads(other)
    except ValueError:
        return False


def same_length(one, other):
    return len(one) == len(other)


@pytest.mark.postgres
@pytest.mark.parametrize("column", COLUMNS)
def test_one_changed_byte_in_any_column_is_found_and_located(shop, lin, column):
    dice = random.Random(f"audit {column}")
    write(shop, 9, lin)
    keys = list(AuditEvent.objects.order_by("seq").values_list("pk", flat=True))
    for _turn in range(4):
        seq = dice.randrange(1, 10)
        point = transaction.savepoint()
        with without_triggers() as cursor:
            assert check(shop.pk).holds
            new = change_one_byte(cursor, dice, keys[seq - 1], column)
            report = check(shop.pk)
            transaction.savepoint_rollback(point)
        assert new is not None
        assert not report.holds, (column, new)
        first = report.breaks[0]
        if column == "seq":  # the place it left is missing, or the one it took is taken
            assert str(first.seq) in (str(seq), new.strip()) or first.event_id == keys[seq - 1]
        elif column == "merchant_id":
            assert (first.seq, first.event_id) == (seq, None)
        else:
            assert (first.seq, str(first.event_id)) == (seq, new.strip() if column == "id" else str(keys[seq - 1])), (new, report.breaks)


@pytest.mark.postgres
def test_removed_swapped_and_added_rows_are_found(shop, lin):
    write(shop, 6, lin)
    ids = list(AuditEvent.objects.order_by("seq").values_list("pk", flat=True))
    table = "audit_auditevent"
    same = "happened_at, actor_id, actor_label, action, subject_type, subject_id, subject_label, reason, before, after, ip, user_agent"
    cases = {
        "in the middle": (f"DELETE FROM {table} WHERE id = {ids[2]}", (3, None)),
        "the first": (f"DELETE FROM {table} WHERE id = {ids[0]}", (1, None)),
        "the last": (f"DELETE FROM {table} WHERE id = {ids[5]}", (6, None)),
        "all": (f"DELETE FROM {table}", (1, None)),
        "swapped": (f"UPDATE {table} SET seq = CASE seq WHEN 2 THEN 400 WHEN 4 THEN 200 ELSE seq END", (2, None)),
        "swapped ids": (f"UPDATE {table} SET id = 100000 - id WHERE id IN ({ids[1]}, {ids[3]})", (2, 100000 - ids[1])),
        "added at the end": (
            f"INSERT INTO {table} (merchant_id, {same}, content_hash, seq, prev_hash, hash) "
            f"SELECT merchant_id, {same}, content_hash, 7, hash, hash FROM {table} WHERE id = {ids[5]}",
            (7, "new"),
        ),
        "added without a place": (
            f"INSERT INTO {table} (merchant_id, {same}, content_hash, seq) "
            f"SELECT merchant_id, {same}, content_hash, NULL FROM {table} WHERE id = {ids[5]}",
            (None, "new"),
        ),
    }
    for name, (sql, where) in cases.items():
        point = transaction.savepoint()
        with without_triggers() as cursor:
            cursor.execute(sql)
            first = check(shop.pk).breaks[0]
            transaction.savepoint_rollback(point)
        found = (first.seq, "new" if first.event_id and first.event_id not in (*ids, 100000 - ids[1]) else first.event_id)
        assert found == where, name
    assert check(shop.pk).holds


@pytest.mark.postgres
def test_a_chain_made_anew_is_caught_by_its_checkpoint(shop, lin):
    write(shop, 4, lin)
    assert make_checkpoints(now=cast.NOW) == 1
    assert make_checkpoints(now=cast.NOW + timedelta(hours=2)) == 0
    assert make_checkpoints(now=cast.NOW + timedelta(days=1)) == 0  # nothing new
    assert check(shop.pk).holds
    facts = reading.chain_facts(shop.pk)
    assert facts.checkpoints[0]["public_key"] == public_key()

    rows = [dict(row) for row in facts.rows]
    end = facts.end
    with without_triggers() as cursor:
        cursor.execute("DELETE FROM audit_auditevent")
        cursor.execute("DELETE FROM audit_auditchain")
    for row in rows:
        row["reason"] = "forged"
        record(merchant_id=shop.pk, action=row["action"], subject=lin, by=lin, now=cast.NOW, reason="forged")
    settle()

    report = check(shop.pk)
    assert AuditChain.objects.get().seq == end[0]
    assert [(one.seq, one.why) for one in report.breaks] == [(4, "a signed checkpoint says that another event stood here")]

    with without_triggers() as cursor:
        cursor.execute("UPDATE audit_auditcheckpoint SET hash = (SELECT hash FROM audit_auditchain)")
    assert "signature" in check(shop.pk).breaks[0].why
    assert verify_chain(reading.chain_facts(shop.pk), frozenset()).breaks != []


@pytest.mark.postgres
def test_an_export_verifies_offline_and_any_changed_letter_is_found(shop, lin, tmp_path):
    write(shop, 6, lin)
    write(None, 2, lin)
    make_checkpoints(now=cast.NOW)
    lines = list(chain_lines(reading.chain_ids(), now=cast.NOW))
    reports = [verify_chain(facts, trusted_keys()) for facts in read_chains(lines)]
    assert [(one.chain_id, one.events, one.checkpoints, one.breaks) for one in reports] == [(0, 2, 1, []), (shop.pk, 6, 1, [])]

    path = tmp_path / "audit.jsonl"
    out, err = io.StringIO(), io.StringIO()
    call_command("verify_audit", write=str(path), stdout=out)
    call_command("verify_audit", export=str(path), stdout=out, stderr=err)
    call_command("verify_audit", merchant="qingtian", stdout=out, stderr=err)
    assert "2 chains in" in out.getvalue()
    assert err.getvalue() == ""

    text = path.read_text()
    path.write_text(text.replace("because 3", "because 8", 1))
    with pytest.raises(SystemExit) as stopped:
        call_command("verify_audit", export=str(path), stdout=out, stderr=err)
    assert stopped.value.code == 1
    assert f"chain {shop.pk}, event 4 (id " in err.getvalue()
    with pytest.raises(SystemExit):
        call_command("verify_audit", public_key=["A" * 43 + "="], stdout=out, stderr=err)
    path.write_text("{}")
    with pytest.raises(CommandError):
        call_command("verify_audit", export=str(path))
    with pytest.raises(CommandError):
        call_command("verify_audit", merchant="nobody")


def test_events_of_a_request_say_from_where(shop, lin):
    def view(request):
        return record(merchant_id=shop.pk, action="a", subject=shop, by=lin, now=cast.NOW)

    request = RequestFactory().get("/", headers={"user-agent": "Test " + "x" * 300}, REMOTE_ADDR="203.0.113.7")
    inside = OriginMiddleware(view)(request)
    outside = view(None)

    assert (inside.ip, inside.user_agent) == ("203.0.113.7", "Test " + "x" * 195)
    assert (outside.ip, outside.user_agent) == ("", "")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_many_writers_make_one_chain_and_never_wait_for_each_other_for_good():
    first, second = cast.make_merchant("first"), cast.make_merchant("second")
    barrier, failures = Barrier(6), []

    def work(number):
        shops = (first, second) if number % 2 else (second, first)
        try:
            barrier.wait()
            for turn in range(8):
                with transaction.atomic():
                    for shop in shops:  # recorded before other rows are locked, in both orders
                        record(merchant_id=shop.pk, action=f"w{number}.{turn}", subject=shop, by=None, now=cast.NOW)
                    for shop in sorted(shops, key=lambda one: one.pk):
                        type(shop).objects.select_for_update().get(pk=shop.pk)
                    cast.make_bank_account(shops[0], f"b{number}-{turn}")
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [Thread(target=work, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    reports = [check(shop.pk) for shop in (first, second)]
    assert [(one.events, one.breaks) for one in reports] == [(48, []), (48, [])]
