"""What is told to the provider of a payment: kept beside it, so that the same can be said again."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from apps.channels.paying import Payer, PaymentCall
from apps.orders.models import Payment, PaymentExecution

NOBODY = Payer()


@dataclass(frozen=True, slots=True)
class Wish:
    """What the shop says of a payment beside its figures. `surface` is where the payer is, `return_url` where the browser goes then."""

    description: str = ""
    return_url: str = ""
    payer: Payer = NOBODY
    instalments: int = 0
    language: str = "zh-Hant"
    expires_at: datetime | None = None
    captures_at_once: bool = True
    surface: str = ""  # a `Surface`

    def as_text(self) -> str:
        """For keeping; without the deadline and the capture, which have columns of their own."""
        said = asdict(self)
        return json.dumps({name: said[name] for name in ("description", "return_url", "payer", "instalments", "language", "surface")})


def call_for(payment: Payment, execution: PaymentExecution, token: str = "") -> PaymentCall:
    """The same for one payment every time, but for what was learned since."""
    kept = json.loads(execution.call) if execution.call else {}
    payer = Payer(**kept.pop("payer", {}))
    return PaymentCall(
        key=execution.key,
        merchant_ref=payment.merchant_ref,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        method=payment.method,
        notice_url=settings.SITE_URL.rstrip("/") + reverse("notice", args=[payment.channel.public_id]),
        expires_at=execution.expires_at,
        captures_at_once=execution.captures_at_once,
        opened_at=execution.started_at,
        payer=payer,
        provider_ref=payment.provider_ref,
        token=token,
        refunded_minor=0,
        **kept,
    )
