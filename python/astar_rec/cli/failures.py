"""Failures in one line on the standard error, and never a traceback."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from ..errors import ParameterError, RecError
from .methods import limits

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Failure", "Group", "MissingPackage", "WrongUsage", "about"]

# Parameters of the library that are options here: a wrong one is wrong usage.
_OPTIONS = {
    name: "--" + name.replace("_", "-")
    for name in (
        "batch",
        "block",
        "chunk",
        "code",
        "epochs",
        "held_out",
        "kl_bits",
        "latents",
        "learning_rate",
        "max_elements",
        "method",
        "model",
        "seed",
        "threads",
        "weights",
        *limits(),
    )
} | {"which": "--only"}


class Failure(click.ClickException):
    """What went wrong, in one line; the exit status is 1."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class WrongUsage(Failure):
    """An option that is not what it must be."""

    exit_code = 2


class MissingPackage(Failure):
    """A package that the command needs; what to install."""

    exit_code = 2


@contextmanager
def about(what: object) -> Iterator[None]:
    """Has failures say what they are about, a file mostly."""
    try:
        yield
    except ParameterError as error:
        if error.argument in _OPTIONS:
            option = _OPTIONS[error.argument]
            raise WrongUsage(str(error).replace(error.argument, option, 1)) from error
        raise Failure(f"{what}: {error}") from error
    except RecError as error:
        raise Failure(f"{what}: {error}") from error


class Group(click.Group):
    """A group whose commands may raise what the library and the operating system raise."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except RecError as error:
            raise Failure(str(error)) from error
        except MemoryError as error:
            raise Failure("not enough memory") from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # click ends quietly when no one reads on
                raise
            name = "" if error.filename is None else f"{error.filename}: "
            raise Failure(f"{name}{error.strerror or error}") from error
