"""What is read of a synthesised stack, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda.handoff import configuration, documents, templates, versions
from ddb_stream_lambda.handoff.configuration import Configuration
from ddb_stream_lambda.handoff.errors import ConfigurationError
from hypothesis import given
from hypothesis import strategies as st

HOME = Path("/home/someone")


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def read(**blocks: Any) -> Configuration:
        path = tmp_path / "cdk.tf.json"
        path.write_text(json.dumps(blocks))
        return configuration.read(path, (HOME,))

    return read


def function(**arguments: Any) -> dict[str, Any]:
    return {"aws_lambda_function": {"it": arguments}}


@pytest.mark.parametrize("path", ["/tmp/code.zip", "C:\\code.zip", "\\\\server\\code.zip", "~/code.zip"])
def test_an_absolute_path_is_refused_by_where_it_stands(read: Any, path: str) -> None:
    with pytest.raises(ConfigurationError, match=r"resource\.aws_lambda_function\.it\.filename = "):
        read(resource=function(filename=path))


def test_a_folder_of_this_machine_is_refused_in_any_text(read: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"it\.description = see /home/someone/notes"):
        read(resource=function(description="see /home/someone/notes"))


def test_what_only_looks_like_a_path_is_not(read: Any) -> None:
    read(resource={"aws_cloudwatch_log_group": {"it": {"name": "/aws/lambda/orders"}}})
    read(resource={"aws_iam_role": {"it": {"path": "/home/someoneelse/"}}})


def test_a_local_backend_is_left_on_the_machine_it_is_of(read: Any) -> None:
    assert read(terraform={"backend": {"local": {"path": "/home/someone/state"}}}).terraform == {"backend": {}}


def test_a_block_that_is_not_known_is_refused(read: Any) -> None:
    with pytest.raises(ConfigurationError, match="does not know: check"):
        read(check={"health": {}})


def test_a_cloud_block_is_refused(read: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"terraform\.cloud: a hand-off leaves where"):
        read(terraform={"cloud": {"organization": "someone"}})


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cdk.tf.json").write_text("{")
    with pytest.raises(ConfigurationError, match="synthesise the stack again"):
        configuration.read(tmp_path / "cdk.tf.json")


def test_a_policy_is_written_as_jsonencode_does(read: Any) -> None:
    queue = {"policy": '{"b": ["<", "${a.b["c"]}"], "a": 1}'}
    (resource,) = read(resource={"aws_sqs_queue": {"it": queue}}).resources
    assert resource.arguments["policy"] == '{"a":1,"b":["\\u003c","${a.b["c"]}"]}'


JSON_DOCUMENT = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs", "Co"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", min_size=1), inner),
    max_leaves=8,
)


@given(JSON_DOCUMENT.filter(lambda document: isinstance(document, (dict, list))))
def test_a_document_is_the_same_after_reading_and_writing(document: Any) -> None:
    text = json.dumps(document)
    if not templates.expressions_of(text):
        read = documents.read("policy", text)
        assert read == document
        assert json.loads(documents.write(read)) == document


@given(st.text('ab${}%"\\~', max_size=30))
def test_the_parts_of_a_template_are_all_of_it(text: str) -> None:
    assert "".join(part.text for part in templates.parts_of(text)) == text


@pytest.mark.parametrize("text", ["$${var.a}", "%%{ if a }", "a $${b} c"])
def test_what_is_escaped_is_no_expression(text: str) -> None:
    assert templates.expressions_of(text) == []
    assert templates.parts_of(text) == [templates.Literal(text)]


class TestVersions:
    @pytest.mark.parametrize(
        ("blocks", "expected"),
        [
            ({}, ">= 1.0.0"),
            ({"variable": {"a": {"nullable": False}}}, ">= 1.1.0"),
            ({"variable": {"a": {"validation": [{"condition": '${startswith(var.a, "b")}'}]}}}, ">= 1.3.0"),
            ({"variable": {"a": {"type": "object({b=optional(string)})"}}}, ">= 1.3.0"),
            ({"resource": {"aws_x": {"a": {"lifecycle": {"replace_triggered_by": ["b"]}}}}}, ">= 1.2.0"),
            ({"resource": {"terraform_data": {"a": {}}}}, ">= 1.4.0"),
            ({"import": [{"to": "a.b", "id": "c"}]}, ">= 1.5.0"),
            ({"import": [{"to": "a.b", "id": "${var.c}"}]}, ">= 1.6.0"),
            ({"output": {"a": {"value": "${provider::aws::arn_parse(var.b)}"}}}, ">= 1.8.0"),
            ({"variable": {"a": {"validation": {"condition": "${var.a > local.b}"}}}}, ">= 1.9.0"),
            ({"terraform": {"required_version": "< 1.12"}}, "< 1.12, >= 1.0.0"),
            ({"output": {"a": {"value": "text that says startswith(x)"}}}, ">= 1.0.0"),
        ],
    )
    def test_terraform_is_as_new_as_what_is_used(self, blocks: dict[str, Any], expected: str) -> None:
        assert versions.required_version(Configuration(blocks)) == expected

    @pytest.mark.parametrize(
        ("given", "expected"), [("6.25.0", "~> 6.25"), ("~> 5.0", "~> 5.0"), ("= 3.39.0", "~> 3.39")]
    )
    def test_a_provider_is_let_in_up_to_its_next_major_version(self, given: str, expected: str) -> None:
        terraform = {"required_providers": {"aws": {"source": "aws", "version": given}}}
        providers = versions.required_providers(Configuration({"terraform": terraform}))
        assert providers == {"aws": {"source": "hashicorp/aws", "version": expected}}
