"""The bucket of the exports, and the bucket of the results. Both exist already, or belong to the app."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cdktf import TerraformStack
from constructs import Construct

from ..._engine.tokens import as_string, expression_of, is_resolvable, is_token
from ...arguments.checks import check_name
from ...arguments.policies import Statement
from ...errors import Mistakes
from ...limits import BUCKET_NAME, BUCKET_NAME_END, BUCKET_NAME_FORM
from ..failure_bucket import BUCKET_NAME_EXPRESSION
from ..kms_keys import KEY_ARN, look_up_key
from .statements import allow

EXPORT_BUCKET, EXPORT_PREFIX, EXPORT_KEY = "export_bucket", "export_prefix", "export_kms_key_arn"
RESULT_BUCKET, RESULT_PREFIX, RESULT_KEY = "result_bucket", "result_prefix", "result_kms_key_arn"
DEFAULT_RESULT_PREFIX = "backfill-results"

# DynamoDB writes each export below this folder, which follows the prefix:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
EXPORT_FOLDER = "AWSDynamoDB"
LIST_OF_FILES = "manifest-files.json"
# The characters that need no handling in keys: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html.
# In a policy, * and ? would be wildcards; in the definition, a quote would end the text.
PREFIX = re.compile(r"[\w!./-]*", re.ASCII)


@dataclass(frozen=True)
class Location:
    """A bucket and a prefix in it.

    Attributes:
        bucket: The bucket's name.
        prefix: The prefix, without a slash at its ends.
        kms_key_arn: The customer managed key of the objects, if there is one.
    """

    bucket: str
    prefix: str
    kms_key_arn: str | None

    def objects(self, partition: str, *parts: str) -> str:
        """Return the ARN of objects: the parts of their keys after the prefix, with wildcards."""
        return f"arn:{partition}:s3:::{'/'.join(filter(None, [self.bucket, self.prefix, *parts]))}"


@dataclass(frozen=True)
class Buckets:
    """The location of the exports and that of the results."""

    exports: Location
    results: Location

    def with_keys(self, *, scope: Construct, companion: Mapping[str, Any]) -> Buckets:
        """Return the locations with the ARNs of their keys, since IAM accepts neither the id nor an alias of a key.

        Args:
            scope: The construct, which gets a data source for each key that is not known to be given by its ARN.
            companion: The `provider` and `region` of all resources.
        """
        exports, results = self.exports, self.results
        if exports.kms_key_arn is not None:
            key = look_up_key(
                scope=scope, id="exports-key", suffix="exports", key=exports.kms_key_arn, companion=companion
            )
            if results.kms_key_arn == exports.kms_key_arn:
                results = replace(results, kms_key_arn=key)
            exports = replace(exports, kms_key_arn=key)
        if results.kms_key_arn is not None and results.kms_key_arn != exports.kms_key_arn:
            key = look_up_key(
                scope=scope, id="results-key", suffix="results", key=results.kms_key_arn, companion=companion
            )
            results = replace(results, kms_key_arn=key)
        return Buckets(exports, results)

    def statements_of_worker(self, partition: str) -> Iterator[Statement]:
        """Yield the worker's permissions to read exports, and to keep what failed with the results."""
        exports, results = self.exports, self.results
        yield allow("ReadExports", ["s3:GetObject"], exports.objects(partition, EXPORT_FOLDER, "*"))
        yield allow("WriteResults", ["s3:GetObject", "s3:PutObject"], results.objects(partition, "*"))
        condition = {"StringLike": {"s3:prefix": f"{results.prefix}/*"}}
        bucket = f"arn:{partition}:s3:::{results.bucket}"
        yield allow("ListResults", ["s3:ListBucket"], bucket) | {"Condition": condition}
        yield from self._statements_of_keys()

    def statements_of_state_machine(self, partition: str) -> Iterator[Statement]:
        """Yield the permissions of the state machine to read lists of files, and to write the results.

        https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
        """
        lists = self.exports.objects(partition, EXPORT_FOLDER, "*", LIST_OF_FILES)
        yield allow("ReadListOfFiles", ["s3:GetObject"], lists)
        actions = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
        yield allow("WriteResults", actions, self.results.objects(partition, "*"))
        yield from self._statements_of_keys()

    def _statements_of_keys(self) -> Iterator[Statement]:
        if self.exports.kms_key_arn is not None:
            yield allow("DecryptExports", ["kms:Decrypt"], self.exports.kms_key_arn)
        if self.results.kms_key_arn is not None:
            yield allow("EncryptResults", ["kms:Decrypt", "kms:GenerateDataKey"], self.results.kms_key_arn)


