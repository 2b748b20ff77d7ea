"""Which papers a provider wants to see before real money moves, by the country of its contract. No Django here but for the words."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Paper:
    """One document of the checklist. One that `expires` asks for its last day."""

    code: str
    label: Promise
    help: Promise
    expires: bool = False


REGISTRATION = Paper("registration", _("Company or trade registration"), _("Issued by the authority; not older than three months."))
IDENTITY = Paper(
    "identity", _("Identity document of who represents the shop"), _("Both sides, all four corners in the picture."), expires=True
)
BANK_BOOK = Paper("bank_book", _("Bank book or statement of the receiving account"), _("Name and account number must be legible."))
WEBSITE = Paper(
    "website", _("Pages of the shop: goods, prices, returns, contact"), _("As a PDF or pictures; providers look at these first.")
)
CONTRACT = Paper(
    "contract", _("Signed contract with the provider"), _("With the rates, so that fees can be checked against it."), expires=True
)
LICENCE = Paper("licence", _("Business licence"), _("With the unified social credit code legible."), expires=True)
ACCOUNT_PERMIT = Paper("account_permit", _("Permit of the settlement account"), _("Or the bank's proof of opening."))
FILING = Paper("filing", _("Filing of the website"), _("The ICP number as the authority shows it."))

_BY_COUNTRY = {
    "TW": (REGISTRATION, IDENTITY, BANK_BOOK, WEBSITE, CONTRACT),
    "CN": (LICENCE, IDENTITY, ACCOUNT_PERMIT, FILING, CONTRACT),
}
_ELSEWHERE = (REGISTRATION, IDENTITY, BANK_BOOK, WEBSITE)
PAPERS = {paper.code: paper for papers in (*_BY_COUNTRY.values(), _ELSEWHERE) for paper in papers}


def papers_for(countries: tuple[str, ...]) -> tuple[Paper, ...]:
    """The checklist of a provider, by the first country it works in."""
    return _BY_COUNTRY.get(countries[0] if countries else "", _ELSEWHERE)
