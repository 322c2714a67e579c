import pytest

from indexer.settings import SettingsError, index_name, load

GOOD = {"SEARCH_ENDPOINT": "https://search.example.com", "AWS_REGION": "eu-west-1"}


def test_an_endpoint_and_the_region_that_lambda_sets_are_enough() -> None:
    settings = load(GOOD)

    assert (settings.service, settings.region, settings.index) == ("es", "eu-west-1", "{table}")
    assert settings.request_timeout == 10
    assert settings.bulk_max_bytes < 10 * 1024 * 1024


@pytest.mark.parametrize(
    ("name", "value", "way_out"),
    [
        ("SEARCH_ENDPOINT", "", "set the https URL"),
        ("SEARCH_ENDPOINT", "search.example.com", "set the https URL"),
        ("SEARCH_ENDPOINT", "ftp://search.example.com", "set the https URL"),
        ("SEARCH_ENDPOINT", "http://search.example.com", "use https"),
        ("SEARCH_ENDPOINT", "https://search.example.com:port", "use a URL such as"),
        ("SEARCH_ENDPOINT", "https://search.example.com?x=1", "without query"),
        ("SEARCH_SERVICE", "opensearch", "use one of es, aoss, basic, none"),
        ("SEARCH_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x", "set SEARCH_SERVICE to basic"),
        ("INDEX", "Orders", "lower case"),
        ("INDEX", "_orders", "begins with a letter"),
        ("INDEX", "{tabel}", "the only placeholder is {table}"),
        ("ID_FIELDS", "a,,b", "single commas"),
        ("ID_FIELDS", "a,a", "different"),
        ("EXCLUDE_ATTRIBUTES", "a,", "single commas"),
        ("NUMBERS", "float", "use one of number, text"),
        ("TOMBSTONES", "yes", "use one of on, off"),
        ("COMPRESS", "gzip", "use one of on, off"),
        ("REQUEST_TIMEOUT", "0", "a number from 1 to 300"),
        ("REQUEST_TIMEOUT", "ten", "a number from 1 to 300"),
        ("REQUEST_TIMEOUT", "nan", "a number from 1 to 300"),
        ("BULK_MAX_BYTES", "5e6", "a whole number from 100000"),
        ("BULK_MAX_OPERATIONS", "0", "a whole number from 1"),
    ],
)
def test_a_wrong_variable_is_named_with_its_value_and_the_way_out(name: str, value: str, way_out: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(GOOD | {name: value})

    assert f"- {name}={value!r}: " in str(raised.value)
    assert way_out in str(raised.value)


def test_all_mistakes_are_reported_together() -> None:
    with pytest.raises(SettingsError) as raised:
        load({"INDEX": "A", "NUMBERS": "x", "REQUEST_TIMEOUT": "0"})

    named = [line.split("=")[0] for line in str(raised.value).splitlines()[1:]]
    assert named == ["- SEARCH_ENDPOINT", "- SEARCH_REGION", "- INDEX", "- NUMBERS", "- REQUEST_TIMEOUT"]


def test_basic_authentication_needs_a_secret() -> None:
    with pytest.raises(SettingsError, match="SEARCH_SECRET_ARN=''"):
        load(GOOD | {"SEARCH_SERVICE": "basic"})


def test_unsigned_requests_stay_on_the_loopback_interface() -> None:
    assert load({"SEARCH_ENDPOINT": "http://localhost:9200", "SEARCH_SERVICE": "none"}).service == "none"
    with pytest.raises(SettingsError, match="only the loopback interface"):
        load(GOOD | {"SEARCH_SERVICE": "none"})


def test_a_password_in_the_endpoint_is_refused_and_not_shown() -> None:
    with pytest.raises(SettingsError, match="take the password out") as raised:
        load(GOOD | {"SEARCH_ENDPOINT": "https://user:hunter2@search.example.com"})

    assert "hunter2" not in str(raised.value)


def test_an_index_can_follow_the_table() -> None:
    assert index_name("live-{table}", "Orders") == "live-orders"


@pytest.mark.parametrize("table", ["_orders", "-orders", "x" * 250])
def test_a_table_whose_name_makes_no_index_name_is_reported(table: str) -> None:
    with pytest.raises(SettingsError, match=r"put a prefix before \{table\}"):
        index_name("{table}", table)
