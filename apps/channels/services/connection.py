"""The button "test connection": asks the provider something harmless, and says in plain words what the answer means."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.audit.services import record
from apps.channels.fetching import ConnectionAnswer, Verdict
from apps.channels.gateways import Operation
from apps.channels.models import Channel, ConnectionTest, ProviderCall
from apps.channels.return_codes import was_reached
from apps.channels.services.circuit import note_answer
from apps.channels.services.gateway import gateway_for, gateway_kind
from apps.core import clock
from apps.core.errors import HezhangError
from apps.merchants.models import User

TESTED = "channel.connection_tested"
ADVICE: dict[Verdict, Promise] = {
    Verdict.WORKS: _("The provider answers and knows these credentials."),
    Verdict.WRONG_CREDENTIALS: _(
        "The provider answers and does not accept these credentials. Copy them again from its console, without blanks at the ends, and "
        "check that keys of the test system are not used for the live system."
    ),
    Verdict.NOT_PERMITTED: _(
        "The credentials are right, and the provider has not allowed this account to do it yet. Ask it to open the interface for you; "
        "some want our server's address on a list."
    ),
    Verdict.UNREACHABLE: _("Nobody answered. The provider may be down: try again in a few minutes; the credentials may well be right."),
    Verdict.UNCLEAR: _(
        "The provider answered with something that proves nothing. Its words are below; its support can say what they mean."
    ),
}
logger = logging.getLogger(__name__)


class NothingToTest(HezhangError):
    """The provider's gateway has no harmless question."""

    message = _("%(channel)s has no connection to test.")


@dataclass(frozen=True, slots=True)
class TestResult:
    """The row, and which credential to look at first where the answer tells."""

    test: ConnectionTest
    advice: Promise
    field_label: str


def can_be_tested(channel: Channel) -> bool:
    """Whether the button is drawn: a gateway with a harmless question, outside of practice."""
    kind = gateway_kind(channel)
    return kind is not None and not channel.merchant.is_practice and Operation.TEST_CONNECTION in kind.operations


def test_connection(*, channel: Channel, by: User, now: datetime) -> TestResult:
    """Asks once, whatever the breaker says: a person wants to know now. An answer closes the breaker.

    :raises NothingToTest: see there. :raises GatewayMissing: the credentials are not complete.
    """
    if not can_be_tested(channel):
        raise NothingToTest(channel=channel.label)
    gateway = gateway_for(channel)
    call = ProviderCall.objects.create(
        merchant_id=channel.merchant_id, channel=channel, operation=Operation.TEST_CONNECTION, key=channel.public_id, started_at=now
    )
    try:
        answer = gateway.test_connection()
    except Exception as error:
        logger.exception("Unable to test the connection of channel=%s", channel.pk)
        answer = ConnectionAnswer(Verdict.UNCLEAR, code="broken", message=type(error).__name__)
    return _keep(channel, call, answer, by)


@transaction.atomic
def _keep(channel: Channel, call: ProviderCall, answer: ConnectionAnswer, by: User) -> TestResult:
    now = clock.now()
    call.ended_at, call.outcome, call.code, call.message = now, str(answer.verdict)[:12], answer.code[:60], answer.message[:300]
    call.ms = max(0, round((now - call.started_at).total_seconds() * 1000))
    call.raw = answer.raw
    call.save(update_fields=["ended_at", "outcome", "code", "message", "ms", "raw"])
    reached = answer.verdict != Verdict.UNREACHABLE and was_reached(answer.code)
    note_answer(channel=channel, reached=reached, code=answer.code, now=now)
    values = {"verdict": answer.verdict, "field_name": answer.field_name[:40], "code": answer.code[:60], "message": answer.message[:300]}
    test, _created = ConnectionTest.objects.update_or_create(
        channel=channel, defaults={**values, "merchant_id": channel.merchant_id, "tested_at": now, "tested_by": by}
    )
    record(
        merchant_id=channel.merchant_id, action=TESTED, subject=channel, by=by, now=now, before={}, after={"verdict": str(answer.verdict)}
    )
    return result_of(test, channel)


def result_of(test: ConnectionTest, channel: Channel) -> TestResult:
    """A kept test in words."""
    kind = gateway_kind(channel)
    labels = {field.name: str(field.label) for field in kind.credentials} if kind else {}
    return TestResult(test, ADVICE[Verdict(test.verdict)], labels.get(test.field_name, ""))


def latest_test(channel: Channel) -> TestResult | None:
    """The newest test, unless the credentials were entered anew since: `enter_credentials` forgets it."""
    test = ConnectionTest.objects.filter(channel=channel).select_related("tested_by").first()
    return result_of(test, channel) if test else None
