"""What allauth's second factors ask of the project: secrets under our keys, and names people recognise."""

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings

from apps.core import secrets
from apps.merchants.models import User


class FactorAdapter(DefaultMFAAdapter):
    """Nothing is mailed from here: `services.factors` tells the person in their own language."""

    def encrypt(self, text: str) -> str:
        return secrets.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return secrets.decrypt(encrypted_text)

    def send_notification_mail(self, *args, **kwargs) -> None:
        return None

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": context.request.get_host().partition(":")[0], "name": settings.MFA_TOTP_ISSUER}

    def get_public_key_credential_user_entity(self, user: User) -> dict:
        return {"id": str(user.pk).encode(), "display_name": str(user), "name": user.email}
