"""People and settings. `/m/<slug>/settings/…` lies beside the other pages of a merchant."""

from django.urls import path

from apps.merchants.views import inbox, jobs, members, second_factor, security, session, settings, staff

app_name = "merchants"
urlpatterns = [
    path("", session.landing, name="landing"),
    path("login/", session.login, name="login"),
    path("login/factor/", second_factor.second_factor, name="second_factor"),
    path("step-up/", second_factor.step_up, name="step_up"),
    path("logout/", session.logout, name="logout"),
    path("password/", session.password_change, name="password_change"),
    path("password/changed/", session.password_changed, name="password_changed"),
    path("set-password/<uidb64>/<token>/", session.set_password, name="set_password"),
    path("profile/", session.profile, name="profile"),
    path("profile/security/", security.security, name="security"),
    path("profile/security/app/", security.app, name="security_app"),
    path("profile/security/passkeys/add/", security.passkey, name="security_passkey"),
    path("profile/security/factors/<int:pk>/rename/", security.rename, name="security_rename"),
    path("profile/security/factors/<int:pk>/remove/", security.remove, name="security_remove"),
    path("profile/security/recovery/", security.recovery, name="security_recovery"),
    path("profile/security/sessions/end/", security.sessions_end, name="sessions_end"),
    path("profile/security/sessions/<slug:mark>/end/", security.session_end, name="session_end"),
    path("language/", session.language, name="language"),
    path("theme/", session.theme, name="theme"),
    path("staff/merchants/", staff.merchants, name="staff"),
    path("m/<slug:merchant_slug>/", session.home, name="home"),
    path("m/<slug:merchant_slug>/jobs/", jobs.jobs, name="jobs"),
    path("m/<slug:merchant_slug>/jobs/ring/", jobs.ring, name="jobs_ring"),
    path("m/<slug:merchant_slug>/jobs/<int:pk>/cancel/", jobs.cancel, name="job_cancel"),
    path("m/<slug:merchant_slug>/inbox/", inbox.inbox, name="inbox"),
    path("m/<slug:merchant_slug>/inbox/bell/", inbox.bell, name="inbox_bell"),
    path("m/<slug:merchant_slug>/inbox/open/", inbox.open_one, name="inbox_open"),
    path("m/<slug:merchant_slug>/inbox/read/", inbox.read, name="inbox_read"),
    path("m/<slug:merchant_slug>/settings/", settings.settings, name="settings"),
    path("m/<slug:merchant_slug>/settings/edit/", settings.edit, name="settings_edit"),
    path("m/<slug:merchant_slug>/settings/people/", members.people, name="people"),
    path("m/<slug:merchant_slug>/settings/people/add/", members.add, name="member_add"),
    path("m/<slug:merchant_slug>/settings/people/<int:pk>/role/", members.change, name="member_role"),
    path("m/<slug:merchant_slug>/settings/people/<int:pk>/remove/", members.remove, name="member_remove"),
    path("m/<slug:merchant_slug>/settings/roles/", members.roles, name="roles"),
    path("m/<slug:merchant_slug>/settings/bank-accounts/", settings.bank_accounts, name="bank_accounts"),
    path("m/<slug:merchant_slug>/settings/bank-accounts/new/", settings.bank_account, name="bank_account_new"),
    path("m/<slug:merchant_slug>/settings/bank-accounts/<int:pk>/", settings.bank_account, name="bank_account"),
]
