"""Acting at the desk: who may, what changes, what is refused, what can be undone."""

import pytest

from apps.audit.models import AuditEvent
from apps.core.models import Job
from apps.core.money import plain
from apps.settlements.models import Discrepancy, Match
from apps.settlements.selectors.discrepancies import stake_of
from tests import cast
from tests.settlements.desk import kinds

URL = "/m/qingtian/discrepancies/"
pytestmark = pytest.mark.postgres
BACKEND = "django.contrib.auth.backends.ModelBackend"
CLOSE = {"resolution": "explained", "reason": "agreed by mail"}


@pytest.fixture
def item(ecpay):
    return kinds.make(ecpay, "fee_mismatch")


def states(*items) -> list[str]:
    return [Discrepancy.objects.get(pk=one.pk).state for one in items]


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("{pk}/resolve/", CLOSE),
        ("{pk}/comment/", {"text": "hello"}),
        ("{pk}/match/", {"candidate": "payment:1", "reason": "x"}),
        ("{pk}/unmatch/", {"reason": "x"}),
        ("resolve/", CLOSE),
        ("assign/", {"owner": ""}),
        ("reconcile/", {}),
        ("undo/?undo=closed&ids={pk}", {}),
    ],
)
def test_a_viewer_sees_but_changes_nothing_and_an_outsider_finds_nothing(client, shop, item, path, data):
    address = URL + path.format(pk=item.pk)
    client.force_login(cast.viewer(shop), backend=BACKEND)
    seen = client.get(f"{URL}{item.pk}/")
    refused = client.post(address, {"ids": item.pk, **data})
    client.force_login(cast.outsider(), backend=BACKEND)
    hidden = client.post(address, {"ids": item.pk, **data})

    assert (seen.status_code, refused.status_code, hidden.status_code) == (200, 403, 404)
    assert "act-resolve" not in seen.content.decode()
    assert states(item) == ["open"]
    assert (AuditEvent.objects.count(), Job.objects.count(), item.comments.count()) == (0, 0, 0)


def test_another_merchants_rows_are_not_touched(desk, item):
    theirs = kinds.make(cast.make_channel(cast.make_merchant("other")), "amount_mismatch")

    alone = desk.post(f"{URL}{theirs.pk}/resolve/", CLOSE)
    desk.post(f"{URL}resolve/", {"ids": [item.pk, theirs.pk], **CLOSE})
    desk.post(f"{URL}assign/", {"ids": [theirs.pk], "owner": ""})

    assert alone.status_code == 404
    assert states(item, theirs) == ["resolved", "open"]


def test_resolving_opens_the_next_row_and_can_be_undone(desk, lin, ecpay, item):
    following = kinds.make(ecpay, "amount_mismatch")

    done = desk.post(f"{URL}{item.pk}/resolve/?sort=age", CLOSE)
    closed = Discrepancy.objects.get(pk=item.pk)
    page = desk.get(done.url)
    undo = page.context["toast"]["undo"]
    back = desk.post(undo)

    assert done.url == f"{URL}{following.pk}/?sort=age"
    assert (closed.state, closed.resolution, closed.reason, closed.closed_by) == ("resolved", "explained", "agreed by mail", lin)
    assert "Closed: explained, nothing to book" in page.content.decode()
    assert "autofocus" in page.content.decode()
    assert back.url == f"{URL}{item.pk}/?sort=age"
    assert states(item) == ["open"]
    actions = AuditEvent.objects.order_by("pk").values_list("action", "actor_label", "reason")
    assert list(actions) == [("discrepancy.resolved", "林怡君", "agreed by mail"), ("discrepancy.reopened", "林怡君", "")]


def test_a_second_click_says_it_is_closed_and_changes_nothing(desk, item):
    desk.post(f"{URL}{item.pk}/resolve/", CLOSE)
    again = desk.post(f"{URL}{item.pk}/resolve/", {"resolution": "claimed", "reason": "other"})

    assert again.status_code == 422
    assert "This difference is closed already." in again.content.decode()
    assert Discrepancy.objects.get(pk=item.pk).reason == "agreed by mail"
    assert AuditEvent.objects.count() == 1


@pytest.mark.parametrize("data", [{"resolution": "explained", "reason": "  "}, {"resolution": "matched", "reason": "x"}, {"reason": "x"}])
def test_a_resolution_without_reason_or_of_another_kind_is_refused_in_place(desk, item, data):
    refused = desk.post(f"{URL}{item.pk}/resolve/", data)

    assert refused.status_code == 422
    assert 'id="act-resolve" open' in refused.content.decode()
    assert states(item) == ["open"]


def test_a_write_off_is_recorded_as_one(desk, item):
    desk.post(f"{URL}{item.pk}/resolve/", {"resolution": "written_off", "reason": "too small"})

    assert states(item) == ["written_off"]


def test_bulk_resolve_is_all_or_nothing(desk, ecpay, item):
    other = kinds.make(ecpay, "amount_mismatch")
    desk.post(f"{URL}{other.pk}/resolve/", CLOSE)

    refused = desk.post(f"{URL}resolve/", {"ids": [item.pk, other.pk], **CLOSE})
    none = desk.post(f"{URL}resolve/", CLOSE)
    done = desk.post(f"{URL}resolve/", {"ids": [item.pk], **CLOSE})

    assert (refused.status_code, none.status_code, done.status_code) == (422, 422, 302)
    assert "Choose at least one row." in none.content.decode()
    assert states(item, other) == ["resolved", "resolved"]
    assert AuditEvent.objects.count() == 2


