"""Where output goes: standard output, or a file that appears whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from classifier.errors import InputError
from classifier.values import STDSTREAM, sound

#: Refuses symbolic links, which someone else may have planted in a shared folder; 0 on Windows.
NO_LINK: int = getattr(os, "O_NOFOLLOW", 0)


def refusal(path: str, inputs: Iterable[str], replace: bool) -> str | None:
    """Say why a file may not be written; ``None`` if it may.

    Parameters
    ----------
    path
        The file to write, or ``-``.
    inputs
        Paths of the files that are read. None of them is ever written, also through a link.
    replace
        Whether an existing file may be replaced.
    """
    if path == STDSTREAM or not os.path.lexists(path):
        return None
    for name in inputs:
        with suppress(OSError):
            if os.path.samefile(path, name):
                return f"{sound(path)} is an input ({sound(name)}) and would be overwritten"
    special = os.path.exists(path) and not os.path.isfile(path)  # a folder, a pipe, a device
    if replace or special:
        return None
    return f"{sound(path)} exists; replace it with --overwrite, or choose another name"


def open_new(path: str) -> BinaryIO:
    """Open a file of our own for writing, emptied; never through a symbolic link.

    Raises
    ------
    OSError
        The path is a link, or cannot be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | NO_LINK
    return open(os.open(path, flags, 0o666), "wb")


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
