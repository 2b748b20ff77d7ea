"""Messages to the merchant's own systems: signed, repeated until taken, never into a private network."""

from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from apps.audit.models import AuditEvent
from apps.core import clock
from apps.core.jobs.runner import run
from apps.core.models import Job
from apps.merchants.models import Notification
from apps.orders.errors import AddressRefused
from apps.orders.models import WebhookDelivery, WebhookEndpoint
from apps.orders.services import webhook_addresses, webhooks
from apps.orders.services.webhook_sending import FAILURES_UNTIL_OFF, WAITS, deliver_due, merchants_with_due
from tests import cast


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((self.path, dict(self.headers.items()), body.decode()))
        self.send_response(self.server.code)
        if self.server.code == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(b"thanks")

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.got, server.code = [], 200
    thread = Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def shop(db, settings):
    settings.WEBHOOKS_MAY_REACH_PRIVATE = True
    return cast.make_merchant(is_practice=True)


@pytest.fixture
def lin(shop):
    return cast.owner(shop, name="Lin")


@pytest.fixture
def endpoint(shop, lin, receiver):
    url = f"http://localhost:{receiver.server_port}/hook?a=1"
    return webhooks.add_endpoint(merchant=shop, url=url, types=["refund.failed", "alert.opened"], by=lin, now=cast.NOW)


def send(shop, type="refund.failed", now=cast.NOW):
    return webhooks.send_event(merchant=shop, type=type, payload={"refund": {"refund_no": "R1", "note": "林"}}, now=now)


def test_an_event_reaches_those_who_want_it_signed(shop, lin, endpoint, receiver):
    webhooks.add_endpoint(merchant=shop, url="http://localhost:9/", types=["dispute.opened"], by=lin, now=cast.NOW)
    other = cast.make_merchant("other", is_practice=True)

    assert send(shop, "refund.requested") == send(other) == []
    send(shop)
    run(job_id=Job.objects.get().pk)

    path, headers, body = receiver.got[0]
    assert (len(receiver.got), path, headers["host"]) == (1, "/hook?a=1", f"localhost:{receiver.server_port}")
    event = Webhook(endpoint.secret).verify(body, headers)
    assert event == {
        "type": "refund.failed",
        "timestamp": "2026-11-20T07:46:00+00:00",
        "data": {"merchant": "qingtian", "refund": {"refund_no": "R1", "note": "林"}},
    }
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secret).verify(body.replace("R1", "R2"), headers)
    sent = WebhookDelivery.objects.get()
    assert (sent.state, sent.attempts, sent.last_code, sent.last_answer, sent.next_at) == ("sent", 1, 200, "thanks", None)
    with pytest.raises(ValueError):
        send(shop, "refund.unheard_of")


def test_the_secret_is_encrypted_and_both_sign_after_a_change(shop, lin, endpoint, receiver):
    before = endpoint.secret
    webhooks.rotate_secret(merchant=shop, endpoint_id=endpoint.pk, by=lin, now=clock.now())
    endpoint.refresh_from_db()
    send(shop)
    deliver_due(merchant=shop, now=cast.NOW)

    _path, headers, body = receiver.got[0]
    assert endpoint.secret != before
    assert Webhook(before).verify(body, headers) == Webhook(endpoint.secret).verify(body, headers)
    raw = WebhookEndpoint.objects.extra(select={"raw": "secret"}).values_list("raw", flat=True).get()
    assert not raw.startswith("whsec_")
    assert before not in str(list(AuditEvent.objects.values("before", "after")))


@pytest.mark.parametrize("code", [500, 302, 404])
def test_what_is_not_taken_comes_again_later_with_the_same_number(shop, endpoint, receiver, code):
    receiver.code = code
    delivery = send(shop)[0]
    moment = cast.NOW
    for wait in WAITS:
        assert deliver_due(merchant=shop, now=moment) == {"sent": 0, "failed": 1}
        assert deliver_due(merchant=shop, now=moment) == {"sent": 0, "failed": 0}
        delivery.refresh_from_db()
        assert (delivery.state, delivery.next_at, delivery.last_code) == ("waiting", moment + wait, code)
        moment += wait
    assert merchants_with_due(moment) == [shop.pk]
    deliver_due(merchant=shop, now=moment)
    delivery.refresh_from_db()

    assert (delivery.state, delivery.attempts, delivery.next_at) == ("failed", len(WAITS) + 1, None)
    assert {headers["webhook-id"] for _path, headers, _body in receiver.got} == {delivery.event_id}
    assert {path for path, _headers, _body in receiver.got} == {"/hook?a=1"}


