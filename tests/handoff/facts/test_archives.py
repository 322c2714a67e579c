"""The hash of each code archive."""

from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda.handoff.errors import ConfigurationError
from ddb_stream_lambda.handoff.facts.archives import check_archives
from ddb_stream_lambda.handoff.synthesized.configuration import Configuration

# printf code | openssl dgst -sha256 -binary | base64
HASH = "VpTQii5T/8rgwxA+Wtb2B2q9lg6x+KVldwQLwQKPcCs="


def check(folder: Path, **arguments: Any) -> None:
    (folder / "code.zip").write_bytes(b"code")
    check_archives(Configuration({"resource": {"aws_lambda_function": {"f": arguments}}}), folder)


@pytest.mark.parametrize("file", ["code.zip", "${path.module}/code.zip"])
def test_archive_with_another_hash_is_refused(tmp_path: Path, file: str) -> None:
    with pytest.raises(ConfigurationError, match=r"aws_lambda_function\.f: .*code\.zip"):
        check(tmp_path, filename=file, source_code_hash="A" + HASH[1:])


@pytest.mark.parametrize("name", ["source_code_hash", "code_sha256"])
def test_each_hash_is_checked(tmp_path: Path, name: str) -> None:
    check(tmp_path, filename="code.zip", **{name: HASH})
    with pytest.raises(ConfigurationError, match=name):
        check(tmp_path, filename="code.zip", **{name: "A" + HASH[1:]})


@pytest.mark.parametrize(
    "arguments",
    [
        {"filename": "code.zip", "source_code_hash": HASH},
        {"filename": "code.zip", "source_code_hash": '${filebase64sha256("code.zip")}'},
        {"filename": "code.zip"},
        {"s3_bucket": "b", "source_code_hash": "other"},
    ],
)
def test_other_archive_is_accepted(tmp_path: Path, arguments: dict[str, Any]) -> None:
    check(tmp_path, **arguments)
