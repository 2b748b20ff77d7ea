"""The merchant's particulars and bank accounts."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.core import clock
from apps.merchants.access import has_right, needs
from apps.merchants.forms import BankAccountForm, MerchantForm
from apps.merchants.models import BankAccount
from apps.merchants.selectors import bank_accounts_of
from apps.merchants.services.settings import change_merchant, save_bank_account


@require_safe
@needs("view_settings")
def settings(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    context = {"can_edit": has_right(request.membership, "edit_settings"), "form": MerchantForm(merchant=request.merchant)}
    return render(request, "merchants/settings.html", context)


@needs("edit_settings")
def edit(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    form = MerchantForm(request.POST or None, merchant=request.merchant)
    if request.method == "POST" and form.is_valid():
        change_merchant(merchant=request.merchant, changes=form.changes(), by=request.user, now=clock.now())
        messages.success(request, _("The settings are saved."))
        return redirect("merchants:settings", merchant_slug)
    return render(request, "merchants/settings.html", {"can_edit": True, "form": form}, status=422 if form.errors else 200)


@require_safe
@needs("view_settings")
def bank_accounts(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    context = {"accounts": bank_accounts_of(request.merchant), "can_edit": has_right(request.membership, "edit_bank_accounts")}
    context["can_map"] = has_right(request.membership, "edit_mappings")
    return render(request, "merchants/bank_accounts.html", context)


@needs("edit_bank_accounts")
def bank_account(request: HttpRequest, merchant_slug: str, pk: int | None = None) -> HttpResponse:
    """Adds an account, or changes the one named by `pk`."""
    account = get_object_or_404(BankAccount.objects.for_merchant(request.merchant), pk=pk) if pk else None
    form = BankAccountForm(request.POST or None, merchant=request.merchant, account=account)
    if request.method == "POST" and form.is_valid():
        save_bank_account(merchant=request.merchant, account=account, changes=form.cleaned_data, by=request.user, now=clock.now())
        messages.success(request, _("The bank account is saved."))
        return redirect("merchants:bank_accounts", merchant_slug)
    return render(request, "merchants/bank_account.html", {"form": form, "account": account}, status=422 if form.errors else 200)
