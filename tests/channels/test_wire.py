"""One HTTP conversation with a provider: what is repeated, and what is never written down."""

import pytest
import stamina

from apps.channels.wire import NoAnswer, Wire


def test_a_question_nobody_answers_is_repeated_and_no_key_stands_in_the_log(caplog):
    wire = Wire("http://127.0.0.1:9", secrets=("s3cret-key",))

    with stamina.set_testing(True, attempts=2), pytest.raises(NoAnswer):
        wire.ask("GET", "/x", headers={"authorization": "Bearer s3cret-key"})

    assert "retry" in caplog.text
    assert "s3cret-key" not in caplog.text
    assert [one["error"] for one in wire.record()["exchanges"]] == ["no_answer", "no_answer"]
