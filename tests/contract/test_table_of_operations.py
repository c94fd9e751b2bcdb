"""The table of operations is the contract's, line by line."""

from typing import Any

from lemmy_lite.http.api_v3.operations import OPERATIONS, Auth, Operation
from lemmy_lite.http.api_v3.routes import HANDLERS
from lemmy_lite.http.ratelimit import DEFAULTS

AUTH = {"none": Auth.PUBLIC, "optional": Auth.OPTIONAL, "required": Auth.REQUIRED, "mod": Auth.MODERATOR, "admin": Auth.ADMIN}

STAND_ALONE = (
    "modlog",
    "search",
    "resolve_object",
    "user/password_reset",
    "user/get_captcha",
    "user/export_settings",
    "user/import_settings",
)

# The contract has it for logged-in users; the operation itself says that nobody is (400 not_logged_in instead of 401).
ANSWERS_ITSELF = {"validateAuth": Auth.OPTIONAL}


def _expected(endpoint: dict[str, Any], ours: Operation) -> Operation:
    name = endpoint["operation"]
    alone = endpoint["path"].startswith("/pictrs/") or endpoint["path"].removeprefix("/api/v3/") in STAND_ALONE
    assert (ours.request.__name__ if ours.request else None) == endpoint["request"], name
    auth = ANSWERS_ITSELF.get(name, AUTH[endpoint["auth"]])
    return Operation(name, endpoint["method"], endpoint["path"], ours.request, endpoint["rate_limit"], auth, 405 if alone else 404)


def test_every_operation_stands_in_the_table_as_the_contract_has_it(contract: dict[str, Any]) -> None:
    ours = {operation.name: operation for operation in OPERATIONS}
    assert len(ours) == len(OPERATIONS) == 103
    for endpoint in contract["endpoints"]:
        operation = ours[endpoint["operation"]]
        assert operation == _expected(endpoint, operation)


def test_requests_come_from_where_the_contract_says(contract: dict[str, Any]) -> None:
    ours = {operation.name: operation for operation in OPERATIONS}
    for endpoint in contract["endpoints"]:
        if ours[endpoint["operation"]].request is not None:
            assert endpoint["request_in"] == ("query" if endpoint["method"] == "GET" else "json"), endpoint["operation"]


def test_rate_limits_start_as_the_contract_says(contract: dict[str, Any]) -> None:
    buckets = contract["rate_limit_defaults"]["buckets"]
    assert {str(bucket): {"requests": limit.requests, "per_seconds": limit.seconds} for bucket, limit in DEFAULTS.items()} == buckets


def test_handlers_are_listed_in_the_order_of_the_table() -> None:
    order = [operation.name for operation in OPERATIONS]
    assert list(HANDLERS) == sorted(HANDLERS, key=order.index)
