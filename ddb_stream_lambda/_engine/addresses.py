"""Gives the elements of a pattern readable addresses, and writes the ``moved`` blocks from their former ones.

The rule is in docs/reference/addresses.md. The ids of cdktf hold a hash, such as ``pipeline_table_4950B2AC``.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import jsii
from cdktf import (
    IAnyProducer,
    IPostProcessor,
    IResolveContext,
    Lazy,
    TerraformDataSource,
    TerraformElement,
    TerraformResource,
    TerraformStack,
)
from constructs import Construct, IConstruct

from .scopes import Location
from .tokens import address_of
from .validation import check_at_synth

# The key of the app's context that leaves the `moved` blocks out, if it is false.
MOVED_BLOCKS = "ddb_stream_lambda:moved_blocks"
MOVES_ID = "former-addresses"

# Terraform's limit is not documented. cdktf cuts its own ids at 255 characters.
MAX_PREFIX_LENGTH = 128
DIGEST_LENGTH = 8
# The start of an id that would be empty otherwise, or would start with a digit, which Terraform does not accept.
WITHOUT_LETTER = "pattern"
WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
IDENTIFIER = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)

# The classes whose Terraform type differs from element to element.
GENERIC = (TerraformResource, TerraformDataSource)

# The address before, and the present one.
Move: TypeAlias = tuple[str, str]


@dataclass
class _StackAddresses:
    """The addresses of all patterns of a stack.

    Attributes:
        path: The stack's path.
        writes_moves: Whether the stack has the `moved` blocks.
        owners: The path of the pattern that each prefix belongs to.
        elements: The element at each address.
        moves: The move to each address of a resource.
    """

    path: str
    writes_moves: bool
    owners: dict[str, str] = field(default_factory=dict)
    elements: dict[str, TerraformElement] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)


@dataclass(frozen=True)
class _PatternAddresses:
    """The addresses of a pattern.

    Attributes:
        stack: Those of its stack.
        path: The ids from the stack to the pattern.
        prefix: The start of each logical id.
        has_moves: Whether older versions deployed it with other addresses.
    """

    stack: _StackAddresses
    path: tuple[str, ...]
    prefix: str
    has_moves: bool


_stacks: WeakKeyDictionary[TerraformStack, _StackAddresses] = WeakKeyDictionary()
_addresses: WeakKeyDictionary[TerraformElement, str] = WeakKeyDictionary()
_patterns: WeakKeyDictionary[Construct, _PatternAddresses] = WeakKeyDictionary()


def claim_addresses(pattern: Construct, location: Location, *, has_moves: bool = True) -> None:
    """Give the pattern its prefix. The elements that `set_address` gets later have it.

    A stack with its own `_allocate_logical_id` decides about all addresses itself.

    Args:
        pattern: The pattern, without children.
        location: Its location.
        has_moves: Whether older versions of the package deployed it, with the addresses of the engine.
    """
    if type(location.stack)._allocate_logical_id is not TerraformStack._allocate_logical_id:
        return
    stack = _stacks.get(location.stack)
    if stack is None:
        stack = _stacks[location.stack] = _begin(location.stack, pattern)
    path = location.path.removeprefix(f"{stack.path}/")
    prefix = "_".join(filter(None, map(snake_case, path.split("/"))))
    if not prefix[:1].isalpha():
        prefix = "_".join(filter(None, (WITHOUT_LETTER, prefix)))
    if len(prefix) > MAX_PREFIX_LENGTH or prefix in stack.owners:
        prefix = _with_digest(prefix[:MAX_PREFIX_LENGTH], path)
    stack.owners[prefix] = path
    _patterns[pattern] = _PatternAddresses(stack, tuple(path.split("/")), prefix, has_moves)


def set_address(element: TerraformElement, *, scope: Construct, id: str, suffix: str) -> None:
    """Give an element its readable address, before anything refers to it.

    Args:
        element: The resource or data source.
        scope: The pattern. In any other scope the element keeps cdktf's id.
        id: The element's id in the scope.
        suffix: The end of the address, for one of several elements of a type in a pattern; empty for the only one.
    """
    pattern = _patterns.get(scope)
    if pattern is None:
        return
    stack = pattern.stack
    kind = _address_type(type(element))
    logical_id = f"{pattern.prefix}_{suffix}" if suffix else pattern.prefix
    if f"{kind}.{logical_id}" in stack.elements:
        logical_id = _with_digest(logical_id, "/".join((*pattern.path, id)))
    address = f"{kind}.{logical_id}"
    # The bindings' method would check the id against type hints that it evaluates anew for each call.
    jsii.invoke(element, "overrideLogicalId", [logical_id])
    stack.elements[address] = element
    _addresses[element] = address
    former = former_logical_id((*pattern.path, id))
    if pattern.has_moves and isinstance(element, TerraformResource) and IDENTIFIER.fullmatch(former):
        stack.moves.append((f"{kind}.{former}", address))


def refer_to(element: TerraformElement, attribute: str) -> str:
    """Return the expression for an attribute of an element, without a round trip if the pattern set its address.

    It holds only for an element that something else refers to: until then the user can give it another address.

    Args:
        element: A resource or data source.
        attribute: The attribute, such as ``arn``.
    """
    address = _addresses.get(element) or address_of(element)
    return f"${{{address}.{attribute}}}"


def snake_case(text: str) -> str:
    """Return text in lowercase letters, digits and single underscores: ``orders_v2`` for ``Orders-v2``."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub("[^a-z0-9]+", "_", WORD_START.sub("_", ascii_text).lower()).strip("_")