@dataclass(frozen=True)
class Given:
    """The user's inputs for one location, with the names of the inputs."""

    bucket: tuple[str, object]
    prefix: tuple[str, object]
    key: tuple[str, object]


def check_buckets(*, stack: TerraformStack, exports: Given, results: Given, mistakes: Mistakes) -> Buckets:
    """Return the locations; add a mistake for each wrong input. The default of the results is the exports' bucket.

    Args:
        stack: The construct's stack, to compare expressions.
        exports: The inputs for the exports.
        results: The inputs for the results.
        mistakes: The collector of mistakes.
    """
    if results.bucket[1] is None:
        # A wrong name is reported once, as an input of the exports.
        results = replace(results, bucket=exports.bucket)
    is_same_bucket = _comparable(results.bucket[1], stack) == _comparable(exports.bucket[1], stack)
    if is_same_bucket and results.key[1] is None:
        results = replace(results, key=exports.key)
    export_location = _check_location(exports, mistakes)
    prefix_name, given_prefix = exports.prefix
    folders = export_location.prefix.split("/")
    if EXPORT_FOLDER in folders:
        before = "/".join(folders[: folders.index(EXPORT_FOLDER)])
        fix = f"give the part before it, {before}" if before else "remove it"
        message = f"must not contain the folder {EXPORT_FOLDER}, which DynamoDB adds to the prefix of an export; {fix}"
        mistakes.add(prefix_name, given_prefix, message)
    result_location = _check_location(results, mistakes)
    name, prefix = results.prefix
    # The state machine would read its own results as an export, and its permissions would overlap.
    if not result_location.prefix:
        mistakes.add(name, prefix, "must not be empty: the results have a separate folder, such as backfill-results")
    elif is_same_bucket and EXPORT_FOLDER in result_location.prefix.split("/"):
        mistakes.add(name, prefix, f"must not contain the folder {EXPORT_FOLDER}, where the exports are")
    return Buckets(export_location, result_location)


def _comparable(value: object, stack: TerraformStack) -> object:
    """Return a bucket's name for a comparison: each use of an attribute is another token, and two are the name."""
    value = _as_text(value)
    if not isinstance(value, str) or not is_token(value):
        return value
    return BUCKET_NAME_EXPRESSION.sub(r"\1", expression_of(value, stack))


def _as_text(value: object) -> object:
    """Return an expression of any form as text, and any other value as it is."""
    return as_string(value) if is_resolvable(value) else value


def _check_location(given: Given, mistakes: Mistakes) -> Location:
    name, bucket = given.bucket[0], _as_text(given.bucket[1])
    _check_bucket_name(name, bucket, mistakes)
    prefix_name, prefix = given.prefix[0], _as_text(given.prefix[1])
    if not isinstance(prefix, str):
        mistakes.add(prefix_name, prefix, "must be text (str), such as orders/exports")
        prefix = ""
    elif not is_token(prefix) and (not PREFIX.fullmatch(prefix) or "//" in prefix):
        mistakes.add(
            prefix_name, prefix, "must be letters, digits and !-_. between single slashes, such as orders/exports"
        )
    key_name, key = given.key[0], _as_text(given.key[1])
    if key is not None and not (isinstance(key, str) and (is_token(key) or KEY_ARN.fullmatch(key))):
        message = (
            "must be the ARN of a key, such as arn:aws:kms:eu-west-1:111122223333:key/…, since IAM accepts neither an "
            "alias nor an id; give the ARN, or DataAwsKmsKey(…).arn, which finds it"
        )
        mistakes.add(key_name, key, message)
    return Location(str(bucket), prefix.strip("/"), None if key is None else str(key))


def _check_bucket_name(property: str, bucket: object, mistakes: Mistakes) -> None:
    """Add a mistake for a name that no bucket has."""
    if not isinstance(bucket, str):
        mistakes.add(property, bucket, "must be the name of a bucket (str), such as orders-exports or bucket.bucket")
        return
    fix = "give the name of a bucket that exists"
    check_name(BUCKET_NAME, value=bucket, property=property, mistakes=mistakes, fix=fix)
    if not is_token(bucket) and not all(re.fullmatch(form, bucket) for form in (BUCKET_NAME_FORM, BUCKET_NAME_END)):
        message = (
            "must begin and end with a letter or digit, without two dots in a row, the form of an IP address, or a "
            f"beginning or ending that S3 reserves; {fix}"
        )
        mistakes.add(property, bucket, message)
