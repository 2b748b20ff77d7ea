import gzip
import io
import zipfile

import pytest

from apps.channels.banks.registry import bank_text, parse_bank, recognise
from apps.channels.contracts import FileRefused, Refusal
from tests.channels.banks.american_files import BAI2, SGML, cash, sgml
from tests.channels.banks.camt_files import CAMT, ONE_LINE, camt
from tests.channels.banks.files import CATHAY, MT940, cathay, chase


def zipped(*members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def refusal(format, file):
    with pytest.raises(FileRefused) as refused:
        parse_bank(format, file)
    return refused.value.code, refused.value.params


def test_formats_are_read_by_their_code():
    assert parse_bank("csv", cathay()).lines.height == 4
    assert parse_bank("mt940", chase()).lines.height == 4
    assert parse_bank("camt053", camt()).lines.height == 4
    assert parse_bank("ofx", sgml()).lines.height == 3
    assert parse_bank("bai2", cash()).lines.height == 3


def test_text_is_the_one_whose_lines_are_counted():
    assert bank_text("mt940", MT940.encode(), None) == MT940
    assert bank_text("csv", "金額\n".encode("big5"), "big5") == "金額\n"
    assert bank_text("camt053", ONE_LINE.encode(), None).split("\n")[6].startswith("<Ntry>")


def test_file_of_another_format_is_told_apart():
    assert refusal("csv", chase()) == (Refusal.OTHER_FORMAT, {"found": "MT940", "wanted": "CSV"})
    assert refusal("csv", camt()) == (Refusal.OTHER_FORMAT, {"found": "camt.053", "wanted": "CSV"})
    assert refusal("camt053", chase()) == (Refusal.OTHER_FORMAT, {"found": "MT940", "wanted": "camt.053"})
    assert refusal("mt940", sgml()) == (Refusal.OTHER_FORMAT, {"found": "OFX", "wanted": "MT940"})
    assert refusal("ofx", cash()) == (Refusal.OTHER_FORMAT, {"found": "BAI2", "wanted": "OFX"})
    assert refusal("csv", cathay(b"%PDF-1.7")) == (Refusal.UNREADABLE_FORMAT, {"found": "PDF", "reason": "pdf", "wanted": "CSV"})
    assert refusal("ofx", cathay(b"!Type:Bank\nD8/12/13\n"))[1] == {"found": "QIF", "reason": "qif", "wanted": "OFX"}
    assert refusal("bai2", cathay(b"<!DOCTYPE html><html>"))[1]["found"] == "HTML"
    assert refusal("csv", cathay(b"")) == (Refusal.EMPTY, {})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_content_tells_the_format_whatever_the_name(encoding):
    texts = {"camt053": CAMT, "mt940": MT940, "ofx": SGML, "bai2": BAI2, "": CATHAY}

    assert {recognise(text.encode(encoding)) for text in texts.values()} == set(texts)


def test_packed_file_is_unpacked_and_a_bomb_is_not():
    packed = zipped(("statement.xml", CAMT.encode()))

    assert parse_bank("camt053", camt(packed)).lines.equals(parse_bank("camt053", camt()).lines)
    assert parse_bank("camt053", camt(gzip.compress(CAMT.encode()))).lines.height == 4
    assert bank_text("camt053", packed, None) == CAMT
    two = zipped(("a.xml", CAMT.encode()), ("b.xml", CAMT.encode()))
    assert refusal("camt053", camt(two)) == (Refusal.BAD_ARCHIVE, {"reason": "several"})
    assert refusal("camt053", camt(zipped(("a.xml", b" " * 40_000_000)))) == (Refusal.BAD_ARCHIVE, {"reason": "too_large"})
    assert refusal("camt053", camt(packed[:-20])) == (Refusal.BAD_ARCHIVE, {"reason": "broken"})
