"""What `inspect` found, for programs."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["as_object"]


def as_object(found: DataclassInstance) -> str:
    """Returns an object of JSON with the attributes of what was found, in their order.

    Codecs, codes and dtypes are texts, as they are printed. A number that JSON has not, NaN, is
    null.
    """
    attributes = {field.name: _plain(getattr(found, field.name)) for field in fields(found)}
    return json.dumps(attributes, indent=2, allow_nan=False)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    return str(value)
