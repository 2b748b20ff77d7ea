"""Addresses of settlements, under `/m/<slug>/`."""

from django.urls import path

from apps.settlements.views import files

app_name = "settlements"
urlpatterns = [
    path("statements/", files.statements, name="statements"),
    path("statements/upload", files.upload, name="upload"),
    path("statements/import", files.post_files, name="post_files"),
    path("statements/jobs/<int:pk>", files.job, name="job"),
    path("statements/<slug:lane>/<int:pk>/", files.file, name="file"),
    path("statements/<slug:lane>/<int:pk>/download", files.download, name="download"),
    path("statements/<slug:lane>/<int:pk>/withdraw", files.withdraw, name="withdraw"),
    path("statements/<slug:lane>/<int:pk>/drop", files.drop, name="drop"),
]
