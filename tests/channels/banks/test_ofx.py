import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from ofxparse import OfxParser

from apps.channels.banks.ofx import parse
from apps.channels.contracts import BANK_SCHEMA, FileRefused, Note, NoteCode, Refusal, Reject
from tests.channels.banks.american_files import SGML, sgml
from tests.channels.banks.files import MUTATIONS, SEEDS, mutated

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="220"?>\n'
LEAVES = ("CODE", "SEVERITY", "DTSERVER", "TRNUID", "CURDEF", "BANKID", "ACCTID", "ACCTTYPE", "DTSTART", "DTEND", "TRNTYPE", "DTPOSTED",
          "DTAVAIL", "TRNAMT", "FITID", "NAME", "MEMO", "CHECKNUM", "REFNUM", "BALAMT", "DTASOF")  # fmt: skip


def as_xml() -> str:
    """The same statement in version 2: every value closed."""
    text = SGML[SGML.index("<OFX>") :]
    for leaf in LEAVES:
        pieces = text.split(f"<{leaf}>")
        closed = [piece if at == 0 else piece.replace("<", f"</{leaf}><", 1) for at, piece in enumerate(pieces)]
        text = f"<{leaf}>".join(closed)
    return HEAD + text


def refusal(file):
    with pytest.raises(FileRefused) as refused:
        parse(file)
    return refused.value.code, refused.value.params


def test_bookings_with_their_lines_references_and_days():
    bank = parse(sgml())

    assert dict(bank.lines.schema) == BANK_SCHEMA
    assert bank.lines.select("row_no", "booked_on", "value_on", "amount", "reference", "memo").rows() == [
        (12, date(2026, 9, 2), date(2026, 9, 2), 18_612, "F1", "STRIPE po_1Qab & fees"),
        (13, date(2026, 9, 3), date(2026, 9, 4), -300_000, "101", "Rent"),
        (14, date(2026, 9, 3), date(2026, 9, 3), -50, "R-3", ""),
    ]
    assert (bank.account, bank.opening, bank.closing, bank.breaks) == ("000000009012", None, 118_562, ())
    assert (bank.first_day, bank.last_day, bank.rows_in) == (date(2026, 9, 1), date(2026, 9, 30), 3)


def test_xml_and_sgml_say_the_same():
    assert parse(sgml(as_xml())).lines.drop("row_no").equals(parse(sgml()).lines.drop("row_no"))
    assert parse(sgml(as_xml().encode("utf-16"))).lines.height == 3


def test_the_library_reads_the_same_amounts_and_numbers():
    theirs = OfxParser.parse(io.BytesIO(SGML.encode())).account.statement.transactions

    ours = parse(sgml()).lines
    assert [each.amount for each in theirs] == [Decimal(amount) / 100 for amount in ours["amount"]]
    assert [each.id for each in theirs] == ["F1", "F2", "F3"]


def test_fitid_is_the_identity_and_a_second_one_is_flagged():
    first = SGML.splitlines(keepends=True)[11]
    usual = parse(sgml()).lines["row_hash"].to_list()

    assert parse(sgml(SGML.replace("STRIPE", "Stripe Inc"))).lines["row_hash"].to_list() == usual
    assert parse(sgml(SGML.replace(">F1", ">F9"))).lines["row_hash"][0] != usual[0]
    twice = parse(sgml(SGML.replace(first, first + first)))
    assert (twice.lines.height, twice.breaks) == (4, (13,))


@pytest.mark.parametrize(
    ("change", "code", "value"),
    [
        (("186.12", "1,186.12"), Reject.BAD_AMOUNT, "1,186.12"),
        (("186.12", "186.125"), Reject.EXCESS_DIGITS, "186.125"),
        (("186.12", "1,125"), Reject.EXCESS_DIGITS, "1,125"),  # the comma is a decimal point
        (("186.12", "null"), Reject.BAD_AMOUNT, "null"),
        (("<TRNAMT>186.12", ""), Reject.MISSING_VALUE, ""),
        (("<FITID>F1", ""), Reject.MISSING_VALUE, ""),
        (("20260902120000[-5:EST]", "20260931"), Reject.BAD_TIME, "20260931"),
        (("<NAME>STRIPE", "<CURRENCY><CURRATE>1.1<CURSYM>EUR</CURRENCY><NAME>S"), Reject.BAD_CURRENCY, "EUR"),
    ],
)
def test_booking_that_cannot_be_read_is_rejected_with_its_line(change, code, value):
    bank = parse(sgml(SGML.replace(*change, 1)))

    assert [(found.row_no, found.code, found.value) for found in bank.rejections] == [(12, code, value)]
    assert (bank.lines.height, bank.rows_in) == (2, 3)


