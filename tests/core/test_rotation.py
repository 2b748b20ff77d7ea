"""Rotating the key of stored secrets: all come under the newest, nothing that is saved meanwhile is lost, and no place is forgotten."""

import ast
from io import StringIO
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from cryptography.fernet import Fernet
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, models

from apps.audit.models import AuditEvent
from apps.channels.models import Channel, WebhookEvent
from apps.core import rotation, secrets
from apps.core.models import Job
from apps.core.secrets import SecretUnreadable, age_of
from apps.merchants.models import Merchant
from apps.orders.models import PaymentExecution, RefundBatch, RefundPayee, WebhookEndpoint
from apps.orders.services.refunds.payees import send_link
from config.settings.environment import secrets_keys
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
OLD, NEW, LOST = (Fernet.generate_key().decode() for _ in range(3))
NOW = cast.NOW
EVERYWHERE = [
    "channels.Channel.credentials",
    "channels.WebhookEvent.body",
    "core.Job.payload",
    "mfa.Authenticator.data",
    "orders.PaymentExecution.call",
    "orders.RefundBatch.file",
    "orders.RefundPayee.account",
    "orders.WebhookEndpoint.previous_secret",
    "orders.WebhookEndpoint.secret",
]


@pytest.fixture
def under(settings):
    """`under(NEW, OLD)` puts these keys in force, newest first."""

    def set_keys(*keys: str) -> None:
        settings.SECRETS_KEYS = list(keys)

    set_keys(OLD)
    return set_keys


