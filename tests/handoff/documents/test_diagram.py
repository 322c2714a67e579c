"""The diagram of a stack's resources."""

import re

from ddb_stream_lambda.handoff.documents.diagram import MAX_EDGES, MAX_NODES, diagram
from ddb_stream_lambda.handoff.facts.references import read_references
from ddb_stream_lambda.handoff.synthesized.configuration import Configuration
from ddb_stream_lambda.handoff.synthesized.patterns import Pattern


def test_references_are_found_in_templates_addresses_and_local_values() -> None:
    configuration = Configuration(
        {
            "resource": {
                "aws_x": {
                    "a": {"arn": '${join("", [aws_y.b.arn, aws_x.a.id])} and aws_z.c.arn', "depends_on": ["aws_z.c"]},
                    "d": {"value": "${local.first}", "region": "${data.aws_region.now.name}"},
                },
                "aws_y": {"b": {"nested": [{"vpc": "${module.network.vpc_id}"}]}},
                "aws_z": {"c": {"text": "$${aws_y.b.arn}", "other": "${aws_unknown.b.arn}"}},
            },
            "data": {"aws_region": {"now": {}}},
            "module": {"network": {"source": "./m", "queue": "${aws_z.c.id}"}},
            "locals": {"first": "${local.second}", "second": ["${aws_y.b.arn}", "${local.first}"]},
        }
    )
    assert read_references(configuration) == {
        "aws_x.a": ("aws_y.b", "aws_z.c"),
        "aws_x.d": ("aws_y.b", "data.aws_region.now"),
        "aws_y.b": ("module.network",),
        "aws_z.c": (),
        "data.aws_region.now": (),
        "module.network": ("aws_z.c",),
    }


def test_resources_of_a_pattern_are_in_its_box() -> None:
    references = {"aws_sqs_queue.q": ["aws_kms_key.k"], "aws_kms_key.k": []}
    pattern = Pattern('shop/"a" <b>', {"dead-letter-queue": "aws_sqs_queue.q"})
    assert (
        diagram(references, [pattern])
        == """\
```mermaid
flowchart LR
  n0["aws_kms_key<br/>k"]
  subgraph g1["shop/#34;a#34; #60;b#62;"]
    n1["aws_sqs_queue<br/>q"]
  end
  n1 --> n0
```"""
    )


def test_diagram_does_not_depend_on_the_order() -> None:
    references = {f"aws_x.r{index}": [f"aws_x.r{index - 1}"] if index else [] for index in range(MAX_NODES)}
    text = diagram(references, [])
    assert text == diagram(dict(reversed(references.items())), [])
    assert len(re.findall(r"n\d+\[", text)) == MAX_NODES
    assert len(re.findall("-->", text)) == MAX_NODES - 1
    assert text.endswith("```")


def test_large_diagram_has_one_box_for_each_type_and_a_note() -> None:
    references = {f"aws_x.r{index}": ["aws_y.one"] for index in range(MAX_NODES)} | {"aws_y.one": []}
    text = diagram(references, [])
    assert f'n0["aws_x × {MAX_NODES}"]\n  n1["aws_y × 1"]\n  n0 --> n1\n' in text
    assert text.endswith(f"With more than {MAX_NODES} resources, the diagram has one box for each type.")


def test_diagram_with_too_many_types_or_arrows_has_a_note() -> None:
    types = {f"aws_{index:03}.r": [f"aws_{other:03}.r" for other in range(10)] for index in range(2 * MAX_NODES)}
    text = diagram(types, [])
    assert len(re.findall(r"n\d+\[", text)) == MAX_NODES
    assert len(re.findall("-->", text)) == MAX_EDGES
    assert f"only the first {MAX_NODES} of {2 * MAX_NODES} types" in text
    assert f"only the first {MAX_EDGES} of " in text


def test_stack_without_resources_has_no_diagram() -> None:
    assert diagram({}, []) == ""
