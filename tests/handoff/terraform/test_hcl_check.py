"""The check of HCL: it finds each difference from the JSON, and it needs cdktf's parser."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda.handoff.errors import ConfigurationError
from ddb_stream_lambda.handoff.synthesized.json_documents import with_documents
from ddb_stream_lambda.handoff.terraform.hcl_check import check_hcl
from ddb_stream_lambda.handoff.terraform.hcl_tool import HclTool, search_folders
from ddb_stream_lambda.handoff.terraform.language import root_schema
from ddb_stream_lambda.handoff.terraform.schema import BlockSchema, Kind

from ..support import PROGRAMS, ROOT, HandOver, Refused

SCHEMA = root_schema(
    {
        "aws_thing": BlockSchema(
            dict.fromkeys(["a", "policy", "rules"], Kind.TEMPLATE), {"part": BlockSchema({"a": Kind.TEMPLATE})}
        )
    }
)


def thing(**arguments: Any) -> dict[str, Any]:
    return with_documents({"resource": {"aws_thing": {"it": arguments}}})


def hcl(body: str) -> str:
    return 'resource "aws_thing" "it" {\n' + body + "\n}\n"


@pytest.mark.parametrize(
    ("blocks", "text"),
    [
        (thing(a="${x}", part=[{"a": 1}, {"a": 2}]), hcl("a = x\npart {\n a = 1\n}\npart {\n a = 2\n}")),
        (thing(a="${x ? 1 : 2}y"), hcl('a = "${x ? 1 : 2}y"')),
        (thing(a="a\u0301"), hcl('a = "\u00e1"')),
        (thing(a=1.5), hcl("a = 15e-1")),
        (thing(policy='{"a":"${aws_b.c.arn}"}'), hcl("policy = jsonencode({a = aws_b.c.arn})")),
        (thing(part=None, rules=[]), hcl("rules = []")),
        ({"resource": [{"aws_thing": [{"it": [{"a": 1}]}]}]}, hcl("a = 1")),
    ],
)
def test_same_meaning_is_accepted(hcl_tool: HclTool, blocks: dict[str, Any], text: str) -> None:
    check_hcl({"main.tf": text}, blocks, SCHEMA, hcl_tool)


@pytest.mark.parametrize(
    ("blocks", "text", "difference"),
    [
        (thing(a="x"), hcl("a = x"), 'aws_thing.it.a: JSON has "x", HCL has "${x}"'),
        (thing(a="$${x}"), hcl('a = "${x}"'), 'aws_thing.it.a: JSON has "$${x}", HCL has "${x}"'),
        (thing(a=["x ", None]), hcl('a = ["x", null]'), 'aws_thing.it.a[0]: JSON has "x ", HCL has "x"'),
        (thing(a={"b": "c"}), hcl("a = {}"), 'aws_thing.it.a.b: JSON has "c", HCL has nothing'),
        (thing(a={"${b}": 1}), hcl("a = { b = 1 }"), "aws_thing.it.a.${b}: JSON has 1, HCL has nothing"),
        (thing(a=None), hcl(""), "aws_thing.it.a: JSON has null, HCL has nothing"),
        (thing(a=1), hcl('a = "1"'), 'aws_thing.it.a: JSON has 1, HCL has "1"'),
        (thing(a=True), hcl("a = 1"), "aws_thing.it.a: JSON has true, HCL has 1"),
        (thing(a=0.1), hcl("a = 0.10000000000000001"), "aws_thing.it.a: JSON has 0.1, HCL has "),
        (thing(a="${b ? 1 : 2}x"), hcl('a = "${b ? 1 : 3}x"'), "aws_thing.it.a: JSON has"),
        (thing(a='${"x"}'), hcl("a = x"), "aws_thing.it.a: JSON has"),
        (thing(a="${<<E\n  b\nE\n}"), hcl("a = (<<E\n b\nE\n)"), "aws_thing.it.a: JSON has"),
        (thing(policy='{"a":"1"}'), hcl("policy = jsonencode({a = 1})"), "aws_thing.it.policy: JSON has"),
        (thing(rules=[]), hcl(""), "aws_thing.it.rules: JSON has [], HCL has nothing"),
        (
            thing(part=[{"a": 1}, {"a": 2}]),
            hcl("part {\n a = 1\n}"),
            'aws_thing.it.part: JSON has {"a": 2}, HCL has nothing',
        ),
        (thing(), hcl("a = 1"), "aws_thing.it.a: JSON has nothing, HCL has 1"),
        (thing(), hcl("") + 'output "x" {\n value = 1\n}\n', "output: JSON has nothing, HCL has"),
        ({"variable": {"x": {"default": "${y}"}}}, 'variable "x" {\n default = "${y}"\n}\n', "var.x.default: JSON has"),
        ({"moved": [{"from": "a.b", "to": "a.c"}]}, 'moved {\n from = a.b\n to = "a.c"\n}\n', "moved.to: JSON has"),
        (thing(), 'resource "aws_thing" "it" {', "main.tf: parse config: "),
    ],
)
def test_difference_is_refused_with_its_address(
    hcl_tool: HclTool, blocks: dict[str, Any], text: str, difference: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_hcl({"main.tf": text}, blocks, SCHEMA, hcl_tool)
    assert str(caught.value).split("\n  ")[1].startswith(difference)


def test_many_differences_are_counted(hcl_tool: HclTool) -> None:
    with pytest.raises(ConfigurationError, match=r"\n  locals.x9: .*\n  and 5 more$"):
        check_hcl({"main.tf": "locals {}\n"}, {"locals": {f"x{index}": 1 for index in range(15)}}, SCHEMA, hcl_tool)


def test_one_process_checks_every_text() -> None:
    with HclTool(ROOT) as tool:
        assert tool.format({"a": "a=1\n", "b": "bb   = {\nc = 1\n}\n"}) == {"a": "a = 1\n", "b": "bb = {\n  c = 1\n}\n"}
        process = tool._process
        parsed, errors = tool.parse({"a": "a = 1.50\n", "b": "a = "})
        assert parsed == {"a": '{\n "a": 1.5\n}'} or "1.5" in parsed["a"]
        assert "b" in errors
        assert tool._process is process
    assert tool._process is None


def test_libraries_are_found_next_to_the_program_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}")
    with HclTool(tmp_path) as tool:
        assert tool.format({"a": "a=1\n"}) == {"a": "a = 1\n"}


def test_libraries_of_the_project_come_first(tmp_path: Path) -> None:
    (tmp_path / "node_modules" / "cdktf-cli").mkdir(parents=True)
    assert search_folders(tmp_path)[:2] == [tmp_path, tmp_path / "node_modules" / "cdktf-cli"]


@pytest.fixture
def only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that leaves only these programs on the path."""

    def only(*programs: str) -> None:
        folder = tmp_path / "programs"
        folder.mkdir()
        for program in programs:
            found = shutil.which(program)
            if found is None:
                pytest.skip(f"{program} is not installed")
            (folder / program).symlink_to(found)
        monkeypatch.setenv("PATH", str(folder))

    return only


def test_bundle_is_refused_if_it_cannot_be_checked(refused: Refused, only: Any) -> None:
    only()
    error = refused("--format", "hcl", code=3)
    assert "@cdktf/hcl2json is not found; install cdktf-cli (npm install cdktf-cli) and Node.js" in error
    assert "--no-check" in error


def test_json_needs_no_parser(hand_over: HandOver, only: Any) -> None:
    only()
    assert (hand_over() / "main.tf.json").is_file()


def test_layout_is_the_same_with_terraform_and_without_the_library(hand_over: HandOver, only: Any) -> None:
    with_library = {path.name: path.read_bytes() for path in hand_over("--format", "hcl").glob("*.tf")}
    only("terraform")
    assert {
        path.name: path.read_bytes() for path in hand_over("--format", "hcl", "--no-check").glob("*.tf")
    } == with_library


def test_layout_needs_a_formatter(refused: Refused, only: Any) -> None:
    only()
    assert "@cdktf/hcl-tools and terraform are not found" in refused("--format", "hcl", "--no-check", code=3)
