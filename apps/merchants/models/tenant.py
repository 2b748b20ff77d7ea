"""The tenant and its people."""

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.scoping import TenantQuerySet
from apps.merchants.enums import BankFormat, LetterChoice, Role


class UserManager(BaseUserManager):
    """Users are known by e-mail, compared without case."""

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        """A user with a hashed password; without one, log-in is impossible until it is set."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        """Platform staff with every permission of the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email):
        return self.get(email=email.lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person. `is_staff` is platform staff: they run the platform, and are no member of a merchant by it."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(pgettext_lazy("person", "name"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="zh-hant")
    theme = models.CharField(
        _("theme"), max_length=5, choices=[("auto", _("as the device")), ("light", _("light")), ("dark", _("dark"))], default="auto"
    )
    letters = models.CharField(_("letters about the inbox"), max_length=10, choices=LetterChoice.choices, default=LetterChoice.IMPORTANT)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once", violation_error_message=_("This e-mail is taken."))]

    def __str__(self):
        return self.name or self.email


class Merchant(models.Model):
    """A shop: the tenant that every business row belongs to."""

    slug = models.SlugField(_("short name"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    tax_no = models.CharField(_("tax number"), max_length=20, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    timezone = models.CharField(_("time zone"), max_length=40, default="Asia/Taipei")
    # A single difference at or above this always needs a person; minor units of `currency`.
    difference_threshold_minor = models.BigIntegerField(_("difference threshold"), default=50000)
    # Write-offs above this, and matches by hand whose sides differ by more, need a second person (minor units of `currency`); None: never.
    write_off_second_above_minor = models.BigIntegerField(_("write-offs: a second person above"), null=True, default=500_000)
    forced_match_second_above_minor = models.BigIntegerField(_("matches by hand: a second person above"), null=True, default=100_000)
    # Refunds above these (minor units of `currency`) need more than one approver; None: never.
    refund_second_approver_above_minor = models.BigIntegerField(_("second approver above"), null=True, default=1_000_000)
    refund_owner_above_minor = models.BigIntegerField(_("owner's approval above"), null=True, default=5_000_000)
    refund_mfa_above_minor = models.BigIntegerField(_("second factor above"), null=True, default=1_000_000)
    refund_due_hours = models.PositiveSmallIntegerField(_("refund requests are due after hours"), default=24)
    # Members in these roles see no page of the merchant before they gave a second factor in their session.
    second_factor_roles = models.JSONField(_("roles that need a second factor"), default=list, blank=True)
    is_practice = models.BooleanField(_("practice"), default=False)  # demo data, not real money
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(difference_threshold_minor__gte=0), name="merchant_threshold_not_negative"),
            models.CheckConstraint(
                condition=(Q(refund_second_approver_above_minor=None) | Q(refund_second_approver_above_minor__gte=0))
                & (Q(refund_owner_above_minor=None) | Q(refund_owner_above_minor__gte=0))
                & (Q(refund_mfa_above_minor=None) | Q(refund_mfa_above_minor__gte=0))
                & Q(refund_due_hours__gte=1, refund_due_hours__lte=720),
                name="merchant_refund_limits_sane",
            ),
            models.CheckConstraint(
                condition=(Q(write_off_second_above_minor=None) | Q(write_off_second_above_minor__gte=0))
                & (Q(forced_match_second_above_minor=None) | Q(forced_match_second_above_minor__gte=0)),
                name="merchant_second_person_limits_sane",
            ),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="merchant_currency_iso"),
        ]

    def __str__(self):
        return self.name


class MembershipQuerySet(TenantQuerySet):
    """`active` are those through whom a person may come in; the others are history."""

    def active(self):
        return self.filter(deactivated_at=None, user__is_active=True)


class Membership(models.Model):
    """A user in a merchant, with one role. A deactivated one opens nothing, and may be switched on again; it is never deleted by people."""

    support = None  # the SupportAccess through which platform staff look in; such a membership is in no table

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)
    deactivated_at = models.DateTimeField(null=True, blank=True)
    deactivated_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "user"], name="member_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="member_role_known"),
            models.CheckConstraint(
                condition=Q(deactivated_at=None, deactivated_by=None) | Q(deactivated_at__isnull=False, deactivated_by__isnull=False),
                name="member_deactivated_by_somebody",
            ),
        ]

    def __str__(self):
        return f"{self.user} · {self.get_role_display()}"

    @property
    def is_active(self) -> bool:
        """Whether the merchant lets this person in; their account may be switched off all the same."""
        return self.deactivated_at is None


class BankAccount(models.Model):
    """Where payouts arrive. `mapping` is the column mapping of blueprint §5, only for CSV."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="bank_accounts")
    code = models.SlugField(_("code"), max_length=40)
    bank = models.CharField(_("bank"), max_length=100)
    currency = models.CharField(_("currency"), max_length=3)
    account_no = models.CharField(_("account number"), max_length=40, blank=True)
    format = models.CharField(_("statement format"), max_length=10, choices=BankFormat.choices)
    mapping = models.JSONField(default=dict, blank=True)
    # What a file of transfers needs: the number in full or the IBAN, where `account_no` hides digits, and the bank's own columns.
    transfer_account = models.CharField(_("account number for transfers"), max_length=40, blank=True)
    transfer_bic = models.CharField(_("BIC"), max_length=11, blank=True)
    transfer_layout = models.JSONField(_("layout of transfer files"), default=dict, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "code"], name="bank_account_once"),
            models.CheckConstraint(condition=Q(format__in=BankFormat.values), name="bank_account_format_known"),
        ]

    def __str__(self):
        return f"{self.bank} {self.currency} {self.account_no}".strip()


class SavedView(models.Model):
    """A filter that a person keeps under a name, for one list."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=40)  # url name of the list
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merchant", "user", "page", "name"], name="saved_view_once")]

    def __str__(self):
        return self.name
