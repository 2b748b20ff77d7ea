"""Every file of a practice world is taken in, in any order: the guard stops none of them. In their own order: worlds/test_worlds.py."""

import pytest

from tests.settlements.worlds.test_worlds import WORLDS, assert_no_file_is_stopped, load_shuffled

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not (WORLDS / "score.py").exists(), reason="the practice worlds are not beside this checkout (HEZHANG_SHARED)"),
]


def test_no_file_of_a_world_is_stopped():
    load_shuffled(WORLDS / "basic" / "drop", seed=2)

    assert_no_file_is_stopped()
