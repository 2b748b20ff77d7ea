import pytest

from apps.channels.banks.registry import bank_text, parse_bank
from apps.channels.contracts import FileRefused, Refusal
from tests.channels.banks.camt_files import ONE_LINE, camt
from tests.channels.banks.files import MT940, cathay, chase


def refusal(format, file):
    with pytest.raises(FileRefused) as refused:
        parse_bank(format, file)
    return refused.value.code, refused.value.params


def test_formats_are_read_by_their_code():
    assert parse_bank("csv", cathay()).lines.height == 4
    assert parse_bank("mt940", chase()).lines.height == 4
    assert parse_bank("camt053", camt()).lines.height == 4


def test_text_is_the_one_whose_lines_are_counted():
    assert bank_text("mt940", MT940.encode(), None) == MT940
    assert bank_text("csv", "金額\n".encode("big5"), "big5") == "金額\n"
    assert bank_text("camt053", ONE_LINE.encode(), None).split("\n")[6].startswith("<Ntry>")


def test_file_of_another_format_is_told_apart():
    assert refusal("csv", chase()) == (Refusal.OTHER_REPORT, {"found": "mt940", "wanted": "csv"})
    assert refusal("mt940", cathay(b"PK\x03\x04 ...")) == (Refusal.OTHER_REPORT, {"found": "zip or xlsx", "wanted": "mt940"})
    assert refusal("csv", cathay(b"%PDF-1.7")) == (Refusal.OTHER_REPORT, {"found": "pdf", "wanted": "csv"})
    assert refusal("csv", camt()) == (Refusal.OTHER_REPORT, {"found": "camt053", "wanted": "csv"})
    assert refusal("camt053", chase()) == (Refusal.OTHER_REPORT, {"found": "mt940", "wanted": "camt053"})
    assert refusal("csv", cathay(b"")) == (Refusal.EMPTY, {})
