"""The second step of logging in, and asking for the factor again before a grave decision."""

import json
from datetime import datetime, timedelta

from django.contrib.auth import login as begin_session
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core import clock
from apps.merchants import step_up as session_factor
from apps.merchants.errors import MerchantError, PasskeyRefused
from apps.merchants.forms import FactorForm
from apps.merchants.models import User
from apps.merchants.selectors import factors_of
from apps.merchants.services.factors import check_code, check_passkey, passkey_question
from apps.merchants.services.lock_out import forget_failures, is_locked, note_failure

PENDING_KEY = "second_factor_pending"
PENDING_FOR = timedelta(minutes=10)


def ask_for_factor(request: HttpRequest, user: User, target: str) -> HttpResponse:
    """After a right password: keeps who waits at the door, and asks for the factor. No session of theirs exists yet."""
    request.session.cycle_key()
    request.session[PENDING_KEY] = {
        "user_id": user.pk,
        "backend": user.backend,
        "auth_hash": user.get_session_auth_hash(),
        "at": clock.now().isoformat(),
        "next": target,
    }
    return redirect("merchants:second_factor")


@never_cache
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """The code or passkey that opens the session."""
    pending = request.session.get(PENDING_KEY)
    user = _waiting(pending)
    if user is None:
        request.session.pop(PENDING_KEY, None)
        return redirect("merchants:login")
    form, accepted = _examine(request, user)
    if not accepted:
        return _ask(request, user, form, "merchants/second_factor.html")
    request.session.pop(PENDING_KEY)
    begin_session(request, user, backend=pending["backend"])
    session_factor.mark(request, clock.now())
    return redirect(pending["next"])


def _waiting(pending: dict | None) -> User | None:
    """Who gave the right password a moment ago; nobody when that is too long ago or the password was changed since."""
    if not pending or clock.now() - datetime.fromisoformat(pending["at"]) > PENDING_FOR:
        return None
    user = User.objects.filter(pk=pending["user_id"], is_active=True).first()
    same = user and constant_time_compare(user.get_session_auth_hash(), pending["auth_hash"])
    return user if same else None


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def step_up(request: HttpRequest) -> HttpResponse:
    """Asks a signed-in person for their factor and leads back to `next`."""
    target = next_of(request)
    if not session_factor.has_factor(request.user):
        return render(request, "merchants/step_up_missing.html", {"next": target})
    form, accepted = _examine(request, request.user)
    if not accepted:
        return _ask(request, request.user, form, "merchants/step_up.html", next=target)
    session_factor.mark(request, clock.now())
    forget_failures(request, request.user)
    return redirect(target)


def _examine(request: HttpRequest, user: User) -> tuple[FactorForm, bool]:
    """Whether the posted code or passkey is accepted; a wrong one counts towards the lock-out."""
    form = FactorForm(request.POST or None)
    if is_locked(request, user) or request.method != "POST" or not form.is_valid():
        return form, False
    try:
        _check(user, form)
    except MerchantError as error:
        note_failure(request, user)
        form.add_error(None if isinstance(error, PasskeyRefused) else "code", error.message)
        return form, False
    return form, True


def _check(user: User, form: FactorForm) -> None:
    if form.cleaned_data["credential"]:
        try:
            answer = json.loads(form.cleaned_data["credential"])
        except ValueError as error:
            raise PasskeyRefused from error
        check_passkey(user=user, answer=answer, now=clock.now())
    else:
        check_code(user=user, code=form.cleaned_data["code"], now=clock.now())


def _ask(request: HttpRequest, user: User, form: FactorForm, template: str, **context) -> HttpResponse:
    """The page that asks; a passkey's challenge is made anew for each showing."""
    factors = factors_of(user)
    if factors.passkeys:
        context["question"] = json.dumps(passkey_question(user))
    context |= {"form": form, "factors": factors}
    return render(request, template, context, status=422 if form.is_bound else 200)


def next_of(request: HttpRequest, default: str = "") -> str:
    """Where `next` leads; never to another site."""
    target = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return target if is_ours else default or reverse("merchants:landing")
