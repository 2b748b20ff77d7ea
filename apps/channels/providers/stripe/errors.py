"""What the library's errors say. An error about the content of a request (400 to 404) had no effect; all others leave it open.

https://docs.stripe.com/error-low-level
"""

import stripe

TIMEOUTS = (5.0, 20.0)  # seconds to connect, to read
ASKS = 3  # tries of one question; an action is sent once
ASK_FOR = 40.0  # seconds that all tries may take; the caller's lease is longer
REFUSED = (400, 401, 402, 403, 404)
BROKEN = (AttributeError, KeyError, TypeError, ValueError)  # how the library falls over an answer that is none


def code_of(error: stripe.StripeError) -> str:
    """The finest code there is: why a card was declined, else what was wrong, else the library's name of the error."""
    if isinstance(error, stripe.APIConnectionError):
        return "no_answer"
    said = error.error
    return str(getattr(said, "decline_code", None) or error.code or getattr(said, "code", None) or type(error).__name__)


def is_refusal(error: stripe.StripeError) -> bool:
    """Whether nothing came of the request. A reused or busy key and a speed limit are none: another call may have acted."""
    if isinstance(error, stripe.IdempotencyError | stripe.RateLimitError) or error.http_status not in REFUSED:
        return False
    return (error.headers or {}).get("stripe-should-retry") != "true"


def is_passing(error: Exception) -> bool:
    """Worth asking again at once."""
    if isinstance(error, stripe.APIConnectionError | stripe.RateLimitError):
        return True
    return isinstance(error, stripe.APIError) and (error.http_status or 500) >= 500


def sentence_of(error: stripe.StripeError, secret: str) -> str:
    """Stripe's own sentence, without our secret."""
    said = "" if isinstance(error, stripe.APIConnectionError) else error.user_message
    return str(said or type(error).__name__).replace(secret, "…")[:300]
