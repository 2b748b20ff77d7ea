"""The frame: what the navigation shows to whom, badges of other apps, and the switcher."""

import pytest
from django.test import Client, RequestFactory

from apps.core import ui
from apps.core.panels import Cell, bars
from apps.core.ui import Badge, badge_for, register_badge
from apps.merchants import context
from apps.merchants.models import Membership
from tests import cast


def request_of(user, merchant=None, path="/"):
    request = RequestFactory().get(path)
    request.user = user
    if merchant:
        request.merchant, request.membership = merchant, user.memberships.get(merchant=merchant)
    return request


@pytest.mark.django_db
def test_an_entry_without_a_page_is_left_out_and_the_current_one_is_marked(monkeypatch):
    shop = cast.make_merchant()
    entries = [("merchants:people", "users", "People", "People", "view_settings"), ("nowhere:page", "home", "Gone", "Gone", "view_money")]
    monkeypatch.setattr(context, "NAVIGATION", [*entries, ("merchants:settings_edit", "edit", "Edit", "Edit", "edit_settings")])
    frames = [context.Frame(request_of(make(shop), shop, "/m/qingtian/settings/people/")) for make in (cast.owner, cast.viewer)]

    assert [[(entry.label, entry.is_current) for entry in frame.nav] for frame in frames] == [
        [("People", True), ("Edit", False)],
        [("People", True)],
    ]


@pytest.mark.django_db
def test_badges_are_asked_for_this_merchant(monkeypatch):
    monkeypatch.setattr(ui, "_badges", {})
    register_badge("merchants:settings", lambda merchant, user: Badge(f"{merchant.slug} {user.name}", "amber"))
    shop = cast.make_merchant()
    client = Client()
    client.force_login(cast.owner(shop, name="Lin"), backend="django.contrib.auth.backends.ModelBackend")

    page = client.get("/m/qingtian/settings/").content.decode()

    assert '<span class="nav-badge tone-amber">qingtian Lin</span>' in page
    assert badge_for("merchants:people", shop, None) is None


@pytest.mark.django_db
def test_the_switcher_lists_the_persons_merchants_practice_last():
    user = cast.owner(cast.make_merchant(is_practice=True, name="A practice"))
    Membership.objects.create(merchant=cast.make_merchant("real", name="Real"), user=user, role="viewer")
    cast.make_merchant("strange", name="Strange")

    frame = context.Frame(request_of(user))

    assert [(one.name, one.href) for one in frame.merchants] == [("Real", "/m/real/"), ("A practice", "/m/qingtian/")]
    assert (frame.nav, frame.search_url, frame.jobs_url, frame.home) == ([], "", "", "/")


def test_the_composition_bar_is_whole_and_thin_parts_stay_visible():
    drawn = bars([Cell("a", "1", share=0), Cell("b", "1", share=7500), Cell("c", "1", share=2499), Cell("d", "1", share=1)])

    assert [(bar.part, bar.x, bar.width) for bar in drawn] == [(1, 0, 745), (2, 746, 249), (3, 996, 3)]
    assert bars([]) == []
