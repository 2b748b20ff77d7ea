import pytest
from django.utils import translation

from apps.core import clock
from tests import cast


@pytest.fixture(autouse=True)
def english():
    """Words as they stand in the code."""
    with translation.override("en"):
        yield


@pytest.fixture
def shop(db, monkeypatch):
    """The merchant, at cast.NOW."""
    monkeypatch.setattr(clock, "now", lambda: cast.NOW)
    return cast.make_merchant()


@pytest.fixture
def ecpay(shop):
    return cast.make_channel(shop)


@pytest.fixture
def lin(shop):
    return cast.accountant(shop, name="林怡君", language="en")


@pytest.fixture
def browser(client, lin):
    """The accountant's."""
    client.force_login(lin, backend="django.contrib.auth.backends.ModelBackend")
    return client
