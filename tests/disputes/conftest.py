import io
from datetime import timedelta

import pytest
from PIL import Image

from apps.core import clock
from apps.disputes.services.opening import open_dispute
from tests import cast


@pytest.fixture
def shop(db, monkeypatch):
    """The merchant, at cast.NOW."""
    monkeypatch.setattr(clock, "now", lambda: cast.NOW)
    return cast.make_merchant()


@pytest.fixture
def channel(shop):
    return cast.make_channel(shop)


@pytest.fixture
def lin(shop):
    return cast.accountant(shop, name="林怡君", language="en")


@pytest.fixture
def payment(channel):
    return cast.make_payment(channel, "A10293", 128000, customer_ref="chen@example.com", payer_country="TW", payer_ip="203.0.113.7")


@pytest.fixture
def opened(shop, channel, payment, lin):
    """`opened()` puts one dispute of the payment on record; keywords change it."""

    def make(**changes):
        fields = {
            "merchant": shop, "channel": channel, "payment": payment, "amount_minor": 128000, "currency": "TWD", "opened_at": cast.NOW,
            "origin": "hand", "by": lin, "now": cast.NOW, "reason_code": "10.4", "provider_dispute_ref": "du_1",
            "evidence_due_at": cast.NOW + timedelta(days=10),
        }  # fmt: skip
        return open_dispute(**{**fields, **changes})

    return make


def picture(kind: str = "PNG", size=(60, 40), color="teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, kind)
    return out.getvalue()


def pdf(pages: int = 1) -> bytes:
    import pypdf  # noqa: PLC0415

    writer = pypdf.PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(595, 842)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
