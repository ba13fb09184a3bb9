"""The methods as options: ``--method`` by name, its limits, its block, the seed, the threads."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..codecs import Codec, methods
from ..codecs.automatic import fresh_seed
from ..codecs.registry import method_named
from ..errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["AUTOMATIC", "DEFAULT", "codec_of", "limits", "method_options", "takes"]

DEFAULT = "ad"
AUTOMATIC = "auto"

Command = TypeVar("Command", bound="Callable[..., Any]")


def limits() -> dict[str, str]:
    """Returns the limits that methods have, by name, and what they mean with which method."""
    meanings: dict[str, dict[str, list[str]]] = {}
    for method in methods():
        for name, meaning in method.limits.items():
            meanings.setdefault(name, {}).setdefault(meaning, []).append(method.name)
    return {
        name: " ".join(f"With {', '.join(who)}: {meaning}." for meaning, who in of_name.items())
        for name, of_name in meanings.items()
    }


def method_options(help_of_method: str, *, automatic: bool = False) -> Callable[[Command], Command]:
    """Returns a decorator that gives a command the options of methods.

    Args:
        help_of_method: What its help says of ``--method``.
        automatic: Whether ``auto`` is among them, and the default.
    """
    chosen = [AUTOMATIC] if automatic else []

    def decorate(command: Command) -> Command:
        options = [
            click.option(
                "--method",
                type=click.Choice([*chosen, *(method.name for method in methods())]),
                default=AUTOMATIC if automatic else DEFAULT,
                show_default=True,
                help=help_of_method,
            ),
            *(
                click.option("--" + name.replace("_", "-"), type=_type_of(name), help=meaning)
                for name, meaning in limits().items()
            ),
            click.option("--seed", type=int, help="Written into the file; a fresh one by default."),
            click.option(
                "--threads", type=int, help="All processors by default; never changes the result."
            ),
        ]
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _type_of(limit: str) -> type[float]:
    """Returns what numbers a limit takes: whole ones, unless a method says otherwise."""
    having = (method for method in methods() if limit in method.limits)
    types = {field.type for method in having for field in fields(method) if field.name == limit}  # type: ignore[arg-type]
    return float if any("float" in str(each) for each in types) else int


def takes(method: type[Codec], name: str) -> bool:
    """Returns whether a method's codec has an argument."""
    return any(field.name == name for field in fields(method))  # type: ignore[arg-type]


def codec_of(
    name: str,
    given: Mapping[str, float | None],
    *,
    block: int | None = None,
    bits_hint: tuple[float, ...] | None = None,
    seed: int | None = None,
    threads: int | None = None,
) -> Codec:
    """Returns the codec that options mean.

    Args:
        name: The method's name.
        given: Its limits; None where the option is not there.
        block: Elements that share an index; None for the method's own choice.
        bits_hint: Hints for the columns, for a method that takes any.
        seed: The seed; None for a fresh one.
        threads: The number of threads.

    Raises:
        ParameterError: Options that the method does not have, or that are missing.
    """
    method = method_named(name)
    chosen: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    for key, value in chosen.items():
        if key not in method.limits:
            raise ParameterError(key, value, f"none, with method {name}")
    for field in fields(method):  # type: ignore[arg-type]
        if field.name in method.limits and field.default is MISSING and field.name not in chosen:
            raise ParameterError(field.name, None, method.limits[field.name])
    if block is not None and takes(method, "block"):
        chosen["block"] = block
    elif block not in (None, 1):
        raise ParameterError("block", block, f"1, with method {name}")
    if bits_hint is not None and takes(method, "bits_hint"):
        chosen["bits_hint"] = bits_hint
    chosen |= {"seed": fresh_seed() if seed is None else seed, "threads": threads}
    return method(**chosen)
