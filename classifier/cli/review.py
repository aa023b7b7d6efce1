"""``classifier review``: the desk at which people decide what was flagged."""

from __future__ import annotations

import click

from classifier.values import printable

_store = click.option(
    "--store",
    type=click.Path(dir_okay=False),
    required=True,
    metavar="FILE",
    help="The SQLite file with pages and decisions.",
)


@click.group(
    "review", short_help="Decide on what was flagged, and get the decisions back as labels."
)
def command() -> None:
    """Decide on scored pages at a local web page, and export the decisions.

    The desk needs the extra [review].
    """


@command.command("serve")
@click.argument("results", nargs=-1)
@_store
@click.option(
    "--reviewer",
    metavar="NAME",
    default="reviewer",
    show_default=True,
    help="Whose decisions they are.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0: any free port."
)
@click.option(
    "--seed",
    type=int,
    help="Of the order 'at random'; for a new store. Default: 0.",
)
def serve(results: tuple[str, ...], store: str, reviewer: str, port: int, seed: int | None) -> None:
    """Open the desk on 127.0.0.1 for RESULTS: JSONL or Parquet of 'classifier score --keep-text'.

    Results are taken into the store, which is made if there is none; without RESULTS the desk goes on
    with what it holds. The link that is printed works once, in one browser.
    """
    from classifier.errors import InputError
    from classifier.review.importing import import_results
    from classifier.review.store import Store

    try:
        from classifier.review.server import serve
    except ModuleNotFoundError as error:
        extra = "pip install 'health-marketing-classifier[review]'"
        raise InputError(f"The desk needs {error.name}, which is not installed: {extra}") from error

    opened = Store(store, create=bool(results))
    kept = opened.setting("seed", str(seed or 0))
    if seed is not None and kept != str(seed):
        raise InputError(f"{store} has the random order of seed {kept}, which stays")
    if results:
        counts, problems = import_results(opened, results)
        for problem in problems:
            click.echo(printable(problem), err=True)
        said = ", ".join(f"{counts[kind]:,} {kind}" for kind in ("new", "changed", "known"))
        rest = f"{counts['failed']:,} failed, {counts['unjudged']:,} not judged"
        click.echo(f"pages: {said}; left out: {rest}, {len(problems):,} not usable", err=True)

    def ready(link: str) -> None:
        click.echo(link)
        click.echo(
            "open this link in a browser; Ctrl-C stops the desk, decisions are kept", err=True
        )

    try:
        serve(opened, reviewer, port, ready)
    except OSError as error:
        raise InputError(f"port {port} cannot be used: {error.strerror or error}") from error
    finally:
        opened.close()


@command.command("export")
@_store
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False),
    required=True,
    metavar="FILE",
    help="JSON lines to write.",
)
@click.option("--overwrite", is_flag=True, help="Replace an output that exists.")
def export(store: str, output: str, overwrite: bool) -> None:
    """Write the decisions as labelled pages, which train, evaluate and certify read.

    Segments are the sentences that somebody decided, and no others: train on them beside other data,
    and take precision and recall from a random sample only.
    """
    from classifier.review.exporting import export
    from classifier.review.store import Store
    from classifier.write.destination import refusal

    forbidden = refusal(output, [store], overwrite)
    if forbidden:
        raise click.BadParameter(forbidden, param_hint="--output")
    pages, segments = export(Store(store), output)
    click.echo(f"{segments:,} decided sentences on {pages:,} pages written to {output}", err=True)


@command.command("purge")
@_store
@click.option(
    "--before",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    metavar="DATE",
    help="Texts of pages imported before this day (UTC).",
)
def purge(store: str, before: object) -> None:
    """Delete texts from the store; hashes, offsets, scores and decisions stay."""
    from classifier.review.store import Store

    gone = Store(store).purge(f"{before:%Y-%m-%d}")
    click.echo(f"{gone:,} texts deleted", err=True)
