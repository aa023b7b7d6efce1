"""Where output goes: standard output, or a file that appears whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from classifier.errors import InputError
from classifier.values import STDSTREAM, sound


@contextmanager
def destination(path: str | None) -> Iterator[BinaryIO]:
    """Open ``path`` for writing bytes; ``-`` and ``None`` are standard output.

    A file is written under a hidden temporary name in its own folder and takes its name when the
    block ends well; on an exception it is removed, and what was there before stays. The mode of a
    file that is replaced is kept, and a link is followed. Pipes and devices are written directly.

    Raises
    ------
    InputError
        The path is a folder, its folder does not exist, or it cannot be written.
    """
    if path is None or path == STDSTREAM:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = os.path.realpath(path)
    special = os.path.exists(target) and not os.path.isfile(target)
    folder, name = os.path.split(target)
    temporary = target if special else os.path.join(folder, f".{name}.{secrets.token_hex(4)}.part")
    try:
        stream = open(temporary, "wb" if special else "xb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise InputError(f"{sound(path)}: cannot be written ({error.strerror}).") from error
    if special:
        with stream:
            yield stream
        return
    try:
        with stream:
            yield stream
        if os.path.exists(target):
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.remove(temporary)
        raise
