"""What pages share that is not a template: the kind of request, a page's answer, the states of colour, counts in the navigation."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


class Tone(StrEnum):
    """Colour means state and only state; every tone comes with an icon or a word."""

    NEUTRAL = "neutral"  # fine, or waiting
    OUTLINE = "outline"  # not started
    AMBER = "amber"  # look
    RED = "red"  # act
    GREEN = "green"  # just done


TONE_ICONS = {
    Tone.NEUTRAL: "check",
    Tone.OUTLINE: "circle-dashed",
    Tone.AMBER: "alert-triangle",
    Tone.RED: "alert-circle",
    Tone.GREEN: "circle-check",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A state in two to eight words; an empty icon takes the tone's own."""

    text: str
    tone: str = Tone.NEUTRAL
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Badge:
    """What stands at the right of a navigation entry: a count, or a deadline in its tone."""

    text: str
    tone: str = ""


# url name -> the badge of that navigation entry; apps add theirs in `AppConfig.ready`, since the frame may not look upward.
_badges: dict[str, Callable] = {}


def register_badge(url_name: str, badge: Callable) -> None:
    """`badge(merchant, user) -> Badge | None` is asked once for every full page."""
    _badges[url_name] = badge


def badge_for(url_name: str, merchant, user) -> Badge | None:
    """The badge of an entry, or None where nobody registered one."""
    return _badges[url_name](merchant, user) if url_name in _badges else None


# job kind -> its name for people; apps add theirs in `AppConfig.ready`.
_job_names: dict[str, str] = {}


def name_job(kind: str, label: str) -> None:
    """Gives a kind of job the words that the list of jobs shows; `label` is lazily translated."""
    _job_names[kind] = label


def job_name(kind: str) -> str:
    """The words for a kind of job, or the kind itself."""
    return str(_job_names.get(kind, kind))


def wants_partial(request: HttpRequest) -> bool:
    """True when htmx asks for a part of the page; a boosted link asks for the whole."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true" and headers.get("HX-Boosted") != "true" and headers.get("HX-History-Restore-Request") != "true"
    )


def render_page(request: HttpRequest, page: str, partial: str, context: dict, *, status: int = 200) -> HttpResponse:
    """One address serves the page and its part. Caches must keep the two apart, hence Vary."""
    response = render(request, partial if wants_partial(request) else page, context, status=status)
    response.headers["Vary"] = ", ".join(filter(None, [response.headers.get("Vary", ""), "HX-Request"]))
    return response
