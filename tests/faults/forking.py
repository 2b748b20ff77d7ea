"""Processes of their own for tests that kill them, forked from one that has loaded everything once.

`python -m tests.faults.forking MODULE` reads a line of JSON for each, calls the module's `live` with it in a fork, and says the fork's
number and, when it is over, how it ended. What the fork itself says stands between the two.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from contextlib import suppress
from importlib import import_module

from django.conf import settings


class Forker:
    """The test's end of it. One fork at a time."""

    def __init__(self, module: str, environment: dict[str, str]):
        command = [sys.executable, "-m", "tests.faults.forking", module]
        self.process = subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=os.environ | environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pid: int | None = None

    def begin(self, *arguments) -> None:
        """Starts one."""
        self.process.stdin.write(json.dumps(arguments) + "\n")
        self.process.stdin.flush()
        self.pid = int(self.hear())

    def hear(self) -> str:
        """What it says next."""
        return self.process.stdout.readline().strip()

    def ended(self) -> int:
        """Waits for its end and says how it came: minus the signal, or the code."""
        code, self.pid = int(self.hear()), None
        return code

    def kill(self) -> None:
        """Kill -9, and it is dead."""
        os.kill(self.pid, signal.SIGKILL)
        assert self.ended() == -signal.SIGKILL

    def close(self) -> None:
        """Leaves nothing running, however the test went."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self.process.kill()
        self.process.communicate()


def say(word: object) -> None:
    """A line for the test."""
    os.write(1, f"{word}\n".encode())


def serve(module: str) -> None:
    """The other end."""
    live = import_module(module).live
    for line in sys.stdin:
        may_begin, number_is_said = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.read(may_begin, 1)
            try:
                live(*json.loads(line))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        say(pid)
        os.write(number_is_said, b".")
        say(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        os.close(may_begin)
        os.close(number_is_said)


if __name__ == "__main__":
    import django

    django.setup()
    serve(sys.argv[1])
