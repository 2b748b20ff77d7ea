"""A worker that has read a large file holds no more than before."""

import os
import sys

import pytest

MEBIBYTE = 1024 * 1024


def resident() -> int:
    """Bytes of this process that are in memory."""
    with open("/proc/self/statm") as words:
        return int(words.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the switch is glibc's")
def test_large_blocks_go_back_to_the_system_though_one_of_them_is_kept():
    b"x" * (16 * MEBIBYTE)  # from the first such block that is freed glibc would learn to keep the next
    before = resident()
    blocks = [b"x" * (6 * MEBIBYTE) for _ in range(20)]
    assert resident() - before > 110 * MEBIBYTE

    last = blocks.pop()
    del blocks

    assert resident() - before < 20 * MEBIBYTE
    assert len(last) == 6 * MEBIBYTE
