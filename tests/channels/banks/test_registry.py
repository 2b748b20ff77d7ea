import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.channels.banks.registry import FORMATS, bank_record, bank_text, parse_bank, proved_format, recognise
from apps.channels.contracts import FileRefused, Refusal, StatementFile
from tests.channels.banks.american_files import BAI2, SGML, cash, sgml
from tests.channels.banks.camt_files import CAMT, ONE_LINE, camt
from tests.channels.banks.files import CATHAY, CATHAY_MAPPING, MT940, MUTATIONS, SEEDS, cathay, chase, mutated


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
    assert bank_text("mt940", MT940.encode(), {}) == MT940
    assert bank_text("csv", "金額\n".encode("big5"), {"encoding": "big5"}) == "金額\n"
    assert bank_text("camt053", ONE_LINE.encode(), {}).split("\n")[6].startswith("<Ntry>")


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
    assert bank_text("camt053", packed, {}) == CAMT
    two = zipped(("a.xml", CAMT.encode()), ("b.xml", CAMT.encode()))
    assert refusal("camt053", camt(two)) == (Refusal.BAD_ARCHIVE, {"reason": "several"})
    assert refusal("camt053", camt(zipped(("a.xml", b" " * 40_000_000)))) == (Refusal.BAD_ARCHIVE, {"reason": "too_large"})
    assert refusal("camt053", camt(packed[:-20])) == (Refusal.BAD_ARCHIVE, {"reason": "broken"})


@pytest.mark.parametrize(
    ("format", "text", "row_no", "first", "last"),
    [
        ("camt053", CAMT, 11, "<Ntry>", "</Ntry>"),
        ("camt053", CAMT, 27, "<TxDtls>", "</TxDtls>"),
        ("mt940", MT940, 5, ":61:2609010901C55,82NTRFNONREF//B00000000", "/REF/1001799000786"),
        ("bai2", BAI2, 5, "16,165,18612,V,260902,,B-1,po_1Qab,STRIPE, PAYMENTS/1", "88,second line"),
        ("csv", CATHAY, 3, CATHAY.split("\n")[2], CATHAY.split("\n")[2]),
    ],
)
def test_record_of_a_row_is_shown_whole(format, text, row_no, first, last):
    lines = bank_record(format, text.encode(), {}, row_no).split("\n")

    assert (lines[0].split("<Refs")[0], lines[-1][-len(last) :]) == (first, last)
    assert bank_record(format, text.encode(), {}, 9_999) == ""


def test_proved_format_needs_no_account():
    assert [proved_format(text.encode()) for text in (CAMT, MT940, SGML, BAI2, CATHAY, "")] == ["camt053", "mt940", "ofx", "bai2", "", ""]
    with pytest.raises(FileRefused) as refused:
        proved_format(b"!Type:Bank\nD8/12/13\n")
    assert refused.value.code == Refusal.UNREADABLE_FORMAT


@MUTATIONS
@given(SEEDS, st.sampled_from(sorted(FORMATS)), st.sampled_from([CAMT, ONE_LINE, MT940, SGML, BAI2, CATHAY]))
def test_no_damage_and_no_wrong_format_ever_crashes(seed, format, text):
    data = mutated(text.encode(), seed)
    file = StatementFile("x", data, "UTC", "USD", "", CATHAY_MAPPING)
    try:
        bank_record(format, data, CATHAY_MAPPING, 5)
        bank = parse_bank(format, file)
    except FileRefused:
        return

    assert bank.rows_in == bank.lines.height + len(bank.rejections)


@pytest.mark.parametrize(("format", "file"), [("csv", cathay), ("mt940", chase), ("camt053", camt), ("ofx", sgml), ("bai2", cash)])
def test_nul_is_refused_with_its_line(format, file):
    data = file().data
    at = data.index(b"9012" if format not in ("csv", "camt053") else b"4")

    assert refusal(format, file(data[:at] + b"\0" + data[at:])) == (
        Refusal.BAD_FORMAT, {"row": data.count(b"\n", 0, at) + 1, "reason": "nul"}
    )  # fmt: skip
