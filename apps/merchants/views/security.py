"""A person's own security: second factors, recovery codes, and where they are signed in."""

import json
from functools import wraps
from zoneinfo import ZoneInfo

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core import clock
from apps.merchants import step_up
from apps.merchants.errors import MerchantError
from apps.merchants.forms import FactorForm, OwnPasswordForm, PasskeyNameForm
from apps.merchants.selectors import factors_of, memberships_of
from apps.merchants.services.factors import (
    add_passkey,
    add_totp,
    new_recovery_codes,
    passkey_offer,
    recovery_left,
    remove_factor,
    rename_passkey,
)
from apps.merchants.services.lock_out import is_locked, note_failure
from apps.merchants.services.sessions import end_other_sessions, end_session, sessions_of
from apps.merchants.views.second_factor import next_of

NEW_APP_KEY = "factor_secret"  # of an app that is being set up; the session keeps it until its first code is right
ALLOWED_KEY = "factor_allowed_at"  # when the password was typed before a first factor


def guarded(view):
    """Changes to one's own access: by a fresh second factor, or by the password where there is no factor yet."""

    @wraps(view)
    def checked(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        back = request.get_full_path() if request.method == "GET" else ""
        if step_up.has_factor(request.user):
            if step_up.fresh_at(request) is None:
                return redirect(step_up.address(request, back or _security_path()))
        elif not step_up.is_recent(request.session.get(ALLOWED_KEY, "")):
            return _ask_password(request)
        return view(request, *args, **kwargs)

    return never_cache(login_required(checked))


def _security_path() -> str:
    return redirect("merchants:security").url


def _ask_password(request: HttpRequest) -> HttpResponse:
    """The password once more; a wrong one counts towards the lock-out."""
    is_answer = request.method == "POST" and "password" in request.POST
    form = OwnPasswordForm(request.POST if is_answer else None, user=request.user)
    if not is_locked(request, request.user) and is_answer and form.is_valid():
        request.session[ALLOWED_KEY] = clock.now().isoformat()
        return redirect(request.get_full_path())
    if form.errors:
        note_failure(request, request.user)
    return render(request, "merchants/security_password.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@login_required
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    sessions = sessions_of(request.user, clock.now(), request.session.session_key)
    context = {
        "factors": factors_of(request.user),
        "recovery_left": recovery_left(request.user),
        "sessions": sessions,
        "others": len([one for one in sessions if not one.is_current]),
        "next": next_of(request, default="") if "next" in request.GET else "",
    }
    first = memberships_of(request.user).first()
    with timezone.override(ZoneInfo(first.merchant.timezone if first else "UTC")):
        return render(request, "merchants/security.html", context)


@guarded
@require_http_methods(["GET", "POST"])
def app(request: HttpRequest) -> HttpResponse:
    """The authenticator app: a secret as picture and text, and the first code as proof that it was taken over."""
    secret = request.session.get(NEW_APP_KEY) or generate_totp_secret()
    request.session[NEW_APP_KEY] = secret
    form = FactorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_totp(user=request.user, secret=secret, code=form.cleaned_data["code"], now=clock.now())
        except MerchantError as error:
            form.add_error("code", error.message)
        else:
            request.session.pop(NEW_APP_KEY)
            return _after_new_factor(request, _("The authenticator app is set up."))
    context = {"form": form, "picture": _picture(request, secret), "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))}
    return render(request, "merchants/security_app.html", context, status=422 if form.errors else 200)


def _picture(request: HttpRequest, secret: str):
    """The QR code as SVG without any style of its own, for a policy that allows none; colours come from our stylesheet."""
    adapter = get_adapter()
    drawing = adapter.build_totp_svg(adapter.build_totp_url(request.user, secret))
    path = drawing.split(' d="', 1)[1].split('"', 1)[0]
    box = drawing.split('viewBox="', 1)[1].split('"', 1)[0]
    label = _("QR code for the authenticator app")
    whole = '<svg class="qr" viewBox="{}" role="img" aria-label="{}"><rect width="100%" height="100%"/><path d="{}"/></svg>'
    return format_html(whole, box, label, path)


@guarded
@require_http_methods(["GET", "POST"])
def passkey(request: HttpRequest) -> HttpResponse:
    """Adds a passkey under a name."""
    form = PasskeyNameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            answer = json.loads(request.POST.get("credential", "") or "null")
            add_passkey(user=request.user, name=form.cleaned_data["name"], answer=answer, now=clock.now())
        except (MerchantError, ValueError) as error:
            form.add_error(None, getattr(error, "message", None) or _("The passkey was not accepted. Try again, or use a code."))
        else:
            return _after_new_factor(request, _("The passkey is added."))
    context = {"form": form, "question": json.dumps(passkey_offer(request.user))}
    return render(request, "merchants/security_passkey.html", context, status=422 if form.errors else 200)


def _after_new_factor(request: HttpRequest, words: str) -> HttpResponse:
    """Who just set one up has given it; recovery codes are made with the first."""
    step_up.mark(request, clock.now())
    messages.success(request, words)
    if factors_of(request.user).recovery is None:
        return _show_codes(request)
    return redirect("merchants:security")


@guarded
@require_POST
def recovery(request: HttpRequest) -> HttpResponse:
    """Makes new recovery codes and shows them this once."""
    try:
        return _show_codes(request)
    except MerchantError as error:
        messages.error(request, error.message)
        return redirect("merchants:security")


def _show_codes(request: HttpRequest) -> HttpResponse:
    codes = new_recovery_codes(user=request.user, now=clock.now())
    return render(request, "merchants/security_codes.html", {"codes": [f"{code[:4]} {code[4:]}" for code in codes]})


@guarded
@require_POST
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    form = PasskeyNameForm(request.POST)
    if form.is_valid():
        _or_404(rename_passkey, user=request.user, factor_id=pk, name=form.cleaned_data["name"], now=clock.now())
        messages.success(request, _("The passkey is renamed."))
    return redirect("merchants:security")


@guarded
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    _or_404(remove_factor, user=request.user, factor_id=pk, now=clock.now())
    messages.success(request, _("The factor is removed."))
    return redirect("merchants:security")


def _or_404(service, **arguments) -> None:
    try:
        service(**arguments)
    except Authenticator.DoesNotExist as error:
        raise Http404 from error


@login_required
@require_POST
def session_end(request: HttpRequest, mark: str) -> HttpResponse:
    if end_session(user=request.user, mark=mark, by=request.user, now=clock.now()):
        messages.success(request, _("That session is ended."))
    return redirect("merchants:security")


@login_required
@require_POST
def sessions_end(request: HttpRequest) -> HttpResponse:
    end_other_sessions(user=request.user, keep=request.session.session_key, by=request.user, now=clock.now())
    messages.success(request, _("All other sessions are ended."))
    return redirect("merchants:security")
