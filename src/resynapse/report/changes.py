"""Where two protocols differ, value by value."""

from __future__ import annotations

from collections.abc import Iterator


def changes_between(first: object, second: object, where: str = "") -> Iterator[str]:
    """Where two protocols as plain data differ, and how, one line a value.

    >>> list(changes_between({"train": {"lr": 0.1}}, {"train": {"lr": 0.2}}))
    ['train.lr: 0.1, then 0.2']
    """
    if isinstance(first, dict) and isinstance(second, dict):
        for key in dict.fromkeys((*first, *second)):
            place = f"{where}.{key}" if where else str(key)
            if key not in second:
                yield f"{place}: only in the first"
            elif key not in first:
                yield f"{place}: only in the second"
            else:
                yield from changes_between(first[key], second[key], place)
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        for index, (a, b) in enumerate(zip(first, second, strict=True)):
            yield from changes_between(a, b, f"{where}[{index}]")
    elif first != second:
        short = [value if len(repr(value)) < 60 else f"{type(value).__name__} of {len(repr(value))} letters"
                 for value in (first, second)]  # fmt: skip
        yield f"{where}: {short[0]}, then {short[1]}"
