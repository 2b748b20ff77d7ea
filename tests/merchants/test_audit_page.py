"""The page of the audit trail: search, exports of exactly what is shown, and the proof."""

import json
from datetime import timedelta

import pytest

from apps.audit.exporting import read_chains
from apps.audit.services import record
from apps.audit.signing import public_key, trusted_keys
from apps.audit.verifying import verify_chain
from apps.core import triggers
from apps.core.jobs.runner import run
from apps.core.models import Job
from tests import cast

PAGE = "/m/qingtian/settings/audit/"


@pytest.fixture
def shop(db):
    return cast.make_merchant()


@pytest.fixture
def reader(client, shop):
    user = cast.approver(shop, name="Bo", language="en")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def events(shop):
    lin, bo = cast.owner(shop, name="Lin"), cast.viewer(shop, name="Amy")
    other = cast.make_merchant("other", name="Other")
    made = [
        record(merchant_id=shop.pk, action="refund.approved", subject=shop, by=lin, now=cast.NOW, reason="because of rain"),
        record(merchant_id=shop.pk, action="member.added", subject=bo, by=bo, now=cast.NOW + timedelta(days=1), after={"role": "umbrella"}),
    ]
    record(merchant_id=other.pk, action="refund.approved", subject=other, by=lin, now=cast.NOW, reason="elsewhere")
    return made


def shown(client, query):
    rows = client.get(f"{PAGE}?{query}&export=jsonl").getvalue().decode().splitlines()
    return [json.loads(row)["action"] for row in rows]


def test_search_finds_by_who_what_text_and_day(reader, events):
    assert shown(reader, "") == ["refund.approved", "member.added"]
    assert shown(reader, "who=lin") == ["refund.approved"]
    assert shown(reader, "action=member.added") == ["member.added"]
    assert shown(reader, "q=RAIN") == ["refund.approved"]
    assert shown(reader, "q=umbrella") == ["member.added"]
    assert shown(reader, "q=elsewhere") == []
    assert shown(reader, "last=2026-11-20") == ["refund.approved"]
    assert shown(reader, "first=2026-11-21") == ["member.added"]
    page = reader.get(f"{PAGE}?who=lin").content.decode()
    assert ("because of rain" in page, public_key() in page) == (True, True)
    csv = b"".join(reader.get(f"{PAGE}?who=lin&export=csv")).decode()
    assert ("because of rain" in csv, "member.added" in csv) == (True, False)


def test_one_event_is_shown_with_what_changed(reader, events):
    page = reader.get(f"{PAGE}{events[1].pk}/").content.decode()

    assert ("umbrella" in page, "Amy" in page) == (True, True)


def test_the_whole_chain_verifies_elsewhere(reader, events, shop):
    lines = b"".join(reader.get(f"{PAGE}chain/")).decode().splitlines()

    reports = [verify_chain(facts, trusted_keys()) for facts in read_chains(lines)]
    assert [(one.chain_id, one.events, one.breaks) for one in reports] == [(shop.pk, 2, [])]


def test_verifying_says_what_holds_and_what_does_not(reader, events, shop):
    reader.post(f"{PAGE}verify/")
    run(job_id=Job.objects.get().pk)
    assert "2 events hold." in reader.get(PAGE).content.decode()

    triggers.remove()
    type(events[0]).objects.filter(pk=events[0].pk).update(reason="because of sun")
    triggers.install()
    reader.post(f"{PAGE}verify/")
    run(job_id=Job.objects.order_by("-pk").first().pk)
    page = reader.get(PAGE).content.decode()
    assert f"chain {shop.pk}, event 1 (id {events[0].pk}): its content is not what was recorded" in page


def test_the_list_costs_the_same_however_long(reader, shop, django_assert_max_num_queries):
    lin = cast.owner(shop)
    for number in range(60):
        record(merchant_id=shop.pk, action=f"a{number}", subject=shop, by=lin, now=cast.NOW)
    reader.get(PAGE)

    with django_assert_max_num_queries(15):
        reader.get(PAGE)