@pytest.mark.parametrize(("written", "amount"), [("186,12", 18_612), ("+186.120", 18_612), ("186", 18_600), ("-.07", -7)])
def test_amounts(written, amount):
    assert parse(sgml(SGML.replace("186.12", written, 1))).lines["amount"][0] == amount


def test_pending_bookings_and_other_accounts_are_named():
    pending = "</BANKTRANLIST><BANKTRANLISTP><STMTTRNP><TRNAMT>1</STMTTRNP></BANKTRANLISTP>"
    other = SGML[SGML.index("<STMTRS>") : SGML.index("</STMTTRNRS>")].replace("000000009012", "000000007777")
    both = SGML.replace("</BANKTRANLIST>", pending).replace("</STMTTRNRS>", f"</STMTTRNRS><STMTTRNRS>{other}</STMTTRNRS>")

    bank = parse(sgml(both))

    assert bank.lines.height == 3
    assert bank.notes == (Note(NoteCode.OTHER_ACCOUNTS, 1, "000000007777 USD"), Note(NoteCode.PENDING, 1))


def test_refusals_say_why_and_where():
    assert refusal(sgml(b""))[0] == Refusal.EMPTY
    assert refusal(sgml(SGML[: SGML.index("<LEDGERBAL>")])) == (Refusal.CUT_SHORT, {"row": 15, "wanted": "</OFX>"})
    assert refusal(sgml(SGML.replace("</STMTTRN>", "", 1))) == (Refusal.BAD_FORMAT, {"row": 15, "reason": "</BANKTRANLIST>"})
    assert refusal(sgml(SGML.replace("<OFX>", '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/">\n<OFX>')))[1]["reason"] == "entities"
    assert refusal(sgml(account="****1111")) == (Refusal.OTHER_ACCOUNT, {"expected": "****1111", "found": "000000009012"})
    assert refusal(sgml(currency="CAD")) == (Refusal.OTHER_CURRENCY, {"expected": "CAD", "found": "USD"})
    assert refusal(sgml(SGML.replace("<ACCTID>000000009012", "")))[1] == {"row": 10, "reason": "ACCTID, CURDEF"}
    assert refusal(sgml("<OFX><STATUS><CODE>15500<MESSAGE>Signon invalid</STATUS></OFX>"))[1] == {"row": 1, "reason": "Signon invalid"}
    assert refusal(sgml("<OFX><INVSTMTRS></INVSTMTRS></OFX>")) == (
        Refusal.OTHER_REPORT, {"found": "OFX INVSTMTRS", "wanted": "OFX STMTRS"}
    )  # fmt: skip
    assert refusal(sgml("<A>" * 5000 + "<OFX>"))[0] == Refusal.CUT_SHORT
    assert refusal(sgml("<OFX>" + "<A>" * 5000 + "</A>" * 5000 + "</OFX>"))[0] == Refusal.BAD_FORMAT


@MUTATIONS
@given(SEEDS)
def test_injured_files_are_refused_or_read_row_by_row(seed):
    # The format states no sum of its rows, so what can be held is that each booking with its number still has its amount.
    whole = {"F1": 18_612, "F2": -300_000, "F3": -50}
    try:
        bank = parse(sgml(mutated(SGML.encode(), seed)))
    except FileRefused:
        return

    assert bank.rows_in == bank.lines.height + len(bank.rejections)
    assert bank.lines.height <= len(whole) or bank.breaks or bank.lines["row_hash"].n_unique() == bank.lines.height
