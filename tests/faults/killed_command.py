"""Runs a management command that dies by SIGKILL at its n-th statement to the database: `killed_command.py N command args…`."""

import os
import signal
import sys

import django


class Countdown:
    """An execute wrapper that kills its own process, with nothing cleaned up, when the count is reached."""

    def __init__(self, left: int):
        self.left = left

    def __call__(self, execute, sql, params, many, context):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)


def main(count: int, arguments: list[str]) -> None:
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415  apps must be loaded first
    from django.db import connection  # noqa: PLC0415

    with connection.execute_wrapper(Countdown(count)):
        call_command(*arguments)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
