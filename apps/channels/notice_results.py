"""What became of a notice, in words: its row keeps a code and whom it was about."""

from django.utils.translation import gettext_lazy

WORDS = {
    "moved": gettext_lazy("%(about)s was changed by it"),
    "known": gettext_lazy("%(about)s stood so already"),
    "tied": gettext_lazy("%(about)s joined the books"),
    "no_payment": gettext_lazy("no payment here has this number %(about)s"),
    "amount_differs": gettext_lazy("another amount than was asked for: %(about)s"),
    "not_submitted": gettext_lazy("%(about)s was not sent yet"),
    "not_done": gettext_lazy("a refund of somebody else that is not done yet"),
    "unlike_payment": gettext_lazy("a refund that does not fit its payment"),
    "number_taken": gettext_lazy("another refund has this number already: %(about)s"),
    "exceeds_payment": gettext_lazy("more than is left of the payment: %(about)s"),
    "dropped": gettext_lazy("%(about)s more like it were counted and not kept"),
    "read_again": gettext_lazy("read again: it tells %(about)s things"),
    "asked": gettext_lazy("the storefront is read for what changed: %(about)s"),
    "unread": gettext_lazy("orders are not read from here"),
    "no_desk": gettext_lazy("nobody keeps disputes here"),
    "dispute": gettext_lazy("dispute %(about)s was noted"),
}
TROUBLE = "trouble"
TROUBLES = {
    "late": gettext_lazy("%(about)s was paid after it had expired: to be judged"),
    "twice": gettext_lazy("%(about)s was paid late, when the order was paid otherwise: to be judged"),
    "after_end": gettext_lazy("%(about)s was paid, though it had failed or was cancelled: to be judged"),
    "amount": gettext_lazy("another amount was paid on %(about)s: to be judged"),
    "currency": gettext_lazy("another currency was paid on %(about)s: to be judged"),
    "": gettext_lazy("the provider took back what it had said of %(about)s"),
}


def result_words(result: str) -> str:
    """As people read it; a sentence that was kept as such stays as it is."""
    code, _blank, about = result.partition(" ")
    if code == TROUBLE:
        kind, _blank, about = about.partition(" ")
        return str(TROUBLES[kind]) % {"about": about} if kind in TROUBLES else result
    return (str(WORDS[code]) % {"about": about}).strip() if code in WORDS else result