def test_several_write_offs_ask_for_their_sum(desk, ecpay, item):
    other = kinds.make(ecpay, "amount_mismatch")
    total = plain(stake_of(item) + stake_of(other), item.currency)
    chosen = {"ids": [item.pk, other.pk], "resolution": "written_off", "reason": "too small"}
    page = desk.get(URL).content.decode()
    assert f'data-minor="{stake_of(other)}"' in page
    assert "data-write-off-total" in page

    refused = desk.post(f"{URL}resolve/", {**chosen, "total": "1"})
    assert refused.status_code == 422
    assert "Type that sum to write them off" in refused.content.decode()
    assert states(item, other) == ["open", "open"]
    desk.post(f"{URL}resolve/", {**chosen, "total": total})

    assert states(item, other) == ["written_off", "written_off"]


def test_bulk_assign_and_its_undo(desk, lin, shop, ecpay, item):
    other, wang = kinds.make(ecpay, "amount_mismatch"), cast.owner(shop, name="王")

    done = desk.post(f"{URL}assign/", {"ids": f"{item.pk},{other.pk}", "owner": wang.pk})
    owners = list(Discrepancy.objects.order_by("pk").values_list("owner__name", "state"))
    desk.post(desk.get(done.url).context["toast"]["undo"])

    assert owners == [("王", "investigating")] * 2
    assert list(Discrepancy.objects.values_list("owner", "state")) == [(None, "open")] * 2


def test_an_owner_must_be_a_member(desk, item):
    refused = desk.post(f"{URL}assign/", {"ids": item.pk, "owner": cast.outsider().pk})

    assert refused.status_code == 422
    assert Discrepancy.objects.get(pk=item.pk).owner is None


def test_a_comment_stays(desk, lin, item):
    desk.post(f"{URL}{item.pk}/comment/", {"text": "asked them"})
    empty = desk.post(f"{URL}{item.pk}/comment/", {"text": " "})

    assert [(one.text, one.written_by) for one in item.comments.all()] == [("asked them", lin)]
    assert empty.status_code == 422
    assert "asked them" in desk.get(f"{URL}{item.pk}/").content.decode()


def test_matching_by_hand_closes_rings_and_can_be_undone(desk, ecpay):
    stray, payment = kinds.make(ecpay, "missing_in_books"), cast.make_payment(ecpay, "A77", 129000)

    done = desk.post(f"{URL}{stray.pk}/match/", {"candidate": f"payment:{payment.pk}", "reason": "same customer"})
    pair = Match.objects.get()
    closed = Discrepancy.objects.get(pk=stray.pk)
    desk.post(desk.get(done.url).context["toast"]["undo"])

    assert (pair.line_id, pair.payment_id, pair.rule) == (stray.line_id, payment.pk, "manual")
    assert (closed.state, closed.resolution) == ("resolved", "matched")
    assert list(Job.objects.values_list("dedupe_key", "payload")) == [(f"reconcile:{ecpay.pk}", {"channel_id": ecpay.pk})]
    assert states(stray) == ["open"]
    assert Match.objects.get().voided_at is not None


@pytest.mark.parametrize("candidate", ["payment:999999", "user:1", ""])
def test_only_an_offered_candidate_can_be_chosen(desk, ecpay, candidate):
    stray = kinds.make(ecpay, "missing_in_books")

    refused = desk.post(f"{URL}{stray.pk}/match/", {"candidate": candidate, "reason": "x"})

    assert refused.status_code == 422
    assert (Match.objects.count(), Job.objects.count(), states(stray)) == (0, 0, ["open"])


def test_a_payout_is_tied_to_its_deposit(desk, ecpay):
    item = kinds.make(ecpay, "payout_missing_in_bank")
    line = cast.make_bank_line(cast.make_bank_statement(ecpay.bank_account), 8642700)

    desk.post(f"{URL}{item.pk}/match/", {"candidate": f"bank_line:{line.pk}", "reason": "same amount"})

    item.payout.refresh_from_db()
    assert (item.payout.arrived_on, item.payout.arrived_minor) == (line.booked_on, 8642700)
    assert states(item) == ["resolved"]


def test_undoing_a_pair_needs_a_reason_and_happens_once(desk, item):
    empty = desk.post(f"{URL}{item.pk}/unmatch/", {"what": "match", "reason": ""})
    desk.post(f"{URL}{item.pk}/unmatch/", {"what": "match", "reason": "wrong order"})
    again = desk.post(f"{URL}{item.pk}/unmatch/", {"what": "match", "reason": "wrong order"})

    assert (empty.status_code, again.status_code) == (422, 422)
    assert "This pair was undone already." in again.content.decode()
    assert Match.objects.filter(voided_at__isnull=False).count() == 1


@pytest.mark.parametrize("query", ["", "undo=closed", "undo=closed&ids=x", "undo=nonsense&ids=1", "undo=closed&ids={pk}"])
def test_an_undo_that_means_nothing_changes_nothing(desk, item, query):
    refused = desk.post(f"{URL}undo/?{query.format(pk=item.pk)}")

    assert refused.status_code == 422
    assert states(item) == ["open"]
