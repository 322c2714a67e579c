"""A diagram of a stack's resources and of the references between them, for Mermaid (https://mermaid.js.org)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ..synthesized.patterns import Pattern

# A larger diagram is hard to read. Mermaid draws at most 500 edges.
MAX_NODES = 60
MAX_EDGES = 200
CUT_TYPES = f"With more than {MAX_NODES} resources, the diagram has one box for each type."
CUT_NODES = "The diagram has only the first {nodes} of {all_nodes} types."
CUT_EDGES = "The diagram has only the first {edges} of {all_edges} arrows."
# The characters with a meaning in Mermaid: https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters
ESCAPES = str.maketrans({character: f"#{ord(character)};" for character in '"#&;<>`\\{}[]()|\n\r'})


def diagram(references: Mapping[str, Sequence[str]], patterns: Iterable[Pattern]) -> str:
    """Return the diagram as Markdown, with a note if it does not have everything; empty if there are no resources.

    Args:
        references: the addresses that each resource, data source and module refers to.
        patterns: the patterns. The resources of each are drawn in a box.
    """
    if not references:
        return ""
    group_of = {address: pattern.path for pattern in patterns for address in pattern.addresses.values()}
    nodes = {address: (group_of.get(address, ""), _label(address)) for address in references}
    notes = []
    if len(nodes) > MAX_NODES:
        notes.append(CUT_TYPES)
        nodes = _by_type(nodes)
    names = sorted(set(nodes.values()))
    if len(names) > MAX_NODES:
        notes.append(CUT_NODES.format(nodes=MAX_NODES, all_nodes=len(names)))
        names = names[:MAX_NODES]
    ids = {name: f"n{index}" for index, name in enumerate(names)}
    edges = sorted(
        {
            (names.index(nodes[source]), names.index(nodes[target]))
            for source, targets in references.items()
            for target in targets
            if nodes[source] != nodes[target] and nodes[source] in ids and nodes[target] in ids
        }
    )
    if len(edges) > MAX_EDGES:
        notes.append(CUT_EDGES.format(edges=MAX_EDGES, all_edges=len(edges)))
        edges = edges[:MAX_EDGES]
    lines = ["```mermaid", "flowchart LR", *_boxes(ids)]
    lines += [f"  n{source} --> n{target}" for source, target in edges]
    return "\n\n".join(["\n".join([*lines, "```"]), *notes])


def _boxes(ids: Mapping[tuple[str, str], str]) -> list[str]:
    lines: list[str] = []
    groups = dict.fromkeys(group for group, _ in ids)
    for index, group in enumerate(groups):
        boxes = [f'{id}["{label}"]' for (of_group, label), id in ids.items() if of_group == group]
        if group:
            lines += [f'  subgraph g{index}["{_escape(group)}"]', *(f"    {box}" for box in boxes), "  end"]
        else:
            lines += [f"  {box}" for box in boxes]
    return lines


def _by_type(nodes: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Return the group and label of each address, with one label for all resources of a type in a group."""
    keys = {address: (group, address.rpartition(".")[0]) for address, (group, _) in nodes.items()}
    counts = Counter(keys.values())
    return {address: (key[0], f"{_escape(key[1])} × {counts[key]}") for address, key in keys.items()}


def _label(address: str) -> str:
    type, _, name = address.rpartition(".")
    return f"{_escape(type)}<br/>{_escape(name)}"


def _escape(text: str) -> str:
    return text.translate(ESCAPES)
