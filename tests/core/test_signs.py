"""The registry of risk signs."""

import pytest

from apps.core import signs
from apps.core.ui import Chip


@pytest.fixture(autouse=True)
def nobody(monkeypatch):
    monkeypatch.setattr(signs, "_readers", [])


def test_no_reader_no_signs():
    assert signs.signs_for("m", "s") == []


def test_gravest_first_and_asked_with_merchant_and_subject():
    seen = []

    def first(merchant, subject):
        seen.append((merchant, subject))
        return [Chip("a", "neutral"), Chip("b", "amber")]

    signs.register_signs(first)
    signs.register_signs(lambda merchant, subject: [Chip("c", "red")])
    signs.register_signs(first)
    assert [chip.text for chip in signs.signs_for("m", "s")] == ["c", "b", "a"]
    assert seen == [("m", "s")]
