"""What Airwallex's error codes and states mean, as data. https://www.airwallex.com/docs/api/introduction

Only some names are published; what is not listed leaves the outcome open.
"""

from apps.channels import sentences as say
from apps.channels.return_codes import CodeClass, ReturnCodes
from apps.channels.sentences import declined, listed

CODES: ReturnCodes = {
    **listed(CodeClass.OK, "", "SETTLED SUCCEEDED"),
    **listed(CodeClass.PENDING, "", "RECEIVED ACCEPTED"),
    **listed(CodeClass.STATE, "", "FAILED"),
    **declined(say.NO_REASON, "provider_declined"),
    **listed(CodeClass.DUPLICATE, say.DONE_BEFORE, "duplicate_request"),
    **listed(CodeClass.STATE, say.TOO_MUCH, "too_much"),
    **listed(
        CodeClass.RETRY,
        say.BUSY,
        "too_many_requests no_answer timeout unreadable answer_differs http_429 http_500 http_502 http_503 http_504",
    ),
    **listed(CodeClass.CONFIG, say.KEYS, "credentials_expired credentials_invalid http_401"),
    **listed(CodeClass.CONFIG, say.PERMISSION, "unauthorized http_403"),
    **listed(CodeClass.CONFIG, say.SETUP, "validation_error invalid_argument"),
    **listed(CodeClass.CONFIG, say.NOT_SENT, "no_payment_id"),
    **listed(CodeClass.NOT_FOUND, say.UNHEARD, "resource_not_found not_found http_404"),
}
FINAL = (CodeClass.DECLINED, CodeClass.CONFIG, CodeClass.STATE, CodeClass.DUPLICATE, CodeClass.NOT_FOUND)
