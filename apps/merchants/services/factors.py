"""Second factors: checking what a person gives, adding and removing. Secrets are encrypted, codes work once, every change is on the record.

allauth keeps the rows and does the arithmetic; what counts as used is kept here, in the row and under its lock, because a cache is
not shared by every process.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt, encrypt
from allauth.mfa.webauthn.internal import auth as webauthn
from cryptography.exceptions import InvalidSignature
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import constant_time_compare

from apps.merchants.errors import CodesPaused, CodeWrong, NoFactorYet, PasskeyRefused
from apps.merchants.models import User
from apps.merchants.services.security import note_for_person

Type = Authenticator.Type
WRONG_CODES, PAUSE = 20, timedelta(hours=1)
STEPS_OFF = 1  # a telephone's clock may be one period of 30 s early or late


def check_code(*, user: User, code: str, now: datetime) -> str:
    """Accepts a code of the authenticator app or a recovery code, each once. Returns "totp" or "recovery_codes".

    :raises CodeWrong: for a wrong, too old or already used code.
    :raises CodesPaused: after WRONG_CODES of them within PAUSE, wherever they came from; the code was not looked at.
    """
    code = "".join(character for character in code if character.isalnum())
    _refuse_while_paused(user, now)
    if _accept_totp(user, code, now):
        return Type.TOTP
    if _accept_recovery(user, code, now):
        note_for_person(user=user, action="factor.recovery_code_used", by=user, now=now, after={"left": recovery_left(user)}, tell=True)
        return Type.RECOVERY_CODES
    _count_wrong_code(user, now)
    raise CodeWrong


def _refuse_while_paused(user: User, now: datetime) -> None:
    """The lock-out counts by pairs of e-mail and address; who knows the password and has many addresses is stopped here."""
    for row in Authenticator.objects.filter(user=user):
        wrong = row.data.get("wrong", [])
        if len(wrong) >= WRONG_CODES and now - datetime.fromisoformat(wrong[0]) < PAUSE:
            raise CodesPaused


@transaction.atomic
def _count_wrong_code(user: User, now: datetime) -> None:
    """Keeps the moments of the last WRONG_CODES wrong codes in the row of the first factor."""
    row = Authenticator.objects.select_for_update().filter(user=user).order_by("pk").first()
    if row:
        row.data["wrong"] = [*row.data.get("wrong", []), now.isoformat()][-WRONG_CODES:]
        row.save(update_fields=["data"])


@transaction.atomic
def _accept_totp(user: User, code: str, now: datetime) -> bool:
    """RFC 6238 §5.2: a code is accepted once, and with it every earlier one is used up."""
    row = Authenticator.objects.select_for_update().filter(user=user, type=Type.TOTP).first()
    if row is None:
        return False
    step = _step_of(decrypt(row.data["secret"]), code, now)
    if step is None or step <= row.data.get("last_step", 0):
        return False
    row.data["last_step"] = step
    row.last_used_at = now
    row.save(update_fields=["data", "last_used_at"])
    return True


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The period of 30 s (counted from 1970) whose code this is, if it is near `now`."""
    current = int(now.timestamp()) // app_settings.TOTP_PERIOD
    near = range(current - STEPS_OFF, current + STEPS_OFF + 1)
    return next((step for step in near if constant_time_compare(format_hotp_value(hotp_value(secret, step)), code)), None)


@transaction.atomic
def _accept_recovery(user: User, code: str, now: datetime) -> bool:
    """The row is locked before it is read: a code that another log-in uses meanwhile, or that was replaced, is refused."""
    row = Authenticator.objects.select_for_update().filter(user=user, type=Type.RECOVERY_CODES).first()
    if row is None or not RecoveryCodes(row).validate_code(code):
        return False
    Authenticator.objects.filter(pk=row.pk).update(last_used_at=now)
    return True


def passkey_question(user: User) -> dict:
    """What the browser's `navigator.credentials.get` takes, with a challenge kept in the session; bytes are base64url."""
    return webauthn.begin_authentication(user)


def check_passkey(*, user: User, answer: dict, now: datetime) -> str:
    """Accepts the signature of one of the person's passkeys over the session's challenge, which is thereby used up.

    :raises PasskeyRefused: nothing changed.
    """
    row = _or_refused(lambda: webauthn.complete_authentication(user, answer))
    Authenticator.objects.filter(pk=row.pk).update(last_used_at=now)
    return Type.WEBAUTHN


