"""The registry of risk signs."""

import pytest

from apps.core import signs
from apps.core.ui import Chip


@pytest.fixture(autouse=True)
def nobody(monkeypatch):
    monkeypatch.setattr(signs, "_readers", {})


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


def test_a_list_is_asked_once_and_only_of_those_who_answer_for_lists():
    class Row:
        def __init__(self, pk):
            self.pk = pk

    asked = []

    def many(merchant, subjects):
        asked.append(len(subjects))
        return {2: [Chip("b", "amber"), Chip("a", "red")]}

    signs.register_signs(lambda merchant, subject: [Chip("one by one")])
    signs.register_signs(lambda merchant, subject: [], many)
    found = signs.signs_for_many("m", [Row(1), Row(2)])
    assert {pk: [chip.text for chip in chips] for pk, chips in found.items()} == {1: [], 2: ["a", "b"]}
    assert asked == [2]
    assert signs.signs_for_many("m", []) == {}
