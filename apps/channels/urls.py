"""Pages of channels. What is no channel's own page stands under `-`, which no channel code can be."""

from django.urls import URLPattern, path

from apps.channels.views import calendars, calls, channels, credentials, fees, files, papers, studio

app_name = "channels"


def _studio(start: str, name: str, lane: str) -> list[URLPattern]:
    """The addresses of a mapping page: the same for channels and for bank accounts."""
    parts = {"": studio.page, "_preview": studio.preview, "_sample": studio.sample, "_load": studio.load, "_download": studio.download}
    return [path(f"{start}{part[1:] and part[1:] + '/'}", view, {"lane": lane}, name=f"{name}{part}") for part, view in parts.items()]


urlpatterns = [
    path("channels/", channels.index, name="channels"),
    path("channels/-/new/", channels.add, name="add"),
    path("channels/-/file/", files.upload, name="file"),
    path("channels/-/file/merchant.toml", files.download, name="file_download"),
    path("channels/-/calendars/<str:calendar_code>/", calendars.edit, name="calendar_edit"),
    path("channels/-/calendars/<str:calendar_code>/forget/", calendars.forget, name="calendar_forget"),
    *_studio("channels/-/bank-accounts/<slug:code>/mapping/", "bank_mapping", "bank"),
    path("channels/<slug:code>/", channels.detail, name="channel"),
    path("channels/<slug:code>/edit/", channels.edit, name="edit"),
    path("channels/<slug:code>/switch/", channels.switch, name="switch"),
    path("channels/<slug:code>/statements/", channels.statements, name="statements"),
    path("channels/<slug:code>/credentials/", credentials.credentials, name="credentials"),
    path("channels/<slug:code>/test/", credentials.test, name="test"),
    path("channels/<slug:code>/papers/", papers.papers, name="papers"),
    path("channels/<slug:code>/papers/add/", papers.add, name="paper_add"),
    path("channels/<slug:code>/papers/submit/", papers.submit, name="papers_submit"),
    path("channels/<slug:code>/papers/<int:pk>/", papers.download, name="paper"),
    path("channels/<slug:code>/calls/", calls.index, name="calls"),
    path("channels/<slug:code>/calls/<int:pk>/", calls.call, name="call"),
    path("channels/<slug:code>/notices/", calls.notices, name="notices"),
    path("channels/<slug:code>/notices/<int:pk>/", calls.notice, name="notice"),
    *_studio("channels/<slug:code>/mapping/", "mapping", "channel"),
    path("channels/<slug:code>/fees/", fees.index, name="fees"),
    path("channels/<slug:code>/fees/new/", fees.add, name="fee_add"),
    path("channels/<slug:code>/fees/<int:pk>/withdraw/", fees.withdraw, name="fee_withdraw"),
    path("channels/<slug:code>/calendar/", calendars.month, name="calendar"),
]