def former_logical_id(path: Sequence[str]) -> str:
    """Return the logical id that cdktf gives an element, which is the one that older versions deployed.

    It is that of cdktf/lib/private/unique.js. `TerraformStack.get_logical_id` returns the same, with a round trip.

    Args:
        path: The ids from the stack to the element, which is in a pattern.
    """
    path = [id for id in path if id != "Default"]
    digest = hashlib.md5("/".join(path).encode(), usedforsecurity=False).hexdigest()[:DIGEST_LENGTH].upper()
    distinct: list[str] = []
    for id in path:
        if not distinct or not distinct[-1].endswith(id):
            distinct.append(id)
    words = [re.sub("[^A-Za-z0-9_-]", "", id) for id in distinct if id != "Resource"]
    return f"{'_'.join(words)[:240]}_{digest}"


def _begin(stack: TerraformStack, pattern: Construct) -> _StackAddresses:
    """Start the addresses of a stack with its first pattern."""
    addresses = _StackAddresses(stack.node.path, stack.node.try_get_context(MOVED_BLOCKS) is not False)
    if addresses.writes_moves:
        _Moves(pattern, MOVES_ID, addresses.moves)
    check_at_synth(stack, lambda: list(_find_shared_addresses(stack, addresses)))
    return addresses


def _with_digest(logical_id: str, path: str) -> str:
    return f"{logical_id}_{hashlib.sha256(path.encode()).hexdigest()[:DIGEST_LENGTH]}"


@cache
def _address_type(kind: type[TerraformElement]) -> str:
    """Return the start of the addresses of a class of the bindings, such as ``data.aws_kms_key``."""
    mode = "data." if issubclass(kind, TerraformDataSource) else ""
    return f"{mode}{getattr(kind, 'TF_RESOURCE_TYPE')}"  # noqa: B009  # the base class has no such attribute


