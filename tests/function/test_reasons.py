"""The description of errors for the log, and the decision what an error is about."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.reason_shapes import SHAPES, ErrorKind
from indexer.reasons import MAX_TEXT_LENGTH, describe_error, explain_error

DOCUMENT = ErrorKind.DOCUMENT
CONFIGURATION = ErrorKind.CONFIGURATION
TEMPORARY = ErrorKind.TEMPORARY
MISSING_INDEX = ErrorKind.MISSING_INDEX

# A user's text in the position of a value, an id or a part of a request. No reason has it in another position.
VALUE = "s3cr3t"


def error(type_name: str, reason: str, cause: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": type_name, "reason": reason} | ({"caused_by": cause} if cause else {})


def preview(path: str, type_name: str) -> str:
    return (
        f"failed to parse field [{path}] of type [{type_name}] in document with id '{VALUE}'. "
        f"Preview of field's value: '{VALUE}'"
    )


# The reasons are those of real engines (OpenSearch 2.19 and 3.9, Elasticsearch 7.10), of public issues, and of the
# engines' tests, each with VALUE where the engine repeats a value, an id or a request.
CASES = [
    # Documents that OpenSearch and Elasticsearch 7 refuse
    (
        error("illegal_argument_exception", "mapper [lines.price] cannot be changed from type [long] to [float]"),
        "illegal_argument_exception: mapper [lines.price] cannot be changed from type [long] to [float]",
        DOCUMENT,
    ),
    (
        error("illegal_argument_exception", "can't merge a non object mapping [m] with an object mapping"),
        "illegal_argument_exception: can't merge a non object mapping [m] with an object mapping",
        DOCUMENT,
    ),
    (
        error("illegal_argument_exception", "Limit of total fields [1000] has been exceeded"),
        "illegal_argument_exception: Limit of total fields [1000] has been exceeded",
        DOCUMENT,
    ),
    (
        error(
            "mapper_parsing_exception",
            "failed to parse",
            error(
                "parse_exception",
                "The depth of the field has exceeded the allowed limit of [20]. This limit can be set by changing the "
                "[index.mapping.depth.limit] index level setting.",
            ),
        ),
        "mapper_parsing_exception: failed to parse, caused by parse_exception: The depth of the field has exceeded the "
        "allowed limit of [20]",
        DOCUMENT,
    ),
    (
        error(
            "mapper_parsing_exception",
            "failed to parse",
            error("parse_exception", "The depth of the nested array field has exceeded the allowed limit of [20]…"),
        ),
        "mapper_parsing_exception: failed to parse, caused by parse_exception: The depth of the nested array field has "
        "exceeded the allowed limit of [20]",
        DOCUMENT,
    ),
    (
        error(
            "illegal_argument_exception",
            "Limit of mapping depth [20] has been exceeded due to object field [a.b.c]",
        ),
        "illegal_argument_exception: Limit of mapping depth [20] has been exceeded due to object field [a.b.c]",
        DOCUMENT,
    ),
    (
        error(
            "mapper_parsing_exception",
            preview("n", "date"),
            error(
                "illegal_argument_exception",
                f"failed to parse date field [{VALUE}] with format [strict_date_optional_time||epoch_millis]",
                error("date_time_parse_exception", f"Failed to parse with all enclosed parsers: {VALUE}"),
            ),
        ),
        "mapper_parsing_exception: failed to parse field [n] of type [date], caused by illegal_argument_exception: "
        "failed to parse date field […] with format […], caused by date_time_parse_exception",
        DOCUMENT,
    ),
    (
        error(
            "mapper_parsing_exception",
            preview("n", "date"),
            error("illegal_argument_exception", "cannot parse empty date"),
        ),
        "mapper_parsing_exception: failed to parse field [n] of type [date], caused by illegal_argument_exception: "
        "cannot parse empty date",
        DOCUMENT,
    ),
    (
        error(
            "mapper_parsing_exception",
            preview("count", "long"),
            error("illegal_argument_exception", f'For input string: "{VALUE}"'),
        ),
        "mapper_parsing_exception: failed to parse field [count] of type [long], caused by illegal_argument_exception: "
        "For input string",
        DOCUMENT,
    ),
    (
        error(
            "mapper_parsing_exception",
            preview("count", "long"),
            error(
                "input_coercion_exception",
                f"Numeric value ({VALUE}) out of range of long (-9223372036854775808 - 9223372036854775807)\n at "
                "[Source: "
                f'(byte[])"POST /_bulk HTTP/1.1\r\n{VALUE}"; line: 1, column: 20]',
            ),
        ),
        "mapper_parsing_exception: failed to parse field [count] of type [long], caused by input_coercion_exception: "
        "Numeric value (…) out of range of long",
        DOCUMENT,
    ),
    (
        error(
            "mapper_parsing_exception",
            preview("x", "float"),
            error("illegal_argument_exception", "[float] supports only finite values, but got [Infinity]"),
        ),
        "mapper_parsing_exception: failed to parse field [x] of type [float], caused by illegal_argument_exception: "
        "[float] supports only finite values, but got [Infinity]",
        DOCUMENT,
    ),
    (
        error("illegal_argument_exception", f"[half_float] supports only finite values, but got [{VALUE}]"),
        "illegal_argument_exception: [half_float] supports only finite values, but got […]",
        DOCUMENT,
    ),
    (
        error(
            "mapper_parsing_exception",
            "failed to parse",
            error(
                "json_parse_exception",
                "Non-standard token 'NaN': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow\n at [Source: "
                f'(byte[])"POST /_bulk HTTP/1.1{VALUE}"[truncated 5000 bytes]; line: 1, column: 245]',
            ),
        ),
        "mapper_parsing_exception: failed to parse, caused by json_parse_exception: Non-standard token 'NaN'",
        DOCUMENT,
    ),
    (
        error(
            "mapper_parsing_exception",
            "failed to parse",
            error("json_parse_exception", "Duplicate field 'a'\n at [Source: REDACTED; line: 1, column: 12]"),
        ),
        "mapper_parsing_exception: failed to parse, caused by json_parse_exception: Duplicate field 'a'",
        DOCUMENT,
    ),
    (
        error(
            "mapper_parsing_exception",
            "failed to parse",
            error(
                "stream_constraints_exception",
                "Number value length (1200) exceeds the maximum allowed (1000, from "
                "`StreamReadConstraints.getMaxNumberLength()`)",
            ),
        ),
        "mapper_parsing_exception: failed to parse, caused by stream_constraints_exception: Number value length (1200) "
        "exceeds the maximum allowed (1000…)",
        DOCUMENT,
    ),
    (
        error(
            "illegal_argument_exception",
            'Document contains at least one immense term in field="note" (whose UTF8 encoding is longer than the max '
            "length 32766), all of which were skipped.  Please correct the analyzer to not produce such terms.  The "
            f"prefix of the first immense term is: '[{VALUE}]...', original message: bytes can be at most 32766 in "
            "length; got 40000",
            error("max_bytes_length_exceeded_exception", "bytes can be at most 32766 in length; got 40000"),
        ),
        'illegal_argument_exception: Document contains at least one immense term in field="note" (whose UTF8 encoding '
        "is "
        "longer than the max length 32766), caused by max_bytes_length_exceeded_exception: bytes can be at most 32766 "
        "in "
        "length; got 40000",
        DOCUMENT,
    ),
    (
        error(
            "mapper_parsing_exception",
            preview("_id", "_id"),
            error(
                "mapper_parsing_exception",
                "Field [_id] is a metadata field and cannot be added inside a document. Use the index API request "
                "parameters.",
            ),
        ),
        "mapper_parsing_exception: failed to parse field [_id] of type [_id], caused by mapper_parsing_exception: "
        "Field "
        "[_id] is a metadata field and cannot be added inside a document",
        DOCUMENT,
    ),
    (
        error("illegal_argument_exception", "object field cannot contain only whitespace: ['top.aoeu. ']"),
        "illegal_argument_exception: object field cannot contain only whitespace: ['top.aoeu. ']",
        DOCUMENT,
    ),
    (
        error(
            "illegal_argument_exception",
            "object field starting or ending with a [.] makes object resolution ambiguous: [top..foo..bar]",
        ),
        "illegal_argument_exception: object field starting or ending with a [.] makes object resolution ambiguous: "
        "[top..foo..bar]",
        DOCUMENT,
    ),
    (
        error(
            "mapper_parsing_exception",
            "object mapping for [host] tried to parse field [host] as object, but found a concrete value",
        ),
        "mapper_parsing_exception: object mapping for [host] tried to parse field [host] as object, but found a "
        "concrete "
        "value",
        DOCUMENT,
    ),
    (
        error(
            "mapper_parsing_exception",
            "Could not dynamically add mapping for field [app.kubernetes.io/instance]. Existing mapping for "
            "[kubernetes.labels.app] must be of type object but found [text].",
        ),
        "mapper_parsing_exception: Could not dynamically add mapping for field [app.kubernetes.io/instance]. Existing "
        "mapping for [kubernetes.labels.app] must be of type object but found [text].",
        DOCUMENT,
    ),
    (
        error(
            "strict_dynamic_mapping_exception",
            "mapping set to strict, dynamic introduction of [last_name] within [_doc] is not allowed",
        ),
        "strict_dynamic_mapping_exception: mapping set to strict, dynamic introduction of [last_name] within [_doc] is "
        "not allowed",
        DOCUMENT,
    ),
    (
        error(
            "action_request_validation_exception",
            f"Validation Failed: 1: id [{VALUE}] is too long, must be no longer than 512 bytes but was: 513;",
        ),
        "action_request_validation_exception: Validation Failed: 1: id […] is too long, must be no longer than 512 "
        "bytes",
        DOCUMENT,
    ),
    (
        error("illegal_argument_exception", "if _id is specified it must not be empty"),
        "illegal_argument_exception: if _id is specified it must not be empty",
        DOCUMENT,
    ),
    # Elasticsearch 8 and 9
    (
        error(
            "document_parsing_exception",
            f"[1:225] {preview('example', 'long')}",
            error("illegal_argument_exception", f'For input string: "{VALUE}"'),
        ),
        "document_parsing_exception: failed to parse field [example] of type [long], caused by "
        "illegal_argument_exception: For input string",
        DOCUMENT,
    ),
    (
        error(
            "document_parsing_exception",
            "[1:6347] failed to parse: Limit of total fields [250] has been exceeded while adding new fields [3]",
        ),
        "document_parsing_exception: failed to parse: Limit of total fields [250] has been exceeded while adding new "
        "fields [3]",
        DOCUMENT,
    ),
    (
        error("document_parsing_exception", f"[1:12] failed to parse: {VALUE}"),
        "document_parsing_exception: failed to parse",
        DOCUMENT,
    ),
    # Pipelines
    (
        error("illegal_argument_exception", "pipeline with id [enrich] does not exist"),
        "illegal_argument_exception: pipeline with id [enrich] does not exist",
        CONFIGURATION,
    ),
    (
        error("illegal_argument_exception", f"field [{VALUE}] not present as part of path [{VALUE}]")
        | {"header": {"processor_type": "rename"}},
        "illegal_argument_exception",
        DOCUMENT,
    ),
    # Indexes, blocks and aliases
    (error("index_closed_exception", "closed"), "index_closed_exception: closed", CONFIGURATION),
    (
        error("cluster_block_exception", "index [orders] blocked by: [FORBIDDEN/8/index write (api)];"),
        "cluster_block_exception: index [orders] blocked by: [FORBIDDEN/8/index write (api)]",
        CONFIGURATION,
    ),
    (
        error(
            "cluster_block_exception", "index [orders] blocked by: [FORBIDDEN/12/index read-only / allow delete (api)];"
        ),
        "cluster_block_exception: index [orders] blocked by: [FORBIDDEN/12/index read-only / allow delete (api)]",
        CONFIGURATION,
    ),
    (
        error(
            "cluster_block_exception",
            "index [orders] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has "
            "read-only-allow-delete block];",
        ),
        "cluster_block_exception: index [orders] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage "
        "watermark, index has read-only-allow-delete block]",
        TEMPORARY,
    ),
    (
        error("cluster_block_exception", "blocked by: [FORBIDDEN/13/cluster read-only / allow delete (api)];"),
        "cluster_block_exception: blocked by: [FORBIDDEN/13/cluster read-only / allow delete (api)]",
        CONFIGURATION,
    ),
    (
        error("cluster_block_exception", "blocked by: [SERVICE_UNAVAILABLE/2/no master];"),
        "cluster_block_exception: blocked by: [SERVICE_UNAVAILABLE/2/no master]",
        TEMPORARY,
    ),
    (
        error(
            "illegal_argument_exception",
            "no write index is defined for alias [orders]. The write index may be explicitly disabled using "
            "is_write_index=false or the alias points to multiple indices without one being designated as a write "
            "index",
        ),
        "illegal_argument_exception: no write index is defined for alias [orders]",
        CONFIGURATION,
    ),
    (
        error(
            "illegal_argument_exception",
            "alias [orders] has more than one index associated with it [orders-1, orders-2], can't execute a single "
            "index op",
        ),
        "illegal_argument_exception: alias [orders] has more than one index associated with it",
        CONFIGURATION,
    ),
    (
        error("illegal_argument_exception", "only write ops with an op_type of create are allowed in data streams"),
        "illegal_argument_exception: only write ops with an op_type of create are allowed in data streams",
        CONFIGURATION,
    ),
    (
        error("routing_missing_exception", f"routing is required for [orders]/[{VALUE}]"),
        "routing_missing_exception: routing is required for [orders]",
        CONFIGURATION,
    ),
    (
        error("null_pointer_exception", "type must not be null"),
        "null_pointer_exception: type must not be null",
        CONFIGURATION,
    ),
    (
        error("illegal_argument_exception", "Document ID is not supported in create/index operation request"),
        "illegal_argument_exception: Document ID is not supported in create/index operation request",
        CONFIGURATION,
    ),
    (
        error(
            "validation_exception",
            "Validation Failed: 1: this action would add [2] total shards, but this cluster currently has "
            "[1000]/[1000] "
            "maximum shards open;",
        ),
        "validation_exception: Validation Failed: 1: this action would add [2] total shards, but this cluster "
        "currently "
        "has [1000]/[1000] maximum shards open",
        CONFIGURATION,
    ),
    (
        error("invalid_index_name_exception", "Invalid index name [Orders], must be lowercase"),
        "invalid_index_name_exception: Invalid index name [Orders], must be lowercase",
        CONFIGURATION,
    ),
    (
        error(
            "mapper_parsing_exception",
            "Failed to parse mapping [_doc]: analyzer [x] has not been configured in mappings",
        ),
        "mapper_parsing_exception: Failed to parse mapping",
        CONFIGURATION,
    ),
    (
        error(
            "index_not_found_exception",
            "no such index [orders] and [require_alias] request flag is [true] and [orders] is not an alias",
        ),
        "index_not_found_exception: no such index [orders] and [require_alias] request flag is [true]",
        CONFIGURATION,
    ),
    (
        error(
            "index_not_found_exception",
            "no such index [orders] and [action.auto_create_index] contains [-orders*] which forbids automatic "
            "creation "
            "of the index",
        ),
        "index_not_found_exception: no such index [orders] and [action.auto_create_index] contains […] which forbids "
        "automatic creation of the index",
        MISSING_INDEX,
    ),
    (
        error("index_not_found_exception", "no such index [orders]"),
        "index_not_found_exception: no such index [orders]",
        MISSING_INDEX,
    ),
    # Permissions
    (
        error(
            "security_exception",
            "no permissions for [indices:data/write/bulk[s]] and User [name=arn:aws:iam::123456789012:role/indexer, "
            "backend_roles=[arn:aws:iam::123456789012:role/indexer], requestedTenant=null]",
        ),
        "security_exception: no permissions for [indices:data/write/bulk[s]] and User "
        "[name=arn:aws:iam::123456789012:role/indexer, …]",
        CONFIGURATION,
    ),
    (
        error(
            "security_exception",
            f"action [indices:admin/auto_create] is unauthorized for API key id [{VALUE}] of user "
            "[elastic/fleet-server] "
            "on indices [orders], this action is granted by the index privileges [auto_configure,create_index]",
        ),
        "security_exception: action [indices:admin/auto_create] is unauthorized for API key id […] of user "
        "[elastic/fleet-server]",
        CONFIGURATION,
    ),
    (
        error("security_exception", f"unable to authenticate user [indexer] for REST request [/_bulk?{VALUE}]"),
        "security_exception: unable to authenticate user [indexer] for REST request […]",
        CONFIGURATION,
    ),
    (error("Forbidden", "403 Forbidden"), "Forbidden: 403 Forbidden", CONFIGURATION),
    (
        {
            "Message": "User: arn:aws:sts::123456789012:assumed-role/indexer/session is not authorized to perform: "
            "es:ESHttpPost because no resource-based policy allows the es:ESHttpPost action"
        },
        "User: arn:aws:sts::123456789012:assumed-role/indexer/session is not authorized to perform: es:ESHttpPost "
        "because "
        "no resource-based policy allows the es:ESHttpPost action",
        CONFIGURATION,
    ),
    (
        {"message": f"The request signature we calculated does not match the signature you provided. Check {VALUE}"},
        "The request signature we calculated does not match the signature you provided",
        CONFIGURATION,
    ),
    # Capacity
    (
        error("no_shard_available_action_exception", f"No shard available for [get [orders][{VALUE}]: routing [null]]"),
        "no_shard_available_action_exception: No shard available for […]",
        TEMPORARY,
    ),
    (
        error(
            "unavailable_shards_exception",
            "[orders][0] primary shard is not active Timeout: [2s], request: [BulkShardRequest [[orders][0]] "
            "containing "
            f"[index {{[orders][{VALUE}], source[{VALUE}]}}]]",
        ),
        "unavailable_shards_exception: [orders][0] primary shard is not active Timeout: [2s]",
        TEMPORARY,
    ),
    (
        error(
            "rejected_execution_exception",
            "rejected execution of coordinating operation [coordinating_and_primary_bytes=0, replica_bytes=0, "
            "all_bytes=0, coordinating_operation_bytes=54215758, max_coordinating_and_primary_bytes=53687091]",
        ),
        "rejected_execution_exception: rejected execution of coordinating operation [coordinating_and_primary_bytes=0, "
        "replica_bytes=0, all_bytes=0, coordinating_operation_bytes=54215758, "
        "max_coordinating_and_primary_bytes=53687091]",
        TEMPORARY,
    ),
    (
        error(
            "circuit_breaking_exception",
            "[parent] Data too large, data for [<http_request>] would be [2087772160/1.9gb], which is larger than the "
            "limit of [1503238553/1.3gb], real usage: [2087772160/1.9gb], new bytes reserved: [0/0b]",
        ),
        "circuit_breaking_exception: [parent] Data too large, data for […] would be [2087772160/1.9gb], which is "
        "larger "
        "than the limit of [1503238553/1.3gb]",
        TEMPORARY,
    ),
    # Other shapes
    (
        error(
            "remote_transport_exception",
            f"[node-1][10.0.0.1:9300][indices:data/write/bulk[s]] {VALUE}",
            error("circuit_breaking_exception", VALUE),
        ),
        "remote_transport_exception, caused by circuit_breaking_exception",
        TEMPORARY,
    ),
    ("Content-Type header [text/plain] is not supported", "Content-Type header [text/plain] is not supported", None),
    (VALUE, "unnamed error", None),
    (None, "no reason given", None),
    ({}, "no reason given", None),
    ({"root_cause": [error("parse_exception", "request body is required")]}, "parse_exception", DOCUMENT),
    (error("illegal_argument_exception", VALUE), "illegal_argument_exception", None),
    (
        error("version_conflict_engine_exception", f"[{VALUE}]: version conflict"),
        "version_conflict_engine_exception",
        None,
    ),
]


@pytest.mark.parametrize(("answer", "text", "kind"), CASES)
def test_an_error_is_described_without_values_and_explained(answer: Any, text: str, kind: ErrorKind | None) -> None:
    advice = explain_error(answer)

    assert describe_error(answer, field_paths=True) == text
    assert (advice.kind if advice else None) is kind


@pytest.mark.parametrize(
    "shape", [shape for shape in SHAPES if shape.kind is CONFIGURATION], ids=lambda shape: shape.template
)
def test_advice_for_a_configuration_error_is_a_sentence_with_a_fix(shape: Any) -> None:
    assert shape.advice.endswith(".")
    assert ":" in shape.advice


def test_a_configuration_error_names_the_cause_and_the_fix() -> None:
    advice = explain_error(
        error("illegal_argument_exception", "alias [a] has more than one index associated with it [b]")
    )

    assert advice
    assert advice.text == (
        "The alias points to several indexes, and a look-up of documents (`_mget`) needs one: set the function's "
        "index to "
        "an alias of one index."
    )


def test_hidden_paths_leave_types_and_limits() -> None:
    cause = error("illegal_argument_exception", "mapper [jane] cannot be changed from type [long] to [float]")

    assert describe_error(cause, field_paths=False) == (
        "illegal_argument_exception: mapper […] cannot be changed from type [long] to [float]"
    )


@pytest.mark.parametrize("path", ["a[0]", "it's", 'a"b', "a\\b", "a\nb", "a\u2028b", "\u202egnp", "a\ud800"])
def test_a_path_with_strange_characters_is_hidden(path: str) -> None:
    cause = error("illegal_argument_exception", f"mapper [{path}] cannot be changed from type [long] to [float]")

    assert describe_error(cause, field_paths=True) == (
        "illegal_argument_exception: mapper […] cannot be changed from type [long] to [float]"
    )


def test_a_long_path_is_cut() -> None:
    cause = error("illegal_argument_exception", f"mapper [{'p' * 1000}] cannot be changed from type [long] to [float]")

    assert f"mapper [{'p' * 199}…] cannot" in describe_error(cause, field_paths=True)


@pytest.mark.parametrize(
    "path",
    [
        "a] of type [jane",
        "a] of type [jane] in document with id 'x",
        "a] cannot be changed from type [jane] to [doe",
        "a] cannot be changed from type [long] to [jane",
    ],
)
@pytest.mark.parametrize(
    "reason", ["failed to parse field [{}] of type [long]", "mapper [{}] cannot be changed from type [long] to [text]"]
)
def test_a_key_that_looks_like_a_reason_stays_hidden(reason: str, path: str) -> None:
    text = describe_error(error("illegal_argument_exception", reason.format(path)), field_paths=False)

    assert "jane" not in text
    assert "doe" not in text


def test_the_end_of_a_long_reason_is_not_taken_for_its_shape() -> None:
    value = "x] is out of range for jane" + " doe" * 5000
    for length in range(3990, 4010):
        text = describe_error(
            error("illegal_argument_exception", f"Value [{value[:length]}] is out of range for a long"),
            field_paths=True,
        )
        assert "jane" not in text


def test_a_reason_of_megabytes_is_described() -> None:
    request = "POST /_bulk " + "[x] of type [" * 500_000
    cause = error(
        "mapper_parsing_exception", f"failed to parse field [n] of type [date] in document with id '1' {request}"
    )

    assert (
        describe_error(cause, field_paths=True) == "mapper_parsing_exception: failed to parse field [n] of type [date]"
    )


def test_a_longer_chain_of_causes_is_cut() -> None:
    chain: dict[str, Any] = {}
    for number in range(1000, 0, -1):
        chain = error(f"e{number}_exception", "", chain)

    assert describe_error(chain, field_paths=True) == ", caused by ".join(
        f"e{number}_exception" for number in range(1, 6)
    )


# Property-based tests

CONTENT = st.text(min_size=1, max_size=40).map(lambda text: f"\u00ab{text}\u00bb")
# Reasons in which the value appears, for each position of a value.
WITH_VALUE = [(answer, kind) for answer, _, kind in CASES if VALUE in json.dumps(answer)]


def put_value(answer: Any, value: str) -> Any:
    if isinstance(answer, str):
        return answer.replace(VALUE, value)
    if isinstance(answer, dict):
        return {name: put_value(member, value) for name, member in answer.items()}
    return answer


@given(st.sampled_from(WITH_VALUE), CONTENT, st.booleans())
def test_no_value_or_id_is_described(case: tuple[Any, ErrorKind | None], value: str, field_paths: bool) -> None:
    answer, kind = case

    text = describe_error(put_value(answer, value), field_paths=field_paths)
    advice = explain_error(put_value(answer, value))

    assert "\u00ab" not in text
    assert "\u00bb" not in text
    assert value not in text
    assert (advice.kind if advice else None) is kind


@given(
    st.sampled_from([shape for shape in SHAPES if "{path" in shape.template or "{hidden" in shape.template]), CONTENT
)
def test_no_path_is_described_on_request(shape: Any, value: str) -> None:
    samples = {"type": "long", "number": "7", "words": "a long", "index": "orders", "special": "NaN", "user": "me"}
    samples |= {"action": "indices:data/write/bulk", "path": value, "hidden": value}
    reason = "".join(
        samples[part.rstrip("0123456789")] if index % 2 else part for index, part in enumerate(shape.parts)
    )

    text = describe_error(error("illegal_argument_exception", reason), field_paths=False)

    assert "\u00ab" not in text
    assert text.startswith("illegal_argument_exception: ")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda members: (
        st.lists(members, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "reason", "caused_by", "root_cause", "message", "header"]) | st.text(), members
        )
    ),
    max_leaves=20,
)
REASONS = st.sampled_from([answer.get("reason", "") for answer, _, _ in CASES if isinstance(answer, dict)]) | st.text()
ERRORS = st.recursive(
    st.fixed_dictionaries({"type": st.text() | st.just("a_exception"), "reason": REASONS}),
    lambda causes: st.fixed_dictionaries({"type": st.just("x" * 80), "reason": REASONS, "caused_by": causes}),
    max_leaves=8,
)


@given(JSON | ERRORS, st.booleans())
def test_any_error_becomes_one_short_line(answer: Any, field_paths: bool) -> None:
    text = describe_error(answer, field_paths=field_paths)
    explain_error(answer)

    assert 0 < len(text) <= MAX_TEXT_LENGTH
    assert text.isprintable()
