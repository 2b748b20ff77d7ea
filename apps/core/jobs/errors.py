"""What can go wrong with a job, apart from the work itself."""

from django.utils.translation import gettext_lazy as _

from apps.core.errors import HezhangError


class JobHasEnded(HezhangError):
    """Cancelling came too late: the job is done, failed or cancelled already."""

    message = _("This job has already ended.")


class UnknownKind(LookupError):
    """No handler is registered for this kind of job: a programming error, never a person's."""


class JobStopped(Exception):
    """Raised into a handler by its next progress call: the job was cancelled, or another worker took it over."""
