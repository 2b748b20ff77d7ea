"""Where an approved refund is on its way, as a line of steps. What nobody knows is said to be unknown, never tried again by hand."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from apps.core.ui import Chip
from apps.orders.enums import RefundRoute, RefundState
from apps.orders.models import PaymentEvent, Refund

MARKS = {"done": "circle-check", "now": "loader", "later": "circle-dashed", "fault": "alert-circle", "doubt": "hourglass"}
ASK_AGAIN_AFTER = (2, 2, 3, 5, 8, 13, 20, 30)  # seconds between two looks at a page that waits
UNKNOWN_AFTER = 30


@dataclass(frozen=True, slots=True)
class Stage:
    """One step: `state` is done, now, later, fault or doubt."""

    label: str
    state: str

    @property
    def icon(self) -> str:
        return MARKS[self.state]


@dataclass(frozen=True, slots=True)
class Progress:
    """`is_moving`: the answer may come at any moment, so a page that shows it asks again by itself."""

    stages: list[Stage]
    sentence: str = ""
    tone: str = ""
    is_moving: bool = False


def progress_of(refund: Refund, *, is_callable: bool = True, rests_until: datetime | None = None) -> Progress | None:
    """The line of a refund that was approved; None for one that was not. `is_callable`: its channel has what a call needs.

    `rests_until`: when its provider may be called again, where it may not be now.
    """
    if refund.state in (RefundState.REQUESTED, RefundState.REJECTED, RefundState.WITHDRAWN):
        return None
    return _by_bank(refund) if refund.request.route == RefundRoute.BANK_TRANSFER else _by_provider(refund, is_callable, rests_until)


def _by_provider(refund: Refund, is_callable: bool, rests_until: datetime | None) -> Progress:
    sent, there, end = _("sent out"), _("at the provider"), _("done")
    match refund.state:
        case RefundState.APPROVED if not is_callable:
            sentence = _("Approved, and not sent: %(channel)s cannot be called yet. It goes out once its credentials are entered.")
            stages = [Stage(sent, "doubt"), Stage(there, "later"), Stage(end, "later")]
            return Progress(stages, sentence % {"channel": refund.channel.label}, "amber")
        case RefundState.APPROVED if rests_until:
            sentence = _(
                "Approved. %(channel)s closes its books now and takes no refunds until %(time)s; it goes out by itself afterwards."
            )
            stages = [Stage(sent, "doubt"), Stage(there, "later"), Stage(end, "later")]
            told = {"channel": refund.channel.label, "time": f"{localtime(rests_until):%H:%M}"}
            return Progress(stages, sentence % told, "amber", is_moving=True)
        case RefundState.APPROVED:
            stages = [Stage(sent, "now"), Stage(there, "later"), Stage(end, "later")]
            return Progress(stages, _("Approved; it is being sent."), is_moving=True)
        case RefundState.SUBMITTING:
            return Progress([Stage(sent, "done"), Stage(there, "now"), Stage(end, "later")], is_moving=True)
        case RefundState.UNKNOWN:
            stages = [Stage(sent, "done"), Stage(there, "doubt"), Stage(end, "later")]
            return Progress(stages, unknown_sentence(), "amber", is_moving=True)
        case RefundState.FAILED:
            return Progress([Stage(sent, "done"), Stage(_("refused by the provider"), "fault")], tone="red")
    return Progress([Stage(sent, "done"), Stage(there, "done"), Stage(end, "done")])


def _by_bank(refund: Refund) -> Progress:
    account, handed, paid = _("account of the buyer"), _("handed to the bank"), _("paid")
    match refund.state:
        case RefundState.APPROVED if not _is_account_known(refund):
            sentence = _("The buyer has still to say to which account the money should go.")
            return Progress([Stage(account, "now"), Stage(handed, "later"), Stage(paid, "later")], sentence)
        case RefundState.APPROVED:
            sentence = _("The account is known; the refund can go into the next file for the bank.")
            return Progress([Stage(account, "done"), Stage(handed, "later"), Stage(paid, "later")], sentence)
        case RefundState.FAILED:
            return Progress([Stage(account, "done"), Stage(handed, "done"), Stage(_("returned by the bank"), "fault")], tone="red")
        case RefundState.SUCCEEDED:
            return Progress([Stage(account, "done"), Stage(handed, "done"), Stage(paid, "done")])
    return Progress([Stage(account, "done"), Stage(handed, "now"), Stage(paid, "later")])


def _is_account_known(refund: Refund) -> bool:
    payee = getattr(refund, "payee", None)
    return payee is not None and payee.filled_at is not None


def unknown_sentence() -> str:
    """The fixed words for a refund of which nobody knows whether the provider acted."""
    return _("The result is being confirmed; the system asks by itself. Do not send it again.")


def state_chip(refund: Refund) -> Chip | None:
    """How a request that is over ended; None while it waits or moves."""
    label = refund.get_state_display()
    match refund.state:
        case RefundState.SUCCEEDED:
            return Chip(label, "neutral", "circle-check")
        case RefundState.FAILED:
            return Chip(label, "red")
        case RefundState.REJECTED:
            return Chip(label, "neutral", "x")
        case RefundState.WITHDRAWN:
            return Chip(label, "neutral", "arrow-back-up")
        case RefundState.UNKNOWN:
            return Chip(label, "amber", "hourglass")
    return None


def failure_of(refund: Refund) -> str:
    """What the provider or the bank said when it refused; one query, and none while nothing failed."""
    if refund.state != RefundState.FAILED:
        return ""
    events = PaymentEvent.objects.for_merchant(refund.merchant_id).filter(payment_id=refund.payment_id, kind="refund.failed")
    said = next((event.detail for event in events.order_by("-pk") if event.detail.get("refund_no") == refund.refund_no), {})
    return " · ".join(str(said[name]) for name in ("message", "code") if said.get(name))


def next_query_at(refund: Refund) -> datetime | None:
    """When the system asks the provider next; None when it does not have to."""
    execution = getattr(refund, "execution", None)
    return execution.ask_at if execution and refund.state == RefundState.UNKNOWN else None


def seconds_until_next_look(refund: Refund, looks: int) -> int:
    """How long a waiting page lets pass before it asks again, longer each time."""
    if refund.state == RefundState.UNKNOWN:
        return UNKNOWN_AFTER
    return ASK_AGAIN_AFTER[min(max(looks, 0), len(ASK_AGAIN_AFTER) - 1)]
