"""Containers in few words: what tables of cases say, as arguments of the library."""

from __future__ import annotations

import dataclasses
from typing import Any

import astar_rec as rec
from astar_rec.codecs import method_named, methods

CODES = {"tree": rec.TreeCode, "adaptive": rec.AdaptiveCode}


def codec_of(method: str = "ad", seed: int = 0, **arguments: Any) -> rec.Codec:
    """Return the codec of a method's name; a block of 1 goes with those that have no blocks."""
    kind = method_named(method)
    if arguments.get("block") == 1 and "block" not in {f.name for f in dataclasses.fields(kind)}:
        del arguments["block"]
    return kind(seed=seed, **arguments)


def said(
    *, code: Any = None, expected_bits: float | None = None, contexts: Any = None, **words: Any
) -> dict[str, Any]:
    """Return arguments of `compress` and `Writer` for cases that are tables of words.

    The words are a method's name and its codec's arguments, with seed 0 if there is none; a code or
    its name; bits to expect of an element; and what `compress` takes anyway.
    """
    fields = {field.name for kind in methods() for field in dataclasses.fields(kind)}
    own = {key: words.pop(key) for key in list(words) if key in {"method", *fields}}
    codec = codec_of(**own)
    if isinstance(code, str):
        bits = None if expected_bits is None else expected_bits * codec.block
        code = CODES[code](codec.words, expected_bits=bits)
    elif expected_bits is not None:
        code = codec.default_code(expected_bits=expected_bits, contexts=contexts is not None)
    return {"codec": codec, "code": code, "contexts": contexts, **words}


def compress(q: Any, p: Any, **words: Any) -> Any:
    """Call `rec.compress` with what words say."""
    return rec.compress(q, p, **said(**words))


def bare(data: bytes, p: Any, *, shape: Any, **words: Any) -> Any:
    """Call `rec.decompress` for what ``compress(header=False)`` made, with what words say."""
    return rec.decompress(data, p, shape=shape, **said(**words))


def writer_of(file: Any, **words: Any) -> rec.Writer:
    """Return a writer of what words say."""
    return rec.Writer(file, **said(**words))
