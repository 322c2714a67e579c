"""The files that go along with a configuration: all that it names, or an error."""

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda.handoff.errors import ConfigurationError
from ddb_stream_lambda.handoff.synthesized.assets import Assets, collect_assets
from ddb_stream_lambda.handoff.synthesized.configuration import Configuration
from ddb_stream_lambda.handoff.synthesized.machine_paths import MachineFolders

HASH = "0123456789ABCDEF0123456789ABCDEF"
ASSET = f"assets/page/{HASH}"
MODULE = f"assets/__cdktf_module_asset_26CE565C/{HASH}"


class Stack:
    """A stack's folder, and what collecting its files gives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, *names: str, text: str = "x") -> None:
        for name in names:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def collect(self, **blocks: Any) -> Assets:
        return collect_assets(Configuration(blocks), self.folder, MachineFolders(private=("/home/alice",)))

    def output(self, text: str, allowed: tuple[str, ...] = ()) -> Assets:
        blocks = {"output": {"it": {"value": text}}}
        return collect_assets(Configuration(blocks), self.folder, MachineFolders(allowed=allowed))

    def error(self, **blocks: Any) -> str:
        with pytest.raises(ConfigurationError) as error:
            self.collect(**blocks)
        return str(error.value)

    def error_of_output(self, text: str) -> str:
        return self.error(output={"it": {"value": text}})


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    (tmp_path / "stack").mkdir()
    return Stack(tmp_path / "stack")


def test_everything_under_assets_goes_along(stack: Stack) -> None:
    stack.add(f"{ASSET}/a.txt", f"{ASSET}/deep/b.txt", "assets/unnamed/x")
    (stack.folder / ASSET / "empty").mkdir()
    assert set(stack.collect().files) == {
        f"{ASSET}/a.txt",
        f"{ASSET}/deep/b.txt",
        f"{ASSET}/empty",
        "assets/unnamed/x",
    }


@pytest.mark.parametrize(
    "expression",
    [
        'file("%s")',
        'filebase64("./%s")',
        'filemd5("${path.module}/%s")',
        'templatefile("${path.root}/%s", {a = "b"})',
        'jsonencode({a = file("%s")})',
        '"${upper("${file("%s")}")}"',
        "filesha256(local.page)",
        'file(join("/", ["%s"]))',
        'abspath(file("%s"))',
    ],
)
def test_file_of_a_function_goes_along_or_is_an_error(stack: Stack, expression: str) -> None:
    name = "pages/a.txt"
    blocks = {
        "output": {"it": {"value": "${" + expression.replace("%s", name) + "}"}},
        "locals": {"page": "${path.module}/" + name},
    }
    if "local." not in expression:
        del blocks["locals"]
    assert f"output.it.value: {name} is missing in the stack's folder" in stack.error(**blocks)
    stack.add(name)
    assert list(stack.collect(**blocks).files) == [name]


@pytest.mark.parametrize("text", ['$${file("x")}', 'file("x")', '${"file(\\"x\\")"}', '${profile("x")}'])
def test_text_that_is_not_a_call_names_no_file(stack: Stack, text: str) -> None:
    assert stack.output(text) == Assets()


@pytest.mark.parametrize(
    "text",
    ['${fileexists("x") ? file("x") : ""}', '${try(file("x"), "")}', '%{ if fileexists("x") }${file("x")}%{ endif }'],
)
def test_expression_that_handles_a_missing_file_may_name_one(stack: Stack, text: str) -> None:
    assert not stack.output(text).files
    stack.add("x")
    assert list(stack.output(text).files) == ["x"]


@pytest.mark.parametrize("name", ["y" * 5000, "a\0b"])
def test_name_that_no_file_can_have_is_an_error(stack: Stack, name: str) -> None:
    assert "is missing" in stack.error(resource={"aws_s3_object": {"it": {"source": name}}})


def test_fileexists_may_name_a_missing_file(stack: Stack) -> None:
    expression = '${fileexists("pages/a.txt")}'
    assert not stack.output(expression).files
    stack.add("pages/a.txt")
    assert list(stack.output(expression).files) == ["pages/a.txt"]


@pytest.mark.parametrize(
    "expression",
    [
        'fileset("pages", "**")',
        'fileset(path.module, "pages/**")',
        'fileset("${path.module}/pages", "**/*.txt")',
        'fileset("pages", var.pattern)',
        'fileset(path.root, "pages/img-*")',
    ],
)
def test_folder_of_fileset_goes_along_completely(stack: Stack, expression: str) -> None:
    text = "${" + expression + "}"
    assert "pages is missing" in stack.error_of_output(text)
    stack.add("pages/a.txt", "pages/deep/b.txt", "other/c.txt")
    assert list(stack.output(text).files) == ["pages/a.txt", "pages/deep/b.txt"]


@pytest.mark.parametrize("expression", ['fileset(".", "**")', "fileset(path.module, var.x)", 'fileset("", "*")'])
def test_fileset_of_the_configurations_own_folder_is_an_error(stack: Stack, expression: str) -> None:
    assert "has other files in a bundle" in stack.error_of_output("${" + expression + "}")


@pytest.mark.parametrize(
    ("kind", "type", "argument"),
    [
        ("resource", "aws_lambda_function", "filename"),
        ("resource", "aws_s3_object", "source"),
        ("data", "archive_file", "source_dir"),
        ("data", "local_file", "filename"),
    ],
)
def test_file_of_an_argument_goes_along_or_is_an_error(stack: Stack, kind: str, type: str, argument: str) -> None:
    blocks = {kind: {type: {"it": {argument: "pages/a.txt"}}}}
    assert f"{kind}.{type}.it.{argument}: pages/a.txt is missing" in stack.error(**blocks)
    stack.add("pages/a.txt")
    assert list(stack.collect(**blocks).files) == ["pages/a.txt"]


@pytest.mark.parametrize(("type", "argument"), [("file", "source"), ("local-exec", "working_dir")])
def test_file_of_a_provisioner_goes_along_or_is_an_error(stack: Stack, type: str, argument: str) -> None:
    blocks = {"resource": {"null_resource": {"it": {"provisioner": [{type: {argument: "scripts"}}]}}}}
    assert "scripts is missing" in stack.error(**blocks)
    stack.add("scripts/run.sh")
    assert list(stack.collect(**blocks).files) == ["scripts/run.sh"]


def test_script_that_a_command_names_goes_along(stack: Stack) -> None:
    stack.add("scripts/run.sh", "scripts/other.sh")
    command = "./scripts/run.sh > ./log && ${path.module}/scripts/other.sh"
    blocks = {"resource": {"null_resource": {"it": {"provisioner": [{"local-exec": {"command": command}}]}}}}
    assert list(stack.collect(**blocks).files) == ["scripts/other.sh", "scripts/run.sh"]


def test_file_to_write_may_be_missing(stack: Stack) -> None:
    assert not stack.collect(
        data={"archive_file": {"it": {"output_path": "${path.module}/out.zip"}}},
        resource={"local_file": {"it": {"filename": "${path.module}/out.txt"}}},
    ).files


@pytest.mark.parametrize(
    "text", [f"{ASSET}/x", f"unzip {ASSET}/x -d y", f'${{join("", ["{ASSET}/x"])}}', f"{ASSET}x.txt"]
)
def test_missing_asset_of_cdktf_is_an_error_wherever_it_is_named(stack: Stack, text: str) -> None:
    assert "is missing" in stack.error(resource={"any": {"it": {"anything": text}}})


@pytest.mark.parametrize("text", [f"{ASSET}/gone", f"./{ASSET}/gone", f"{ASSET}gone", f"cp {ASSET}gone x"])
def test_wrong_name_in_an_existing_asset_is_an_error(stack: Stack, text: str) -> None:
    stack.add(f"{ASSET}/a.txt")
    assert "gone is missing" in stack.error(resource={"any": {"it": {"anything": text}}})


@pytest.mark.parametrize(
    "text", [f'${{file("{ASSET}/a b.txt")}}', f"{ASSET}/a b.txt", f"docker run -v {ASSET}:/x", f"see {ASSET}."]
)
def test_existing_asset_is_accepted_with_any_text_around_it(stack: Stack, text: str) -> None:
    stack.add(f"{ASSET}/a b.txt")
    assert set(stack.collect(resource={"any": {"it": {"anything": text}}}).files) == {f"{ASSET}/a b.txt"}


def test_other_text_that_starts_like_an_asset_is_not_a_file(stack: Stack) -> None:
    assert stack.collect(resource={"aws_s3_object": {"it": {"key": "assets/logo.png"}}}) == Assets()


def test_expression_below_a_known_folder_needs_the_folder(stack: Stack) -> None:
    blocks = {"resource": {"aws_s3_object": {"it": {"source": ASSET + "/${each.value}"}}}}
    assert f"{ASSET} is missing" in stack.error(**blocks)
    stack.add(f"{ASSET}/a.txt")
    assert stack.collect(**blocks).unresolved == ()


@pytest.mark.parametrize("expression", ["${var.zip}", "${path.module}/${var.zip}", "${each.value}", "page-${var.x}"])
def test_name_that_only_terraform_knows_is_reported(stack: Stack, expression: str) -> None:
    assets = stack.collect(resource={"aws_lambda_function": {"it": {"filename": expression}}})
    assert assets.unresolved == (f"resource.aws_lambda_function.it.filename: {expression}",)


@pytest.mark.parametrize("expression", ["${data.archive_file.code.output_path}", "${module.code.path}"])
def test_file_that_terraform_produces_is_not_reported(stack: Stack, expression: str) -> None:
    assert stack.collect(resource={"aws_lambda_function": {"it": {"filename": expression}}}) == Assets()


@pytest.mark.parametrize("path", ["../x", "a/../../x", "${path.module}/../x"])
def test_file_outside_the_stacks_folder_is_an_error(stack: Stack, path: str) -> None:
    stack.add("../x")
    assert "../x is outside the stack's folder" in stack.error_of_output(f'${{file("{path}")}}')


@pytest.mark.parametrize("call", ['file("/etc/hosts")', 'file("~/.ssh/id.pub")', 'pathexpand("~/.ssh/id.pub")'])
def test_absolute_path_in_a_function_is_an_error(stack: Stack, call: str) -> None:
    assert "is an absolute path" in stack.error_of_output("${" + call + "}")


def test_user_can_allow_an_absolute_or_missing_file(stack: Stack) -> None:
    text = '${file("/etc/hosts")}${file("later.txt")}'
    assert not stack.output(text, allowed=("/etc/hosts", "later.txt")).files


def test_local_module_goes_along_with_the_modules_that_it_calls(stack: Stack) -> None:
    stack.add(f"{MODULE}/a/main.tf", text='module "b" {\n  for_each = {}\n  source   = "../b" # it\n}\n')
    stack.add(f"{MODULE}/b/x.tf", f"{MODULE}/b/nested/page.txt", text="")
    assets = stack.collect(module={"a": {"source": f"./{MODULE}/a"}})
    assert set(assets.files) == {f"{MODULE}/a/main.tf", f"{MODULE}/b/x.tf", f"{MODULE}/b/nested/page.txt"}
    assert assets.modules == (f"{MODULE}/a", f"{MODULE}/b")


def test_module_outside_assets_goes_along(stack: Stack) -> None:
    stack.add("modules/x/main.tf", "modules/x/files/a.txt", "modules/y/main.tf", text="")
    assets = stack.collect(module={"a": {"source": "./modules/x"}})
    assert list(assets.files) == ["modules/x/files/a.txt", "modules/x/main.tf"]


@pytest.mark.parametrize("source", ["./modules/x", "../x"])
def test_missing_module_is_an_error(stack: Stack, source: str) -> None:
    assert "module.a.source: " in stack.error(module={"a": {"source": source}})


def test_module_of_a_registry_needs_no_files(stack: Stack) -> None:
    assert stack.collect(module={"a": {"source": "terraform-aws-modules/vpc/aws"}}) == Assets()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('module "b" {\n source = "../gone"\n}', "m/main.tf: source: gone is missing"),
        ('module "b" {\n source = "../../b"\n}', "../b is outside the stack's folder"),
        ('output "o" {\n value = file("${path.module}/gone")\n}', "m/main.tf: m/gone is missing"),
        ('output "o" {\n value = file("gone")\n}', "m/main.tf: gone is missing"),
        ('output "o" {\n value = <<-EOT\n  it"s ${file("gone")}\n  EOT\n}', "m/main.tf: gone is missing"),
        ('output "o" {\n value = "/home/alice/x"\n}', "m/main.tf: /home/alice/x is a path of this machine"),
    ],
)
def test_file_that_a_module_names_is_an_error_if_it_is_missing(stack: Stack, text: str, error: str) -> None:
    stack.add("m/main.tf", text=text)
    assert error in stack.error(module={"a": {"source": "./m"}})


@pytest.mark.parametrize(
    "text",
    [
        '# file("gone")\n// file("gone")\n/* file("gone")\n*/\n',
        'output "o" {\n value = file("${path.module}/page.txt")\n}',
        'output "o" {\n value = "#" # file("gone")\n}',
        'output "o" {\n value = "$${file("gone")}"\n}',
        'resource "aws_s3_object" "o" {\n source = "${path.module}/page.txt"\n}',
    ],
)
def test_complete_module_is_accepted(stack: Stack, text: str) -> None:
    stack.add("m/main.tf", text=text)
    stack.add("m/page.txt")
    assert set(stack.collect(module={"a": {"source": "./m"}}).files) == {"m/main.tf", "m/page.txt"}


def test_module_in_json_is_read(stack: Stack) -> None:
    stack.add("m/main.tf.json", text='{"output": {"o": {"value": "${file(\\"${path.module}/gone\\")}"}}}')
    assert "m/main.tf.json: output.o.value: m/gone is missing" in stack.error(module={"a": {"source": "./m"}})


def test_modules_that_call_each_other_end(stack: Stack) -> None:
    stack.add("a/main.tf", text='module "b" {\n  source = "../b"\n}')
    stack.add("b/main.tf", text='module "a" {\n  source = "../a"\n}')
    assert stack.collect(module={"a": {"source": "./a"}}).modules == ("a", "b")


def test_other_configuration_in_the_stacks_folder_is_an_error(stack: Stack) -> None:
    stack.add("extra.tf", "cdk.tf.json")
    assert "extra.tf: Terraform reads this file" in stack.error()


def test_content_of_a_link_takes_its_place(stack: Stack) -> None:
    stack.add("assets/x/a.txt")
    (stack.folder / "assets/link").symlink_to("x")
    (stack.folder / "assets/file").symlink_to(stack.folder / "assets/x/a.txt")
    files = stack.collect().files
    assert set(files) == {"assets/x/a.txt", "assets/link/a.txt", "assets/file"}
    assert not any(path.is_symlink() for path in files.values())


def make_link(target: str) -> Callable[[Path], object]:
    return lambda path: path.symlink_to(target)


def make_socket(path: Path) -> None:
    # The names of sockets are short, so it is made in the working directory.
    before = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(before)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (make_link("/etc/hosts"), "is a link to a file outside"),
        (make_link("../../../outside"), "is a link to a file outside"),
        (make_link("gone"), "cannot be read"),
        (make_link("thing"), "cannot be read"),
        (make_link("."), "is a link to a folder that contains it"),
        (make_link(".."), "is a link to a folder that contains it"),
        (os.mkfifo, "is not a file or a folder"),
        (make_socket, "is not a file or a folder"),
    ],
)
def test_file_that_cannot_go_along_is_an_error(
    stack: Stack, make: Callable[[Path], object], error: str, tmp_path: Path
) -> None:
    (tmp_path / "outside").touch()
    (stack.folder / "assets/x").mkdir(parents=True)
    make(stack.folder / "assets/x/thing")
    assert f"assets: assets/x/thing {error}" in stack.error()


@pytest.mark.parametrize("name", [b"a\nb", b"a\x1bb", b"a\\b", b"a\xff"])
def test_name_that_other_machines_do_not_accept_is_an_error(stack: Stack, name: bytes) -> None:
    (stack.folder / "assets").mkdir()
    (stack.folder / "assets" / os.fsdecode(name)).touch()
    assert "assets has a file whose name" in stack.error()


def test_file_without_permission_is_an_error(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.add("assets/secret")

    def refuse(*_: object) -> None:  # root reads every file, whatever its mode
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "assets/secret cannot be read: Permission denied" in stack.error()


def test_all_mistakes_are_reported_together(stack: Stack) -> None:
    error = stack.error(output={"a": {"value": '${file("x")}'}, "b": {"value": '${file("y")}'}})
    assert "x is missing" in error
    assert "y is missing" in error
