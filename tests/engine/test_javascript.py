"""The hook in the engine: it matches files of the installed packages, and does what it documents.

If a release of the provider or of cdktf moves or rewrites one of these files, a test here fails.
"""

import json
import pkgutil
import re
import shutil
import subprocess
import tarfile
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda._engine.installation import is_installed

from tests.support.programs import run_program

HOOK = resources.files("ddb_stream_lambda._engine").joinpath("hook.js")
PROVIDER = "cdktf_cdktf_provider_aws"
ARCHIVES = {"provider": f"{PROVIDER}._jsii", "cdktf": "cdktf._jsii"}

# The switch of cdktn's stacks is tested where that tool is installed.
HAS_SWITCH = is_installed("cdktn")

# The lines of the index that load a module.
REQUIRE_LINE = re.compile(r"^exports\..*require\(.*$", re.MULTILINE)

# Reads JSON, writes JSON: which paths the patterns match, and what the rewritten index does.
SCRIPT = """
const { INDEX, EAGER, STACK_TRACE, rewriteIndex } = require(process.argv[1]);
const { paths, index } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const rewritten = rewriteIndex(index);
const loaded = [];
const exported = {};
new Function("exports", "require", rewritten)(exported, (name) => {
  loaded.push(name);
  return { __esModule: true, name };
});
const loadedByIndex = [...loaded];
const queue = exported.sqsQueue;
console.log(JSON.stringify({
  indexPaths: paths.filter((path) => INDEX.test(path)),
  stackTracePaths: paths.filter((path) => STACK_TRACE.test(path)),
  matches: (index.match(EAGER) || []).length,
  remaining: (rewritten.match(EAGER) || []).length,
  exports: Object.keys(exported),
  loadedByIndex,
  loadedByUse: loaded,
  queue,
}));
"""

TOKEN_WITH_STACK = """
import ddb_stream_lambda, cdktf
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
token = cdktf.Token.as_any({"a": 1})
print(len(token.creation_stack))
"""

COMPILED_FILES = """
import ddb_stream_lambda, cdktf
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from ddb_stream_lambda._engine.javascript import count_compiled_files
SqsQueue(cdktf.TerraformStack(cdktf.Testing.app(), "orders"), "queue")
print(count_compiled_files())
"""


def read_archive(package: str) -> dict[str, str]:
    """Return the JavaScript files of a package's jsii archive that the hook concerns, and the paths of all others.

    The paths are those that the engine installs the files under.
    """
    (path,) = [Path(str(file)) for file in resources.files(package).iterdir() if file.name.endswith(".jsii.tgz")]
    files: dict[str, str] = {}
    with tarfile.open(path, "r|gz") as archive:
        for member in archive:
            if member.name.endswith(("package.json", "lib/index.js", "stack-trace.js")):
                content = archive.extractfile(member)
                assert content is not None
                files[member.name] = content.read().decode()
            elif member.name.endswith(".js"):
                files[member.name] = ""
    name = json.loads(files["package/package.json"])["name"]
    return {f"/cache/node_modules/{name}/{path.removeprefix('package/')}": text for path, text in files.items()}


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    """The JavaScript files of the provider and of cdktf: path to content."""
    return read_archive(ARCHIVES["provider"]) | read_archive(ARCHIVES["cdktf"])


@pytest.fixture(scope="module")
def index(files: dict[str, str]) -> str:
    """The provider's index."""
    return files["/cache/node_modules/@cdktf/provider-aws/lib/index.js"]


@pytest.fixture(scope="module")
def result(files: dict[str, str], index: str) -> dict[str, Any]:
    """The output of `SCRIPT`."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    with resources.as_file(HOOK) as hook:
        ran = subprocess.run(
            [node, "-e", SCRIPT, str(hook)],
            input=json.dumps({"paths": list(files), "index": index}),
            capture_output=True,
            text=True,
            check=True,
        )
    return dict(json.loads(ran.stdout))


class TestIndex:
    def test_is_found_by_its_path(self, result: dict[str, Any]) -> None:
        assert result["indexPaths"] == ["/cache/node_modules/@cdktf/provider-aws/lib/index.js"]

    def test_has_every_line_that_loads_a_module_rewritten(self, result: dict[str, Any], index: str) -> None:
        modules = [module for module in pkgutil.iter_modules([str(resources.files(PROVIDER))]) if module.ispkg]
        assert result["matches"] == len(REQUIRE_LINE.findall(index)) == len(modules) - len(["_jsii"]) > 2000
        assert result["remaining"] == 0

    def test_exports_the_same_names(self, result: dict[str, Any], index: str) -> None:
        names = [line.split(" ", 1)[0].removeprefix("exports.") for line in REQUIRE_LINE.findall(index)]
        assert sorted(result["exports"]) == sorted(names)

    def test_loads_a_module_at_its_first_use(self, result: dict[str, Any], index: str) -> None:
        (queue_module,) = re.findall(r'^exports\.sqsQueue = .*require\("(.*)"\)', index, re.MULTILINE)
        assert result["loadedByIndex"] == []
        assert result["loadedByUse"] == [queue_module]
        assert result["queue"] == {"__esModule": True, "name": queue_module}

    def test_leads_to_the_files_that_a_program_uses(self) -> None:
        assert int(run_program(COMPILED_FILES).stdout) == len(["index", "sqs-queue"])


class TestStackTraces:
    def test_are_recorded_by_the_file_that_the_hook_changes(
        self, result: dict[str, Any], files: dict[str, str]
    ) -> None:
        (path,) = result["stackTracePaths"]
        assert path == "/cache/node_modules/cdktf/lib/tokens/private/stack-trace.js"
        assert "exports.captureStackTrace =" in files[path]

    def test_are_off(self) -> None:
        assert int(run_program(TOKEN_WITH_STACK).stdout) == 0

    def test_are_kept_by_the_environment_variable(self) -> None:
        ran = run_program(TOKEN_WITH_STACK, environment={"DDB_STREAM_LAMBDA_STACK_TRACES": "1"})
        assert int(ran.stdout) > 0

    def test_are_kept_by_the_switch_of_cdktn(self) -> None:
        if not HAS_SWITCH:
            pytest.skip("only cdktn has a switch")
        environment = {"CDKTN_DISABLE_CREATION_STACK": "0"}
        assert int(run_program(TOKEN_WITH_STACK, environment=environment).stdout) > 0