def test_after_many_failures_it_is_switched_off_and_people_are_told(shop, lin, endpoint, receiver):
    receiver.code = 500
    for _one in range(FAILURES_UNTIL_OFF + 3):
        send(shop)
    deliver_due(merchant=shop, now=cast.NOW)
    endpoint.refresh_from_db()

    assert (endpoint.is_active, endpoint.disabled_at, len(receiver.got)) == (False, cast.NOW, FAILURES_UNTIL_OFF)
    assert list(Notification.objects.values_list("user_id", "severity", "href")) == [
        (lin.pk, "high", f"/m/qingtian/settings/webhooks/{endpoint.pk}/")
    ]
    assert send(shop) == []
    receiver.code = 200
    webhooks.change_endpoint(merchant=shop, endpoint_id=endpoint.pk, types=endpoint.types, is_active=True, by=lin, now=cast.NOW)
    later = cast.NOW + timedelta(hours=1)
    assert deliver_due(merchant=shop, now=later) == {"sent": FAILURES_UNTIL_OFF + 3, "failed": 0}


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/", "not_https"),
        ("ftp://example.com/", "malformed"),
        ("https://", "malformed"),
        ("https://exa mple.com/", "malformed"),
        ("https://user:secret@example.com/", "with_password"),
        ("https://127.0.0.1/", "private"),
        ("https://10.1.2.3/", "private"),
        ("https://169.254.169.254/latest/meta-data/", "private"),
        ("https://[::1]/", "private"),
        ("https://[::ffff:127.0.0.1]/", "private"),
        ("https://[64:ff9b::7f00:1]/", "private"),
        ("https://localhost/", "private"),
        ("https://db.internal/", "private"),
        ("https://１２７.0.0.1/", "private"),
        ("https://a..example/", "malformed"),
    ],
)
def test_addresses_that_may_not_be_told(url, code):
    with pytest.raises(AddressRefused) as refused:
        webhook_addresses.check_address(url, is_practice=False)
    assert refused.value.code == code


def test_a_name_is_refused_when_any_of_its_numbers_is_private_and_the_call_goes_to_the_checked_one(monkeypatch):
    numbers = ["93.184.216.34"]
    monkeypatch.setattr(webhook_addresses.socket, "getaddrinfo", lambda *args, **kwargs: [(0, 0, 0, "", (one, 443)) for one in numbers])

    found = webhook_addresses.pinned("https://hooks.example.com/a?b=c", is_practice=False)
    assert found == ("https://93.184.216.34:443/a?b=c", "hooks.example.com", {"sni_hostname": "hooks.example.com"})
    numbers.append("10.0.0.7")
    with pytest.raises(AddressRefused) as refused:
        webhook_addresses.pinned("https://hooks.example.com/", is_practice=False)
    assert refused.value.code == "private"


def test_a_private_address_is_not_called_even_when_it_was_saved(shop, endpoint, receiver, settings):
    send(shop)
    settings.WEBHOOKS_MAY_REACH_PRIVATE = False

    assert deliver_due(merchant=shop, now=cast.NOW) == {"sent": 0, "failed": 1}
    assert (receiver.got, WebhookDelivery.objects.get().last_code) == ([], None)


def test_an_address_that_cannot_be_called_does_not_hold_up_the_others(shop, endpoint, receiver):
    broken = WebhookEndpoint.objects.create(
        merchant=shop, url=f"{endpoint.url}\x7f", types=endpoint.types, secret=endpoint.secret, created_at=cast.NOW
    )
    send(shop)

    assert deliver_due(merchant=shop, now=cast.NOW) == {"sent": 1, "failed": 1}

    left = WebhookDelivery.objects.get(endpoint=broken)
    assert (left.state, left.next_at, left.last_answer) == ("waiting", cast.NOW + WAITS[0], "InvalidURL")


def test_a_name_in_other_letters_is_called_in_ascii(monkeypatch):
    asked = []
    monkeypatch.setattr(
        webhook_addresses.socket, "getaddrinfo", lambda host, *args, **kwargs: asked.append(host) or [(0, 0, 0, "", ("93.184.216.34", 443))]
    )

    found = webhook_addresses.pinned("https://商店.example/a", is_practice=False)

    assert asked == ["xn--czrs0t.example"]
    assert found == ("https://93.184.216.34:443/a", "xn--czrs0t.example", {"sni_hostname": "xn--czrs0t.example"})


def test_the_pages_add_show_test_send_again_and_remove(client, shop, receiver):
    client.force_login(cast.owner(shop, language="en"), backend="django.contrib.auth.backends.ModelBackend")
    base = "/m/qingtian/settings/webhooks/"
    assert client.post(base, {"url": "https://user:x@example.com", "types": ["refund.failed"]}).status_code == 422
    assert client.post(base, {"url": "https://example.com", "types": ["test"]}).status_code == 422
    assert WebhookEndpoint.objects.count() == 0

    url = f"http://localhost:{receiver.server_port}/"
    assert client.post(base, {"url": url, "types": ["refund.failed"]}).status_code == 302
    assert client.post(base, {"url": url, "types": ["refund.failed"]}).status_code == 422
    endpoint = WebhookEndpoint.objects.get()
    assert url in client.get(base).content.decode()
    assert endpoint.secret in client.get(f"{base}{endpoint.pk}/").content.decode()

    client.post(f"{base}{endpoint.pk}/", {"types": ["alert.opened"]})
    client.post(f"{base}{endpoint.pk}/act/", {"act": "test"})
    run(job_id=Job.objects.get(state="queued").pk)
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.types, len(receiver.got)) == (False, ["alert.opened"], 1)

    delivery = WebhookDelivery.objects.get()
    client.post(f"{base}deliveries/{delivery.pk}/again/")
    run(job_id=Job.objects.get(state="queued").pk)
    assert len(receiver.got) == 2
    assert "thanks" in client.get(f"{base}{endpoint.pk}/").content.decode()
    client.post(f"{base}{endpoint.pk}/act/", {"act": "remove"})
    assert WebhookEndpoint.objects.count() == 0
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["webhook.added", "webhook.changed", "webhook.sent_again", "webhook.removed"]
