"""The signatures, compared with those of botocore."""

from datetime import UTC, datetime
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import example, given
from hypothesis import strategies as st

from indexer.signature import AwsCredentials, Request, encode_target, sign

NOW = datetime(2026, 11, 26, 17, 5, 9, tzinfo=UTC)
HOST = "search-orders.eu-west-1.es.amazonaws.com"

# Unreserved and reserved characters, a space, and characters of two, three and four bytes.
characters = "a1-_.~!$'()*,:@\"<[ ]\\^`{|}\u00e9\u20ac\U0001f600"
segments = st.lists(st.text(characters + "&=+;", max_size=5), max_size=4)
paths = segments.map(lambda parts: "/" + "/".join(parts))
words = st.text(characters + "/?", min_size=1, max_size=6)
queries = st.lists(st.tuples(words, words), max_size=4).map(lambda pairs: "&".join("=".join(pair) for pair in pairs))
header_values = st.text("a/; =", max_size=10)
tokens = st.text("ABCabc/+=", max_size=10)


def signature_of_botocore(request: Request, service: str, credentials: AwsCredentials) -> str:
    url = f"https://{request.headers['host']}{request.target}"
    headers = {name: value for name, value in request.headers.items() if name != "accept-encoding"}
    headers["X-Amz-Content-SHA256"] = sign_now(request, service, credentials)["x-amz-content-sha256"]
    reference = AWSRequest(request.method, url, headers=headers, data=request.body)
    with mock.patch("botocore.auth.get_current_datetime", return_value=NOW):
        SigV4Auth(Credentials(*credentials[:2], credentials.token or None), service, "eu-west-1").add_auth(reference)
    return str(reference.headers["Authorization"])


def sign_now(request: Request, service: str, credentials: AwsCredentials) -> dict[str, str]:
    return sign(request, region="eu-west-1", service=service, credentials=credentials, now=NOW)


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    path=paths,
    query=queries,
    body=st.binary(max_size=50),
    content_type=header_values,
    service=st.sampled_from(["es", "aoss"]),
    token=tokens,
)
@example("POST", "/_bulk", "timeout=5s&filter_path=errors,items.*.status", b"{}\n", "application/json", "es", "token")
@example("GET", "/a/./b//../c/", "b-1=2&b=3&b=", b"", "a   b", "aoss", "")
def test_signatures_are_those_of_botocore(
    method: str, path: str, query: str, body: bytes, content_type: str, service: str, token: str
) -> None:
    credentials = AwsCredentials("AKIDEXAMPLE", "secret/key+", token)
    target = encode_target(f"{path}?{query}" if query else path)
    request = Request(method, target, {"host": HOST, "content-type": content_type, "accept-encoding": "gzip"}, body)

    signed = sign_now(request, service, credentials)

    assert signed["authorization"] == signature_of_botocore(request, service, credentials)
    assert signed.get("x-amz-security-token", "") == token


def test_a_query_is_sent_in_the_encoding_that_aws_signs() -> None:
    assert encode_target("/_bulk?timeout=5s&filter_path=errors,items.*.status&pretty") == (
        "/_bulk?timeout=5s&filter_path=errors%2Citems.%2A.status&pretty="
    )


@given(path=paths, query=queries)
def test_encoding_a_target_keeps_its_meaning(path: str, query: str) -> None:
    target = urlsplit("https://host" + encode_target(f"{path}?{query}" if query else path))

    assert target.path.isascii()
    assert parse_qsl(target.query, keep_blank_values=True) == parse_qsl(query, keep_blank_values=True)


def test_encoded_characters_of_a_path_are_not_encoded_again() -> None:
    assert encode_target("/orders/_doc/a%2Fb") == "/orders/_doc/a%2Fb"
