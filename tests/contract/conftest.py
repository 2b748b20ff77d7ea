"""Each provider that takes money, in turn."""

import pytest
import stamina

from tests.contract.paying import every_scene

SCENES = every_scene()


@pytest.fixture(autouse=True)
def _no_pauses():
    with stamina.set_testing(True, attempts=2):
        yield


@pytest.fixture(params=list(SCENES))
def scene(request):
    with SCENES[request.param]() as made:
        state = request.node.callspec.params.get("state")  # of a test that is run for several ends
        if {request.function.__name__, f"{request.function.__name__}[{state}]"} & made.skips:
            pytest.skip(f"{made.code}: not in its format")
        yield made
