"""Everything that can go wrong, as one small family of exceptions.

Each message says what happened, where, and what to do about it; the command line prints the message
and nothing else.
"""

from __future__ import annotations


class ClassifierError(Exception):
    """Base of all errors that this package raises on purpose."""


class InputError(ClassifierError):
    """An input cannot be read at all: no such file, unknown format, a missing column."""


class DataError(ClassifierError, ValueError):
    """Labelled data break the rules: wrong labels, offsets that do not fit, leaking groups."""


class ConfigError(ClassifierError, ValueError):
    """A training configuration has an unknown key or an impossible value."""


class BundleError(ClassifierError):
    """A model bundle is missing, damaged, of an unknown format, or made for another pipeline."""


class WorkerError(ClassifierError):
    """Worker processes cannot be kept running."""
