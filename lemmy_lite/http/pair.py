"""A certificate and its key, as a server shows them."""

import os
from typing import NamedTuple


class Pair(NamedTuple):
    """A certificate with its chain and its key (PKCS #8), both PEM."""

    chain: bytes
    key: bytes


def in_memory(content: bytes) -> int:
    """A descriptor of a file that is on no disk, for libraries that take paths: `/proc/self/fd/NUMBER`. The caller closes it."""
    file = os.memfd_create("tls", os.MFD_CLOEXEC)
    os.write(file, content)
    return file
