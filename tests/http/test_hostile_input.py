"""Every operation, given what no client should send: a clear refusal in JSON with a code of the contract, or a taken value; never a 5xx."""

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lemmy_lite.http.api_v3.operations import OPERATIONS, Auth, Operation
from lemmy_lite.http.api_v3.routes import HANDLERS
from lemmy_lite.model.errors import ERRORS
from tests import instances
from tests.contract.examples import EXAMPLES
from tests.contract.scene import Example, Scene
from tests.http.hostile_values import LONG, REFUSED_IN_A_QUERY, REFUSED_IN_JSON, WEIGHTY, Field, fields_of, json_with, taken_or_refused
from tests.instances import Answer, query_of

# What admins change comes last, so that everything else meets the site as it was.
LAST = ("editSite", "createSite")
SERVED = sorted(
    (each for each in OPERATIONS if each.name in HANDLERS and each.name in EXAMPLES),
    key=lambda each: (each.auth is Auth.ADMIN, each.name in LAST and LAST.index(each.name)),
)
WITH_FIELDS = [each for each in SERVED if each.request is not None]
IN_JSON = [each for each in WITH_FIELDS if each.method != "GET"]
IN_A_QUERY = [each for each in WITH_FIELDS if each.method == "GET"]

JSON = {"content-type": "application/json"}

NO_OBJECTS = (
    b"",
    b" ",
    b"null",
    b"[]",
    b"1",
    b'"x"',
    b"{",
    b"{]",
    b"{'a': 1}",
    b'{"a": 1}}',
    b'{"a": 1,}',
    b"\xef\xbb\xbf{}x",
    b"\xff\xfe{\0}\0",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b"a=1&b=2",
    b"\x1f\x8b\x08\0\0\0\0\0",
)
"""Bodies that are no JSON object, or none that can be read."""


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[Scene]:
    """A running instance on each database, with things to act upon; it must come out of the whole module without a fault in its log."""
    database = request.getfixturevalue("postgres_server").create() if request.param == "postgres" else None
    with instances.running(tmp_path_factory.mktemp("hostile"), free_port(), database=database) as instance:
        yield Scene(instance)
        log = instance.log.read_text(errors="replace")
        assert "Traceback" not in log, log[-5000:]


@pytest.fixture(autouse=True)
def site_set_up(scene: Scene) -> Iterator[None]:
    """The example of createSite needs a site that is not set up, where everybody who registers becomes an admin: not for the next test."""
    yield
    scene.instance.execute("UPDATE local_site SET site_setup = true")


MADE_ONCE = ("register", "createCommunity")
"""What takes a name that must be new at each call."""


def _named(operation: Operation) -> str:
    return operation.name


@pytest.mark.parametrize("operation", IN_JSON, ids=_named)
def test_a_body_that_is_no_json_object_is_refused(operation: Operation, scene: Scene) -> None:
    caller = _example(operation, scene).caller
    for body in NO_OBJECTS:
        answer = scene.callers[caller].send(operation.method, operation.path, body, JSON)
        _must_be_refused(answer, body[:60])


@pytest.mark.parametrize("operation", IN_JSON, ids=_named)
def test_a_body_that_does_not_call_itself_json_is_refused(operation: Operation, scene: Scene) -> None:
    example = _example(operation, scene)
    body = json.dumps(example.fields).encode()
    for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json", "", "\xff"):
        answer = scene.callers[example.caller].send(operation.method, operation.path, body, {"content-type": media})
        _must_be_refused(answer, media)


@pytest.mark.parametrize("operation", IN_JSON, ids=_named)
def test_a_body_beyond_2_mib_is_refused_with_413(operation: Operation, scene: Scene) -> None:
    example = _example(operation, scene)
    body = json.dumps({**example.fields, "unknown": "x" * 2 * 2**20}).encode()
    answer = scene.callers[example.caller].send(operation.method, operation.path, body, JSON)
    assert (answer.status, answer.json["error"]) == (413, "unknown")


