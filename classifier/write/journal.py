"""How far an unfinished output has come: a small file beside it, replaced as a whole."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from classifier.errors import InputError
from classifier.values import sound
from classifier.write.destination import open_new


@dataclass(frozen=True, slots=True)
class Journal:
    """What is needed to go on with an output.

    Attributes
    ----------
    settings
        All that decides what the output holds: model, options, inputs. Names are what a message
        calls them.
    records
        Input records that the output covers.
    size
        Bytes of the output that cover them; what lies behind is to be cut off.
    state
        What the rows of the format need to go on.
    tally
        Counts of the caller, of these records.
    """

    settings: Mapping[str, Any]
    records: int
    size: int
    state: Mapping[str, Any]
    tally: Mapping[str, int]


def save(journal: Journal, path: str) -> None:
    """Write ``journal`` so that ``path`` holds the old one or the new one, whenever we are killed."""
    temporary = f"{path}.new"
    with open_new(temporary) as stream:
        stream.write(json.dumps(asdict(journal)).encode())
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, path)


def load(path: str) -> Journal | None:
    """Return the journal at ``path``, ``None`` when there is none.

    Raises
    ------
    InputError
        The file is no journal of this release.
    """
    try:
        with open(path, encoding="utf-8") as stream:
            return Journal(**json.load(stream))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"{sound(path)}: this journal of an unfinished run cannot be used ({error}); "
            "remove it to start over."
        ) from error


def refuse_other(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Make sure that a run is the one that was begun.

    Raises
    ------
    InputError
        A setting differs; the message names it with both values.
    """
    for name, value in json.loads(json.dumps(new)).items():
        if old.get(name) != value:
            raise InputError(
                f"The unfinished run cannot be resumed: {name} was {_shown(old.get(name))}, "
                f"now it is {_shown(value)}."
            )


def _shown(value: Any) -> str:
    return "not set" if value is None else sound(str(value))
