"""A type that no props have. It makes mypy name the wrong key of a mapping.

For a parameter of type ``LambdaFunctionProps | LambdaFunctionConfig | None``, mypy reports only that the whole mapping
has a wrong type. With `WrongProps` as a further member of the union, mypy takes the keys from it and names the key that
is not one of them: ``Dict entry 1 has incompatible type "Literal['runtimes']"``. No value has this type, since the
`setdefault` of a dict returns the type that it is given.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

KeyT = TypeVar("KeyT", contravariant=True)
GivenT = TypeVar("GivenT", contravariant=True)
ReturnedT = TypeVar("ReturnedT", covariant=True)


class WrongProps(Protocol[KeyT, GivenT, ReturnedT]):
    """The method that ties a mapping's keys to `KeyT`, and that no mapping has for `object` and `str`."""

    def setdefault(self, key: KeyT, default: GivenT, /) -> ReturnedT: ...  # noqa: D102 - named by dict