@pytest.mark.parametrize("operation", IN_JSON, ids=_named)
def test_a_field_of_the_wrong_type_or_missing_is_refused(operation: Operation, scene: Scene) -> None:
    caller, given_fields = _example(operation, scene)
    send = scene.callers[caller].send
    for field in _fields(operation):
        for text in REFUSED_IN_JSON[field.kind]:
            body = json_with(dict(given_fields), field.name, text)
            _must_be_refused(send(operation.method, operation.path, body, JSON), (field.name, text[:60]))
        if field.required:
            without = {name: value for name, value in given_fields.items() if name != field.name}
            _must_be_refused(send(operation.method, operation.path, json.dumps(without).encode(), JSON), f"without {field.name}")
            _must_be_refused(send(operation.method, operation.path, json_with(without, field.name, "null"), JSON), f"{field.name}: null")


@pytest.mark.parametrize("operation", IN_JSON, ids=_named)
def test_a_hostile_value_of_the_right_type_is_taken_or_refused(operation: Operation, scene: Scene) -> None:
    caller, given_fields = _example(operation, scene)
    taken = set()
    for field in _fields(operation):
        for value in taken_or_refused(field):
            if operation.name in MADE_ONCE and value in WEIGHTY:
                given_fields = _example(operation, scene).fields
            body = json.dumps({**given_fields, field.name: value}).encode()
            answer = scene.callers[caller].send(operation.method, operation.path, body, JSON)
            _must_be_clear(answer, (field.name, str(value)[:60]))
            if value == LONG and answer.status == 200:
                taken.add((operation.name, field.name))
    assert taken <= TAKEN_AT_ANY_LENGTH


TAKEN_AT_ANY_LENGTH = {
    ("login", "totp_2fa_token"),
    ("importSettings", "avatar"),
    ("importSettings", "banner"),
}
"""Fields that are not looked at, let alone kept."""


@pytest.mark.parametrize("operation", IN_A_QUERY, ids=_named)
def test_a_query_with_a_field_of_the_wrong_type_twice_or_missing_is_refused(operation: Operation, scene: Scene) -> None:
    caller, given_fields = _example(operation, scene)
    for field in _fields(operation):
        others = query_of({name: value for name, value in given_fields.items() if name != field.name})
        for text in REFUSED_IN_A_QUERY[field.kind]:
            answer = scene.callers[caller].send("GET", f"{operation.path}?{others}&{field.name}={text}")
            _must_be_refused(answer, (field.name, text[:60]))
        answer = scene.callers[caller].send("GET", f"{operation.path}?{others}&{field.name}=1&{field.name}=1")
        _must_be_refused(answer, f"{field.name} twice")
        if field.required:
            _must_be_refused(scene.callers[caller].send("GET", f"{operation.path}?{others}"), f"without {field.name}")


@pytest.mark.parametrize("operation", IN_A_QUERY, ids=_named)
def test_a_query_with_a_hostile_value_of_the_right_type_is_answered_or_refused(operation: Operation, scene: Scene) -> None:
    caller, given_fields = _example(operation, scene)
    for field in _fields(operation):
        others = query_of({name: value for name, value in given_fields.items() if name != field.name})
        for value in taken_or_refused(field):
            text = quote(str(value)[:20_000], safe="")
            answer = scene.callers[caller].send("GET", f"{operation.path}?{others}&{field.name}={text}")
            _must_be_clear(answer, (field.name, str(value)[:60]))