def rotate(*flags: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("rotate_secrets", *flags, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def make_channel(code: str = "ecpay", credentials: str = '{"hash_key": "5294y06JbISpM5x9"}') -> Channel:
    return cast.make_channel(Merchant.objects.first() or cast.make_merchant(), code, credentials=credentials)


def seal_everywhere() -> dict[str, object]:
    """One secret in every place that has any; what each says, by name."""
    channel = make_channel()
    merchant, owner = channel.merchant, cast.owner(channel.merchant)
    refund = cast.approve_bank_refund(channel)
    cast.make_refund_batch(channel, refund)
    send_link(payee=RefundPayee.objects.get(), link="https://shop.example/pay/me", by=owner)
    times = {"received_at": NOW, "processed_at": NOW}
    WebhookEvent.objects.create(merchant=merchant, channel=channel, state="processed", body="A1=paid", **times)
    times = {"started_at": NOW, "expires_at": NOW}
    payment = cast.make_payment(channel, "A77")
    PaymentExecution.objects.create(merchant=merchant, payment=payment, request_key="cart", call='{"a": 1}', **times)
    told = {"secret": "whsec_new", "previous_secret": "whsec_old", "previous_until": NOW}
    WebhookEndpoint.objects.create(merchant=merchant, url="https://shop.example/", created_at=NOW, **told)
    cast.with_totp(owner)
    RecoveryCodes.activate(owner)
    return everything()


def everything() -> dict[str, object]:
    codes = Authenticator.objects.get(type="recovery_codes")
    return {
        "channel": Channel.objects.get().credentials,
        "notice": WebhookEvent.objects.get().body,
        "job": secrets.decrypt(Job.objects.get(kind="orders.mail_payee_link").payload["link"]),
        "totp": secrets.decrypt(Authenticator.objects.get(type="totp").data["secret"]),
        "codes": RecoveryCodes(codes).generate_codes(),
        "call": PaymentExecution.objects.get().call,
        "file": RefundBatch.objects.get().file,
        "account": RefundPayee.objects.get().account,
        "webhook": WebhookEndpoint.objects.values_list("secret", "previous_secret").get(),
    }


def stored(channel: Channel) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT credentials FROM channels_channel WHERE id = %s", [channel.pk])
        return cursor.fetchone()[0]


def columns_with_tokens() -> list[str]:
    """Every column of the database that holds something that looks encrypted, wherever it is."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if isinstance(field, models.CharField | models.TextField | models.JSONField):
                with connection.cursor() as cursor:
                    column, table = (connection.ops.quote_name(name) for name in (field.column, model._meta.db_table))
                    cursor.execute(f"SELECT count(*) FROM {table} WHERE CAST({column} AS text) LIKE %s", ["%gAAAAA%"])
                    found += [f"{model._meta.label}.{field.name}"] * bool(cursor.fetchone()[0])
    return sorted(found)


def test_every_place_that_holds_a_token_is_rotated_and_there_is_no_other(under):
    before = seal_everywhere()
    assert columns_with_tokens() == EVERYWHERE == [place.name for place in rotation.places()]
    under(NEW, OLD)
    with pytest.raises(CommandError) as needed:
        rotate("--check")
    assert str(needed.value).startswith("10 rows need an older key")

    out, err = rotate()

    assert (out.splitlines()[3], err) == ("mfa.Authenticator.data: 0 under the newest key, 2 brought under it", "")
    event = AuditEvent.objects.get(action="secrets.rotated")
    assert (sum(event.after.values()), event.merchant_id, sorted(event.after)) == (10, None, EVERYWHERE)
    under(NEW)  # the old one is removed
    assert everything() == before
    assert rotate("--check")[0].endswith("nothing needs an older key\n")


def test_running_again_writes_nothing(under):
    channel = make_channel()
    under(NEW, OLD)
    rotate()
    token = stored(channel)

    out, _err = rotate()

    assert (stored(channel), out.splitlines()[0]) == (token, "channels.Channel.credentials: 1 under the newest key, 0 brought under it")
    assert AuditEvent.objects.filter(action="secrets.rotated").count() == 1


def test_killed_between_portions_the_next_run_does_the_rest(under, monkeypatch):
    monkeypatch.setattr(rotation, "PORTION", 2)
    channels = [make_channel(f"c{number}") for number in range(5)]
    [place] = [place for place in rotation.places() if place.name == "channels.Channel.credentials"]
    under(NEW, OLD)

    def die(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotation.rotate(place, told=die)
    assert [age_of(stored(channel)) for channel in channels] == ["newest"] * 2 + ["older"] * 3

    found = rotation.rotate(place)
    assert (found.newest, found.older, rotation.look(place).older) == (2, 3, 0)


def test_what_no_key_opens_is_named_and_kept_and_the_rest_goes_on(under):
    lost = make_channel("lost")
    under(LOST)
    Channel.objects.filter(pk=lost.pk).update(credentials="gone")
    kept = stored(lost)
    under(OLD)
    fine, empty = make_channel("fine"), make_channel("empty", credentials="")
    under(NEW, OLD)

    out, err = rotate()

    assert out.splitlines()[0] == "channels.Channel.credentials: 0 under the newest key, 1 brought under it, 1 unreadable"
    assert err.splitlines()[0] == f"  channels.Channel.credentials id={lost.pk}: no key of ours opens it"
    assert "gone" not in out + err
    assert (stored(lost), age_of(stored(fine)), stored(empty)) == (kept, "newest", "")
    assert rotate("--check")[1].splitlines()[-1].startswith("1 rows stay as they are")
    with pytest.raises(SecretUnreadable):
        Channel.objects.get(pk=lost.pk)


def test_json_that_only_looks_similar_and_names_beside_stay_as_they_are(under):
    job = Job.objects.create(kind="orders.mail_payee_link", payload={"payee_id": 7, "link": "https://plain"}, created_at=NOW)
    other = Job.objects.create(kind="other", payload={"link": secrets.encrypt("x")}, created_at=NOW)
    user = cast.with_totp(cast.make_user())
    codes = [secrets.encrypt(code) for code in ("11", "22")]
    data = {"migrated_codes": codes, "used_mask": 3}
    Authenticator.objects.create(user=user, type="recovery_codes", data=data)
    before = other.payload
    under(NEW, OLD)

    rotate()

    under(NEW)
    row = Authenticator.objects.get(type="recovery_codes")
    assert ([secrets.decrypt(code) for code in row.data["migrated_codes"]], row.data["used_mask"]) == (["11", "22"], 3)
    job.refresh_from_db()
    other.refresh_from_db()
    assert (job.payload, other.payload) == ({"payee_id": 7, "link": "https://plain"}, before)


def test_what_was_saved_between_looking_and_writing_stays(under, monkeypatch):
    channel = make_channel()
    under(NEW, OLD)
    looked = rotation._rewrite

    def saved_first(place, pks, **options):
        Channel.objects.filter(pk=channel.pk).update(credentials="newer")
        return looked(place, pks, **options)

    monkeypatch.setattr(rotation, "_rewrite", saved_first)

    rotate()

    assert Channel.objects.get().credentials == "newer"


def test_a_module_that_encrypts_has_said_where_the_tokens_are_kept():
    """Beside SecretField itself. A new one declares the column by `keep_sealed` (and seals in `seal_everywhere`) before it joins here."""
    root = Path(settings.BASE_DIR) / "apps"
    found = {str(path.relative_to(root)) for path in root.rglob("*.py") if _encrypts(ast.parse(path.read_text(encoding="utf-8")))}

    assert found == {
        "core/rotation.py",
        "core/secrets.py",
        "merchants/services/factor_adapter.py",  # what allauth keeps: mfa.Authenticator.data
        "merchants/services/factors.py",  # the same
        "orders/services/refunds/payees.py",  # core.Job.payload
    }


def test_the_word_for_the_key_made_of_the_secret_key(monkeypatch):
    monkeypatch.delenv("SECRETS_KEYS", raising=False)
    [made] = secrets_keys("s3cret")
    monkeypatch.setenv("SECRETS_KEYS", f"{NEW},secret-key")

    assert secrets_keys("s3cret") == [NEW, made]


def _encrypts(tree: ast.AST) -> bool:
    """Whether it calls `encrypt` of ours or allauth's; ciphers that providers prescribe are called by other objects."""
    ours = ("apps.core.secrets", "allauth.mfa.utils", "apps.core")
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module in ours]
    names = {alias.asname or alias.name for node in imports for alias in node.names}
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    by_name = any(isinstance(call, ast.Name) and call.id == "encrypt" and "encrypt" in names for call in calls)
    of_module = any(
        isinstance(call, ast.Attribute) and call.attr == "encrypt" and isinstance(call.value, ast.Name) and call.value.id in names
        for call in calls
    )
    defines = any(isinstance(node, ast.FunctionDef) and node.name == "encrypt" for node in ast.walk(tree))
    return by_name or of_module or defines
