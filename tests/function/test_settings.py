import pytest

from indexer.settings import SettingsError, index_name, load_settings

GOOD = {"SEARCH_ENDPOINT": "https://search.example.com", "AWS_REGION": "eu-west-1"}


def test_an_endpoint_and_the_region_that_lambda_sets_are_enough() -> None:
    settings = load_settings(GOOD)

    assert (settings.service, settings.region, settings.index) == ("es", "eu-west-1", "{table}")
    assert settings.request_timeout == 10
    assert settings.bulk_max_bytes < 10 * 1024 * 1024


@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        ("SEARCH_ENDPOINT", "", "must be the https URL"),
        ("SEARCH_ENDPOINT", "search.example.com", "must be the https URL"),
        ("SEARCH_ENDPOINT", "ftp://search.example.com", "must be the https URL"),
        ("SEARCH_ENDPOINT", "http://search.example.com", "must begin with https://"),
        ("SEARCH_ENDPOINT", "https://search.example.com:port", "must be a URL, such as"),
        ("SEARCH_ENDPOINT", "https://search.example.com?x=1", "without a query"),
        ("SEARCH_SERVICE", "opensearch", "must be one of es, aoss, basic, api_key, none"),
        (
            "SEARCH_SECRET_ARN",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x",
            "or set SEARCH_SERVICE to basic or api_key",
        ),
        ("SEARCH_CA_BUNDLE", "ca.pem", "must be the path of a PEM file"),
        ("INDEX", "Orders", "lowercase"),
        ("INDEX", "_orders", "must begin with a letter"),
        ("INDEX", "{tabel}", "must not contain another placeholder than {table}"),
        ("ID_FIELDS", "a,,b", "single commas"),
        ("ID_FIELDS", "a,a", "different"),
        ("EXCLUDE_ATTRIBUTES", "a,", "single commas"),
        ("NUMBERS", "float", "must be one of number, text"),
        ("TOMBSTONES", "yes", "must be one of on, off"),
        ("REJECTED_RECORDS", "drop", "must be one of store, report"),
        ("EXPIRED_ITEMS", "ignore", "must be one of delete, keep, archive"),
        ("LOG_FIELD_PATHS", "no", "must be one of on, off"),
        ("COMPRESS", "gzip", "must be one of on, off"),
        ("REQUEST_TIMEOUT", "0", "must be a number from 1 to 300"),
        ("REQUEST_TIMEOUT", "ten", "must be a number from 1 to 300"),
        ("REQUEST_TIMEOUT", "nan", "must be a number from 1 to 300"),
        ("BULK_MAX_BYTES", "5e6", "must be a whole number from 100000"),
        ("BULK_MAX_OPERATIONS", "0", "must be a whole number from 1"),
    ],
)
def test_the_error_for_an_invalid_variable_has_its_value_and_the_fix(name: str, value: str, fix: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings(GOOD | {name: value})

    assert f"- {name}={value!r}: " in str(raised.value)
    assert fix in str(raised.value)


def test_all_mistakes_are_reported_together() -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings({"INDEX": "A", "NUMBERS": "x", "REQUEST_TIMEOUT": "0"})

    variables = [line.split("=")[0] for line in str(raised.value).splitlines()[1:]]
    assert variables == ["- SEARCH_ENDPOINT", "- SEARCH_REGION", "- INDEX", "- NUMBERS", "- REQUEST_TIMEOUT"]


@pytest.mark.parametrize("service", ["basic", "api_key"])
def test_authentication_with_a_secret_needs_the_secret(service: str) -> None:
    with pytest.raises(SettingsError, match=f"SEARCH_SECRET_ARN='': must be .* with SEARCH_SERVICE={service}"):
        load_settings(GOOD | {"SEARCH_SERVICE": service})


def test_unsigned_requests_are_allowed_only_on_the_loopback_interface() -> None:
    assert load_settings({"SEARCH_ENDPOINT": "http://localhost:9200", "SEARCH_SERVICE": "none"}).service == "none"
    with pytest.raises(SettingsError, match="must be on the loopback interface"):
        load_settings(GOOD | {"SEARCH_SERVICE": "none"})


def test_a_password_in_the_endpoint_is_refused_and_not_shown() -> None:
    with pytest.raises(SettingsError, match="must not contain a user name or password") as raised:
        load_settings(GOOD | {"SEARCH_ENDPOINT": "https://user:hunter2@search.example.com"})

    assert "hunter2" not in str(raised.value)


def test_the_index_name_can_include_the_table_name() -> None:
    assert index_name("live-{table}", "Orders") == "live-orders"


@pytest.mark.parametrize("table", ["_orders", "-orders", "x" * 250])
def test_a_table_name_that_gives_an_invalid_index_name_is_reported(table: str) -> None:
    with pytest.raises(SettingsError, match=r"add a prefix before \{table\}"):
        index_name("{table}", table)


@pytest.mark.parametrize("suffix", ["-tombstones", "-rejected", "-archive"])
def test_a_table_whose_index_would_be_another_tables_second_index_is_reported(suffix: str) -> None:
    with pytest.raises(SettingsError, match=r"add a suffix after \{table\}"):
        index_name("{table}", f"orders{suffix}")
