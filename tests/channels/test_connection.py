"""Test connection: advice in plain words, on record, forgotten when the credentials change."""

import pytest
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.channels import registry
from apps.channels.fetching import ConnectionAnswer, Verdict
from apps.channels.gateways import REFUNDING, CredentialField, GatewayKind, Operation
from apps.channels.models import Circuit, ConnectionTest, ProviderCall
from apps.channels.services.circuit import FAILURES, note_answer
from apps.channels.services.connection import NothingToTest
from apps.channels.services.connection import test_connection as ask
from apps.channels.services.gateway import enter_credentials
from apps.core import clock
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


class Door:
    """A provider's gateway that answers as its credentials say."""

    def __init__(self, account):
        self.key = account.credentials["key"]

    def test_connection(self):
        if self.key == "broken":
            raise RuntimeError("unexpected")
        verdict = {"right": Verdict.WORKS, "down": Verdict.UNREACHABLE}.get(self.key, Verdict.WRONG_CREDENTIALS)
        return ConnectionAnswer(verdict, field_name="key", code="401", message="no such key", raw={"exchanges": []})


@pytest.fixture
def channel(monkeypatch):
    kind = GatewayKind(Door, (CredentialField("key", "Key"),), operations=REFUNDING | {Operation.TEST_CONNECTION})
    known = registry.get("paypal")
    entry = type(known)(**{name: getattr(known, name) for name in known.__slots__} | {"gateway": kind})
    monkeypatch.setitem(registry.PROVIDERS, "paypal", entry)
    return cast.make_channel(cast.make_merchant(), provider="paypal")


def enter(channel, key, by):
    enter_credentials(channel=channel, values={"key": key}, is_live=False, by=by, now=clock.now())
    channel.refresh_from_db()


@pytest.mark.parametrize(
    ("key", "verdict", "advice"),
    [
        ("right", "works", "The provider answers and knows these credentials."),
        ("wrong", "wrong_credentials", "The provider answers and does not accept these credentials."),
        ("down", "unreachable", "Nobody answered."),
        ("broken", "unclear", "proves nothing"),
    ],
)
def test_each_verdict_has_its_advice_and_leaves_a_call_and_an_event(channel, key, verdict, advice):
    owner = cast.owner(channel.merchant)
    enter(channel, key, owner)

    result = ask(channel=channel, by=owner, now=clock.now())

    assert (result.test.verdict, advice in str(result.advice)) == (verdict, True)
    assert list(ProviderCall.objects.values_list("operation", flat=True)) == ["test_connection"]
    assert AuditEvent.objects.filter(action="channel.connection_tested", after={"verdict": verdict}).count() == 1


def test_an_answer_closes_the_breaker(channel):
    owner = cast.owner(channel.merchant)
    enter(channel, "wrong", owner)
    for _time in range(FAILURES):
        note_answer(channel=channel, reached=False, code="timeout", now=clock.now())

    ask(channel=channel, by=owner, now=clock.now())

    assert Circuit.objects.get().state == "closed"


def test_other_credentials_forget_the_test_and_a_practice_shop_has_none(channel):
    owner = cast.owner(channel.merchant)
    enter(channel, "wrong", owner)
    ask(channel=channel, by=owner, now=clock.now())

    enter(channel, "right", owner)

    assert ConnectionTest.objects.count() == 0
    channel.merchant.is_practice = True
    with pytest.raises(NothingToTest):
        ask(channel=channel, by=owner, now=clock.now())


def test_the_page_shows_the_advice_and_never_the_secret(channel, client):
    owner = cast.owner(channel.merchant, language="en")
    enter(channel, "wr0ng-key", owner)
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    where = [channel.merchant.slug, channel.code]

    client.post(reverse("channels:test", args=where))
    html = client.get(reverse("channels:credentials", args=where)).content.decode()
    call = client.get(reverse("channels:call", args=[*where, ProviderCall.objects.get().pk])).content.decode()

    assert ("does not accept these credentials" in html, "Look at “Key” first." in html) == (True, True)
    assert [page for page in (html, call) if "wr0ng-key" in page] == []
