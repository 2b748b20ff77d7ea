"""How the process gives memory back to the system."""

import ctypes

MMAP_THRESHOLD, ARENA_MAX = -3, -8  # of glibc's malloc.h
LARGE = 4 * 1024 * 1024


def give_large_blocks_back() -> None:
    """Makes glibc return blocks of 4 MiB and more when they are freed, and share what it keeps among threads.

    By itself it learns from the first large file to keep such blocks, in a heap for each thread: a worker that has read a month of
    statements would hold twice what it needs from then on. Other C libraries do not have the switch and are left alone.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(MMAP_THRESHOLD, LARGE)
        mallopt(ARENA_MAX, 2)
