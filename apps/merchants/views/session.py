"""Logging in and out, the person's own settings, and where `/` leads."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core import clock
from apps.merchants import step_up
from apps.merchants.access import needs
from apps.merchants.context import address
from apps.merchants.forms import ForgottenForm, LanguageForm, LoginForm, ProfileForm, ThemeForm
from apps.merchants.selectors import memberships_of
from apps.merchants.services.security import ask_for_password_letter
from apps.merchants.views.second_factor import ask_for_factor

ONE_YEAR = 365 * 24 * 60 * 60


class LoginView(auth_views.LoginView):
    """E-mail and password; who has a second factor is asked for it before a session begins."""

    authentication_form = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form: LoginForm) -> HttpResponse:
        user = form.get_user()
        if step_up.has_factor(user):
            return ask_for_factor(self.request, user, self.get_success_url())
        return super().form_valid(form)


login = LoginView.as_view()
logout = auth_views.LogoutView.as_view()
password_change = auth_views.PasswordChangeView.as_view(
    template_name="registration/password_change.html", success_url=reverse_lazy("merchants:password_changed")
)
set_password = auth_views.PasswordResetConfirmView.as_view(
    template_name="registration/set_password.html", success_url=reverse_lazy("merchants:login")
)


@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Sends the link for a new password. The answer is the same whether or not anybody has the e-mail; a few letters an hour suffice."""
    form = ForgottenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        ask_for_password_letter(email=form.cleaned_data["email"], now=clock.now())
        return render(request, "registration/forgotten.html", {"is_sent": True, "form": form})
    return render(request, "registration/forgotten.html", {"is_sent": False, "form": form}, status=422 if form.errors else 200)


@login_required
@require_safe
def password_changed(request: HttpRequest) -> HttpResponse:
    messages.success(request, _("The password is changed."))
    return redirect("merchants:profile")


@login_required
@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """The merchant used last, else the first; staff without one see all; anyone else learns what to do."""
    mine = {one.merchant.slug: one for one in memberships_of(request.user)}
    last = request.session.get("merchant", "")
    if mine:
        return redirect("merchants:home", last if last in mine else next(iter(mine)))
    if request.user.is_staff:
        return redirect("merchants:staff")
    return render(request, "merchants/no_merchant.html")


@require_safe
@needs("view_settings")
def home(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """The merchant's first page."""
    return redirect(address("reports:overview", merchant_slug=merchant_slug) or reverse("merchants:settings", args=[merchant_slug]))


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        with translation.override(request.user.language):
            messages.success(request, _("Your profile is saved."))
        return redirect("merchants:profile")
    return render(request, "merchants/profile.html", {"form": form})


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remembers the language: with the person when signed in, and in a cookie for the log-in page."""
    response = redirect(_next(request))
    form = LanguageForm(request.POST)
    if form.is_valid():
        chosen = form.cleaned_data["language"]
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, chosen, max_age=ONE_YEAR, samesite="Lax")
        _keep(request, "language", chosen)
    return response


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remembers light, dark or as the device, in the same two places."""
    response = redirect(_next(request))
    form = ThemeForm(request.POST)
    if form.is_valid():
        chosen = form.cleaned_data["theme"]
        response.set_cookie("theme", chosen, max_age=ONE_YEAR, samesite="Lax")
        _keep(request, "theme", chosen)
    return response


def _keep(request: HttpRequest, name: str, value: str) -> None:
    if request.user.is_authenticated:
        setattr(request.user, name, value)
        request.user.save(update_fields=[name])


def _next(request: HttpRequest) -> str:
    """Back to where the switch was used; never to another site."""
    target = request.POST.get("next", "")
    return target if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}) else reverse("merchants:landing")
