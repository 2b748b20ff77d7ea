"""What platform staff may look up and correct; money is nowhere in here."""

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.contrib import admin

from apps.merchants.models import BankAccount, Membership, Merchant, User


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    list_display = ("email", "name", "language", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active")
    search_fields = ("email", "name")
    # A password is set by its owner, through the one-time link or their profile.
    exclude = ("password", "groups", "user_permissions")
    readonly_fields = ("last_login", "date_joined")


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Merchant)
class MerchantAdmin(admin.ModelAdmin):
    list_display = ("name", "slug", "currency", "timezone", "is_practice")
    search_fields = ("name", "slug")
    inlines = (MembershipInline,)


@admin.register(BankAccount)
class BankAccountAdmin(admin.ModelAdmin):
    list_display = ("merchant", "code", "bank", "currency", "format")
    list_filter = ("format",)


# Factors are set up and removed on a person's own page or by `manage.py remove_factors`, e-mails are those of the users above.
for model in (Authenticator, EmailAddress, EmailConfirmation):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