def _find_shared_addresses(stack: TerraformStack, addresses: _StackAddresses) -> Iterator[str]:
    """Yield an error for each element of the user that has the address of one of a pattern.

    cdktf would merge the two without a word. Only elements of a type that the patterns have cost a question to the
    engine, or two.
    """
    kinds = {address.rpartition(".")[0] for address in addresses.elements}
    known_kinds: dict[type, str] = {}
    for element in _find_elements_outside_of_patterns(stack):
        kind = known_kinds.get(type(element))
        if kind is None:
            mode = "data." if isinstance(element, TerraformDataSource) else ""
            kind = f"{mode}{element.terraform_resource_type}"
            if type(element) not in GENERIC:
                known_kinds[type(element)] = kind
        if kind not in kinds:
            continue
        address = f"{kind}.{element.friendly_unique_id}"
        shared = addresses.elements.get(address)
        if shared is not None:
            yield (
                f"{address} is the address of {element.node.path} and of {shared.node.path}, which belongs to a "
                "pattern; give the first another id, or another address with override_logical_id"
            )


def _find_elements_outside_of_patterns(scope: IConstruct) -> Iterator[TerraformResource | TerraformDataSource]:
    """Yield the resources and data sources of a stack that are not in a pattern. A large stack has many that are."""
    for child in scope.node.children:
        if isinstance(child, GENERIC):
            yield child
        elif child not in _patterns and not isinstance(child, TerraformElement | TerraformStack):
            yield from _find_elements_outside_of_patterns(child)


@jsii.implements(IAnyProducer, IPostProcessor)
class _Producer:
    """A list of literal text that cdktf gets when it writes the stack.

    cdktf looks for tokens in each text three times, which takes as long as writing a pattern. Here it looks once.
    """

    def __init__(self, produce: Callable[[], list[dict[str, str]]]) -> None:
        self._produce = produce

    def produce(self, context: IResolveContext) -> Any:
        """Return a list without text, which `post_process` replaces."""
        if not context.preparing:
            context.register_post_processor(self)
        return []

    def post_process(self, input: Any, _context: IResolveContext) -> Any:
        """Return the list."""
        return [*input, *self._produce()]


class _Moves(TerraformElement):
    """Writes the `moved` blocks of a stack.

    `move_from_id` of the resources is left to the user: cdktf takes one call for each resource. And it makes cdktf run
    Terraform when the app is synthesized.
    """

    def __init__(self, scope: Construct, id: str, moves: list[Move]) -> None:
        super().__init__(scope, id)
        self._moves = moves

    def to_terraform(self) -> Any:
        """Return the blocks for JSON."""
        return {"moved": Lazy.any_value(_Producer(self._write_blocks))}

    def _write_blocks(self) -> list[dict[str, str]]:
        return [{"from": source, "to": target} for source, target in self._find_moves()]

    def to_hcl_terraform(self) -> Any:
        """Return the blocks in the shape of cdktf/lib/terraform-resource.js."""
        reference = {"isBlock": False, "type": "simple", "storageClassType": "reference"}
        return {
            "moved": [
                {"from": {"value": source, **reference}, "to": {"value": target, **reference}}
                for source, target in self._find_moves()
            ]
        }

    def _find_moves(self) -> list[Move]:
        """Return the moves, sorted by the present address. Terraform takes one move to an address, and one from it.

        If the user moves a resource from A to its present address, the former address moves to A.
        """
        stack = self.cdktf_stack
        moves = {target: source for source, target in self._moves}
        if not stack.has_resource_move():
            return [(moves[target], target) for target in sorted(moves)]
        for source, target in _moves_of_resources(stack):
            if target in moves:
                moves[source] = moves.pop(target)
            moves = {to: former for to, former in moves.items() if former != source}
        return [(moves[target], target) for target in sorted(moves)]


def _moves_of_resources(stack: TerraformStack) -> Iterator[Move]:
    """Yield the moves that the user gave to resources of a stack."""
    for element in stack.node.find_all():
        # `has_resource_move` of a resource raises an error if there is none.
        if isinstance(element, TerraformResource) and element.to_metadata().get("moved"):
            for move in element.to_terraform()["moved"]:
                yield move["from"], move["to"]
