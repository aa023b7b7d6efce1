"""From a raw record to its page: the part of reading that costs as much as scoring, or more."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from classifier.read import html
from classifier.read.record import Options
from classifier.schema import Page, RawPage

#: Format of a raw record to what parses it: bytes, name, options to a page.
PARSERS: Mapping[str, Callable[[bytes, str, Options], Page]] = {"html": html.parse}


def parse(record: Page | RawPage, options: Options) -> Page:
    """Return the page that a record makes; a page is returned as it is.

    What cannot be parsed becomes a page with ``error`` set. Depends on nothing but its arguments.
    """
    if isinstance(record, Page):
        return record
    return PARSERS[record.format](record.data, record.where, options)