@pytest.mark.parametrize(
    "query", ["&&&", "=", "=&=", "a" * 50_000, "&".join(f"k{n}=v" for n in range(5000)), "%", "%zz", "?" * 100, "%00=1"]
)
def test_a_query_of_nonsense_is_answered_or_refused(query: str, scene: Scene) -> None:
    for operation in SERVED:
        if operation.method == "GET":
            caller = _example(operation, scene).caller
            _must_be_clear(scene.callers[caller].send("GET", f"{operation.path}?{query}"), operation.name)


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer"},
        {"authorization": "Bearer " + "x" * 10_000},
        {"authorization": "Bearer a.b.c"},
        {"authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."},
        {"authorization": "Basic YWRtaW46YWRtaW4="},
        {"authorization": "\xff\xfe"},
        {"cookie": "jwt=\xff; jwt=a; " + "a=b; " * 1000},
        {"cookie": "jwt=..."},
        {"x-forwarded-for": "nobody, \xff, 999.1.1.1, ::::, " + "1.1.1.1," * 500},
        {"forwarded": 'for="[::1]:x";by=\xff;;;='},
        {"accept-language": "*;q=x, \xff-\xfe, " + "de;q=0.5, " * 500},
        {"accept": "\xff/*;q=*, " * 100},
        {"accept-encoding": "gzip;q=nan, \xff"},
        {"if-none-match": '"' * 1000},
        {"range": "bytes=-1-9999999999999999999"},
        {"host": "elsewhere.example:99999"},
        {"user-agent": "\xff" * 2000},
        {"origin": "null"},
        {"expect": "100-continue"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_hostile_headers_are_ignored(headers: Mapping[str, str], scene: Scene) -> None:
    anybody = scene.instance.client()
    assert anybody.send("GET", "/api/v3/site", None, headers).status == 200
    fields = {"username_or_email": "member", "password": instances.PASSWORD}
    assert anybody.send("POST", "/api/v3/user/login", json.dumps(fields).encode(), {**JSON, **headers}).status == 200


@pytest.mark.parametrize(
    "target",
    [
        b"/api/v3/../../etc/passwd",
        b"/api/v3/site%00",
        b"/api/v3/%ff",
        b"/api/v3/\xff",
    ],
)
def test_a_hostile_path_is_not_found(target: bytes, scene: Scene) -> None:
    with socket.create_connection(("127.0.0.1", scene.instance.port), timeout=20) as connection:
        connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        status = connection.recv(65536).split()[1]
    assert status in (b"400", b"404")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner, max_size=5),
    max_leaves=10,
)


@given(data=st.data())
@settings(max_examples=300, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_whatever_comes_is_taken_or_refused(scene: Scene, data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from([each for each in IN_JSON if each.auth is not Auth.ADMIN]), label="operation")
    names = [field.name for field in _fields(operation)]
    fields = data.draw(st.dictionaries(st.sampled_from(names) | st.text(max_size=10), VALUES, max_size=6), label="fields")
    answer = scene.callers["stranger"].send(operation.method, operation.path, json.dumps(fields).encode(), JSON)
    _must_be_clear(answer, fields)


def test_afterwards_the_instance_is_as_well_as_before(scene: Scene) -> None:
    assert scene.callers["admin"].get("/post", id=scene.post())["post_view"]
    if scene.instance.database is None:
        assert scene.instance.execute("PRAGMA integrity_check") == [("ok",)]
    scene.instance.restart()
    assert scene.callers["anybody"].get("/site")["site_view"]


def _example(operation: Operation, scene: Scene) -> Example:
    return EXAMPLES[operation.name](scene)[0]


def _fields(operation: Operation) -> list[Field]:
    assert operation.request is not None
    return fields_of(operation.request)


def _must_be_refused(answer: Answer, sent: Any) -> None:
    assert answer.status == 400, (sent, answer)
    _must_be_clear(answer, sent)
    assert answer.json["error"] == "unknown", (sent, answer)
    assert answer.json["message"]


def _must_be_clear(answer: Answer, sent: Any) -> None:
    """Taken, or refused with a code of ours and a message, if any, that is short and gives nothing away."""
    assert answer.status in (200, 400, 401, 404, 413), (sent, answer)
    if answer.status != 200:
        assert answer.json["error"] in ERRORS, (sent, answer)
        assert len(answer.body) < 1000, (sent, answer)
