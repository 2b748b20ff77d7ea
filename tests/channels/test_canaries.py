"""Secrets planted for every provider are found in no log, page, export, audit row or other column, however calls fail."""

import io
import json
import logging
from datetime import date
from zipfile import ZipFile

import pytest
import stamina
from django.db import connection
from django.urls import reverse

from apps.channels import registry
from apps.channels.gateways import Operation, RefundCall
from apps.channels.models import Channel, Circuit, ProviderCall
from apps.channels.paying import PaymentCall
from apps.channels.services.connection import test_connection as ask_connection
from apps.channels.services.gateway import end_call, enter_credentials, gateway_for, start_call
from apps.core import clock
from tests import cast
from tests.contract.paying import every_scene

SCENES = every_scene()
MARK = "CANARY"
NOWHERE = "http://127.0.0.1:9"
REFUND = RefundCall("rf_1", "RF1", "P1", "A1", 10_000, 20_000, 0, "TWD", "credit_card")


@pytest.fixture(autouse=True)
def _no_pauses():
    with stamina.set_testing(True, attempts=1):
        yield


def planted(code: str) -> tuple[dict[str, str], list[str]]:
    """Credentials of a provider with a mark in each secret; a key of several lines is its own mark."""
    values, marks = {}, []
    for field in registry.get(code).gateway.credentials:
        if field.is_pem:
            continue
        length = 16 if field.name.endswith("iv") else 32  # what the ciphers take
        value = f"{MARK}{field.name}0123456789abcdef0123456789"[:length]
        values[field.name] = value
        if field.is_secret:
            marks.append(value)
    return values, marks


def pem_values(code: str) -> dict[str, str]:
    """Keys and certificates as the provider's scene has them."""
    module = __import__(f"tests.contract.scenes.{code}", fromlist=["credentials"])
    real = module.credentials() if hasattr(module, "credentials") else {}
    return {field.name: real[field.name] for field in registry.get(code).gateway.credentials if field.is_pem and field.name in real}


def everything_stored() -> str:
    """Every column of every table as text, but for the one that holds credentials."""
    parts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                parts += [
                    str(value) for name, value in zip(names, row, strict=True) if (table, name) != ("channels_channel", "credentials")
                ]
    return "\n".join(parts)


@pytest.mark.parametrize("code", sorted(SCENES))
def test_a_planted_secret_is_found_nowhere(code, client, settings, caplog, monkeypatch, db):
    monkeypatch.setattr(logging.getLogger("apps"), "propagate", True)
    caplog.set_level(logging.DEBUG)
    settings.PROVIDER_URLS = {code: NOWHERE}
    shop = cast.make_merchant(is_practice=False)
    owner, channel = cast.owner(shop), cast.make_channel(shop, provider=code)
    values, marks = planted(code)
    pems = pem_values(code)
    marks += [line for name, text in pems.items() if "PRIVATE" in text for line in text.splitlines()[2:4]]
    enter_credentials(channel=channel, values={**values, **pems}, is_live=False, by=owner, now=clock.now())
    channel = Channel.objects.select_related("merchant").get(pk=channel.pk)

    call_everything(channel, owner)
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    client.raise_request_exception = False
    answers = [client.get(address) for address in addresses(channel)]
    assert [answer.status_code for answer in answers] == [200] * (len(answers) - 1) + [404]
    shown = "".join(text_of(answer) for answer in answers)
    shown += text_of(client.post(reverse("notice", args=[channel.public_id]), b"forged", content_type="application/json"))

    assert marks
    places = {"pages": shown, "tables": everything_stored(), "log": caplog.text}
    assert {name: mark for name, text in places.items() for mark in marks if mark in text} == {}
    assert ProviderCall.objects.exclude(outcome="").count() == len(registry.get(code).gateway.operations)


def call_everything(channel, owner) -> None:
    """Every operation the gateway offers, at an address where nobody answers."""
    kind, gateway = registry.get(channel.provider).gateway, gateway_for(channel)
    payment = PaymentCall(
        "pay_1", "A1", 10_000, channel.currency, kind.pays_by[0], "tea", "https://shop.example/r", "https://shop.example/n"
    )
    asked = {
        Operation.CREATE_PAYMENT: lambda: gateway.create_payment(payment),
        Operation.QUERY_PAYMENT: lambda: gateway.query_payment(payment),
        Operation.FINISH_PAYMENT: lambda: gateway.finish_payment(payment),
        Operation.CAPTURE_PAYMENT: lambda: gateway.capture_payment(payment, 10_000),
        Operation.CANCEL_PAYMENT: lambda: gateway.cancel_payment(payment),
        Operation.REFUND: lambda: gateway.refund(REFUND),
        Operation.QUERY_REFUND: lambda: gateway.query_refund(REFUND),
        Operation.FETCH_STATEMENT: lambda: gateway.fetch_statement(date(2026, 11, 20)),
    }
    for operation, ask in asked.items():
        if operation in kind.operations:
            call = start_call(channel=channel, operation=operation, key="pay_1", now=clock.now())
            end_call(call, ask(), clock.now())
            Circuit.objects.all().delete()  # silence would stop the next call
    if Operation.TEST_CONNECTION in kind.operations:
        ask_connection(channel=channel, by=owner, now=clock.now())


def addresses(channel) -> list[str]:
    """The channel's pages, each call, the trail, its export and the file of the shop, and an address that breaks."""
    where = [channel.merchant.slug, channel.code]
    pages = [
        reverse(f"channels:{name}", args=where) for name in ("channel", "credentials", "calls", "notices", "statements", "papers", "edit")
    ]
    pages += [reverse("channels:call", args=[*where, pk]) for pk in ProviderCall.objects.values_list("pk", flat=True)]
    audit = reverse("merchants:audit", args=where[:1])
    pages += [
        audit,
        f"{audit}?export=csv",
        f"{audit}?export=xlsx",
        f"{audit}?export=jsonl",
        reverse("channels:file_download", args=where[:1]),
    ]
    return [*pages, reverse("channels:call", args=[*where, 10**9])]


def text_of(answer) -> str:
    """A page or file as text; a workbook is opened."""
    data = b"".join(answer) if answer.streaming else answer.content
    if data[:2] == b"PK":
        with ZipFile(io.BytesIO(data)) as book:
            return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    return data.decode("utf-8", "replace") + json.dumps(dict(answer.headers))
