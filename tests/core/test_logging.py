"""Log lines name events and ids; what a function held in its hands stays out of them."""

import logging

import pytest

from apps.core.logging import logging_config


@pytest.mark.parametrize("as_json", [True, False])
def test_traceback_carries_no_local_variables(as_json):
    formatter = logging_config(as_json=as_json, level="INFO")["formatters"]["line"]
    line = formatter.pop("()")(**formatter)

    def fail():
        card = "4111111111111111"
        raise ValueError(len(card))

    try:
        fail()
    except ValueError as error:
        record = logging.LogRecord(
            "hezhang", logging.ERROR, __file__, 1, "Unable to pay payment=%s", (7,), (ValueError, error, error.__traceback__)
        )

    text = line.format(record)
    assert "Unable to pay payment=7" in text
    assert "ValueError: 16" in text
    assert text.count("4111111111111111") == 0
