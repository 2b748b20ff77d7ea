"""The door of providers' notices: they come by the thousand, carry no session and see no page, so they pass by all that serves people."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse

from apps.orders.views.notices import notice

START = "/notices/"


class NoticeDoor:
    """Stands first: an address for notices is answered here, every other goes on. What goes wrong is an answer of 500, as anywhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(START):
            return self.get_response(request)
        public_id, _slash, rest = request.path_info.removeprefix(START).partition("/")
        if rest or not public_id:
            return self.get_response(request)
        try:
            answer = notice(request, public_id)
        except Http404:
            answer = HttpResponse(status=404)
        answer.headers["Content-Length"] = str(len(answer.content))  # else it goes out in chunks
        return answer