def passkey_offer(user: User) -> dict:
    """What `navigator.credentials.create` takes."""
    return webauthn.begin_registration(user, passwordless=False)


@transaction.atomic
def add_passkey(*, user: User, name: str, answer: dict, now: datetime) -> Authenticator:
    """Keeps a new passkey under a name of the person's choice.

    :raises PasskeyRefused: nothing changed.
    """

    def register() -> Authenticator:
        webauthn.parse_registration_response(answer)
        webauthn.complete_registration(answer)
        return webauthn.WebAuthn.add(user, name, answer).instance

    row = _or_refused(register)
    note_for_person(user=user, action="factor.passkey_added", by=user, now=now, after={"name": name}, tell=True)
    return row


def _or_refused(step: Callable[[], Authenticator]) -> Authenticator:
    """Whatever a browser may send that is no valid answer ends in one refusal; a challenge serves once."""
    try:
        return step()
    except (ValidationError, InvalidSignature, ValueError, TypeError, KeyError, AttributeError) as error:
        raise PasskeyRefused from error
    finally:
        webauthn.clear_state()


@transaction.atomic
def add_totp(*, user: User, secret: str, code: str, now: datetime) -> Authenticator:
    """Ties an authenticator app to the person, once it has shown that it makes the right codes; replaces an earlier one.

    :raises CodeWrong: nothing changed.
    """
    step = _step_of(secret, "".join(code.split()), now)
    if step is None:
        raise CodeWrong
    Authenticator.objects.filter(user=user, type=Type.TOTP).delete()
    data = {"secret": encrypt(secret), "last_step": step}
    row = Authenticator.objects.create(user=user, type=Type.TOTP, data=data, created_at=now, last_used_at=now)
    note_for_person(user=user, action="factor.app_added", by=user, now=now, tell=True)
    return row


@transaction.atomic
def rename_passkey(*, user: User, factor_id: int, name: str, now: datetime) -> Authenticator:
    """:raises Authenticator.DoesNotExist: for another person's passkey."""
    row = Authenticator.objects.select_for_update().get(pk=factor_id, user=user, type=Type.WEBAUTHN)
    before, row.data["name"] = row.data["name"], name
    row.save(update_fields=["data"])
    note_for_person(user=user, action="factor.renamed", by=user, now=now, before={"name": before}, after={"name": name})
    return row


@transaction.atomic
def remove_factor(*, user: User, factor_id: int, now: datetime) -> None:
    """Takes an app or passkey away; with the last one the recovery codes go too.

    :raises Authenticator.DoesNotExist: for another person's factor.
    """
    mine = Authenticator.objects.select_for_update().filter(user=user)
    row = mine.exclude(type=Type.RECOVERY_CODES).get(pk=factor_id)
    before = {"type": row.type, "name": row.data.get("name", "")}
    row.delete()
    if not mine.exclude(type=Type.RECOVERY_CODES).exists():
        mine.delete()
    note_for_person(user=user, action="factor.removed", by=user, now=now, before=before, tell=True)


@transaction.atomic
def new_recovery_codes(*, user: User, now: datetime) -> list[str]:
    """Ten fresh codes of eight digits; those before stop working. They are shown now and never again.

    :raises NoFactorYet: for a person without an app or passkey, whom they would not help.
    """
    mine = Authenticator.objects.select_for_update().filter(user=user)
    if not mine.exclude(type=Type.RECOVERY_CODES).exists():
        raise NoFactorYet
    mine.filter(type=Type.RECOVERY_CODES).delete()
    codes = RecoveryCodes.activate(user).generate_codes()
    note_for_person(user=user, action="factor.recovery_codes_made", by=user, now=now, tell=True)
    return codes


@transaction.atomic
def remove_all_factors(*, user: User, by: User | None, now: datetime, reason: str) -> int:
    """For a person who lost telephone and codes: platform staff or the command line take every factor away. Returns how many."""
    removed, _rows = Authenticator.objects.filter(user=user).delete()
    if removed:
        note_for_person(user=user, action="factor.all_removed", by=by, now=now, reason=reason, tell=True)
    return removed


def recovery_left(user: User) -> int:
    """How many recovery codes still work."""
    row = Authenticator.objects.filter(user_id=user.pk, type=Type.RECOVERY_CODES).first()
    return len(RecoveryCodes(row).get_unused_codes()) if row else 0
