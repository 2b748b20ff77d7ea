"""Points and sales on account, given back in the shop's own books: there is nobody to be called, so an approved refund is done at once."""

from datetime import datetime

from apps.channels.gateways import Account, Acknowledgement, NoticeForged, Outcome, RefundAnswer, RefundCall

CODE = "own_books"


class OwnBooks:
    """Keeps nothing: that the refund was submitted is all that it needs, so asked about it says the same."""

    def __init__(self, account: Account):
        self.account = account

    def refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`."""
        return RefundAnswer(Outcome.SUCCEEDED, call.key, CODE, raw={"key": call.key})

    def query_refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`."""
        return self.refund(call)

    def read_notices(self, headers: dict[str, str], body: bytes, at: datetime) -> list:
        """Nobody has anything to tell."""
        raise NoticeForged

    def acknowledgement(self) -> Acknowledgement:
        return Acknowledgement()
