"""The browser fixtures themselves: they see what they are meant to see."""

import pytest

from tests.browser import assert_no_axe_violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_axe_names_what_is_wrong_with_a_page(page):
    page.goto("/healthz")
    page.evaluate("document.body.replaceChildren(document.createElement('img'))")

    with pytest.raises(AssertionError, match="image-alt"):
        assert_no_axe_violations(page)
