"""Requests in what a provider looks at, so that ours and an official library's can be compared."""

import json

from tests.channels.fakes.server import Asked, FakeProvider


def conversation(fake: FakeProvider, *headers: str) -> list[dict]:
    """All that was asked of a fake, in turn, with the named headers; a content type says something only about a body."""
    return [_said(asked, headers) for asked in fake.requests]


def _said(asked: Asked, headers: tuple[str, ...]) -> dict:
    kind = asked.headers.get("content-type", "").partition(";")[0] if asked.body else ""
    body = json.loads(asked.body) if kind == "application/json" else asked.form
    return {"to": f"{asked.method} {asked.path}", "query": asked.query, "type": kind, "body": body,
            "headers": {name: asked.headers.get(name) for name in headers}}  # fmt: skip
