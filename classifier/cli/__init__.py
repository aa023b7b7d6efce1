"""The command line: one file per command, thin. Options in, one call, errors to exit codes.

Exit status of all commands: 0 all done; 1 nothing could be done (the message says why); 2 wrong usage;
3 some records failed and the others are written; 4 a limit that was asked for is not met; 130
interrupted; 143 terminated.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from importlib import import_module
from typing import Any

import click

from classifier import __version__
from classifier.errors import ClassifierError
from classifier.values import printable

#: Command name to the module that defines it. The modules import heavy libraries inside the command.
COMMANDS = (
    "score",
    "review",
    "explain",
    "train",
    "evaluate",
    "compare",
    "certify",
    "info",
    "data",
)


class _Terminated(KeyboardInterrupt):
    """SIGTERM, which cleans up as Ctrl-C does."""


def _terminate(*_: object) -> None:
    raise _Terminated


class _Commands(click.Group):
    """Loads a command's module when it is named, and turns our errors into exit status 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"classifier.cli.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        if threading.current_thread() is threading.main_thread():  # which alone may set handlers
            signal.signal(signal.SIGTERM, _terminate)
        try:
            return super().invoke(ctx)
        except ClassifierError as error:
            click.echo(f"error: {printable(str(error))}", err=True)
            ctx.exit(1)
        except _Terminated:
            ctx.exit(143)  # 128 + SIGTERM
        except KeyboardInterrupt:
            ctx.exit(130)  # 128 + SIGINT, as shells have it
        except BrokenPipeError:  # "classifier score ... | head": the reader has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(1)
        except OSError as error:  # a full disk
            click.echo(f"error: {printable(str(error))}", err=True)
            ctx.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="classifier")
def main() -> None:
    """Find promotional text and unsupported therapeutic claims, sentence by sentence."""
