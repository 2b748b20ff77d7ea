"""Pages of the platform about shops' papers, under /staff/."""

from django.urls import path

from apps.channels.views import staff

app_name = "qualification"
urlpatterns = [
    path("papers/", staff.cases, name="cases"),
    path("papers/<int:pk>/", staff.case, name="case"),
    path("papers/<int:pk>/decide/", staff.decide, name="decide"),
    path("papers/<int:pk>/files/<int:paper_pk>/", staff.paper, name="paper"),
]
