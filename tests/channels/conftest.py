"""Fixtures for the tests of channels."""

import pytest
from django.utils import translation


@pytest.fixture
def in_english():
    """Sentences are compared in the language of their msgids."""
    with translation.override("en"):
        yield
