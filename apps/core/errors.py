"""The base of every error that a person may see. Each app derives its own, named for the reader."""


class HezhangError(Exception):
    """Anticipated: shown to the person as `message`, a translated sentence; nothing was changed when it is raised."""

    message = ""

    def __init__(self, message=None, **params):
        self.params = params
        text = message or self.message
        self.message = str(text) % params if params else text
        super().__init__(str(self.message))
