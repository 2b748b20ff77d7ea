"""A worker in a process of its own: `python -m tests.core.job_process JOB_ID hang|finish`. Says `started` when its handler begins."""

import sys

import django

django.setup()

from apps.core.jobs import registry, runner  # noqa: E402  settings first


@registry.job("test.process")
def work(job, progress):
    print("started", flush=True)  # noqa: T201
    if sys.argv[2] == "hang":
        sys.stdin.read()  # until the test kills this process, or ends it by closing the pipe
    return {"attempt": job.attempts}


if __name__ == "__main__":
    runner.run(job_id=int(sys.argv[1]))
