"""Operations of the API with fields of the right shape and of wrong ones, and settings that somebody brings along as a file."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from msgspec import inspect

from lemmy_lite.http.api_v3.operations import OPERATIONS, Operation
from lemmy_lite.http.api_v3.routes import HANDLERS
from lemmy_lite.model.errors import ERRORS
from tests.fuzz.inputs import any_json, changed_text, samples, strange_texts, words
from tests.fuzz.scene import ASKING, Stage, staged
from tests.fuzz.target import Bench, Broken
from tests.http.web.lab import multipart

SERVED = tuple(each for each in OPERATIONS if each.name in HANDLERS)
BY_NAME = {each.name: each for each in SERVED}
GRANTED = (200, 201, 204)
REFUSED = (400, 401, 403, 404, 413, 415)

texts = (
    st.sampled_from(
        (
            "tea",
            "home",
            "user",
            "A title",
            "ann",
            "https://x.example/a",
            "https://site.test/post/1",
            "ann@mail.test",
            "@user@site.test",
            "!home@site.test",
            "correct horse battery",
            "P1",
            "reset",
            *samples("markdown"),
        )
    )
    | st.lists(st.sampled_from(words("markdown")), max_size=6).map("".join)
    | strange_texts
)


def shaped(kind: inspect.Type, name: str) -> SearchStrategy[Any]:
    """Values of a field's own type; ids mostly of things that there are."""
    match kind:
        case inspect.UnionType():
            return st.one_of(*(shaped(each, name) for each in kind.types))
        case inspect.NoneType():
            return st.none()
        case inspect.BoolType():
            return st.booleans()
        case inspect.IntType():
            return (
                st.sampled_from(("{" + name.removesuffix("_id") + "}",))
                | st.integers(-2, 30)
                | st.sampled_from((2**31 - 1, -(2**31), 2**31, 2**63))
            )
        case inspect.FloatType():
            return st.floats(allow_nan=False, allow_infinity=False)
        case inspect.EnumType():
            return st.sampled_from([each.value for each in kind.cls]) | st.just("Nonsense")
        case inspect.ListType():
            return st.lists(shaped(kind.item_type, name.removesuffix("s")), max_size=4)
        case inspect.DictType():
            return st.dictionaries(texts, any_json, max_size=3)
        case inspect.StructType():
            return fields_of(kind)
        case _:
            return texts


def fields_of(kind: inspect.StructType) -> SearchStrategy[dict[str, Any]]:
    """A request with all that is required, and some of the rest."""
    required = {field.encode_name: shaped(field.type, field.encode_name) for field in kind.fields if field.required}
    optional = {field.encode_name: shaped(field.type, field.encode_name) for field in kind.fields if not field.required}
    return st.fixed_dictionaries(required, optional=optional)


@st.composite
def calls(draw: DrawFn) -> dict[str, Any]:
    """An operation, who calls it, and with what."""
    operation = draw(st.sampled_from(SERVED))
    fields: Any = {}
    if operation.request is not None:
        kind = inspect.type_info(operation.request)
        assert isinstance(kind, inspect.StructType)
        fields = draw(fields_of(kind))
        for _ in range(draw(st.sampled_from((0, 0, 0, 1, 2)))):  # the wrong shape
            names = [field.encode_name for field in kind.fields]
            if names:
                fields[draw(st.sampled_from(names))] = draw(any_json)
        if draw(st.integers(0, 30)) == 0:
            fields = draw(any_json)
    return {"operation": operation.name, "by": draw(st.sampled_from(sorted(ASKING))), "fields": fields}


@contextmanager
def opened(folder: Path) -> Iterator[Bench]:
    """The whole application."""
    with staged(folder) as stage:
        yield Bench(calls(), lambda value: check(stage, value))


@contextmanager
def opened_imports(folder: Path) -> Iterator[Bench]:
    """The same, and a file as it was exported."""
    with staged(folder) as stage:
        role = ASKING["member"]
        found = stage.ask(role, "GET", "/api/v3/user/export_settings", {"authorization": f"Bearer {stage.token(role)}"})
        whole = found.body.decode()
        pretty = msgspec.json.format(whole.encode(), indent=1).decode()
        yield Bench(changed_text((whole, pretty), words("import")), lambda text: check_import(stage, text))


def check(stage: Stage, value: Mapping[str, Any]) -> None:
    """A call is granted or refused with a code of the contract; never a fault."""
    operation, role = BY_NAME[value["operation"]], ASKING[value["by"]]
    fields = _with_ids(value["fields"], stage)
    target, body = operation.path, b""
    if "{" in target:
        given = fields if isinstance(fields, dict) else {}
        target = target.format_map(
            {
                "token": "t",
                "filename": "f",
                **{name: quote(str(text)[:500].encode("utf-8", "replace"), safe="") for name, text in given.items()},
            }
        )
    elif operation.method == "GET" and isinstance(fields, dict):
        target += "?" + "&".join(f"{quote(str(name), safe='')}={_spelled(each)}" for name, each in fields.items() if each is not None)
    elif operation.method != "GET":
        body = _json(fields)
    headers = {"content-type": "application/json"}
    if held := stage.token(role):
        headers["authorization"] = f"Bearer {held}"
    answer = stage.ask(role, operation.method, target, headers, body)
    _require_clear(operation, answer.status, answer.body)


def check_import(stage: Stage, text: str) -> None:
    """A file is taken in or refused, by the API and by the form of the site alike."""
    role, body = ASKING["member"], text.encode("utf-8", "surrogatepass")
    headers = {"authorization": f"Bearer {stage.token(role)}", "content-type": "application/json"}
    operation = BY_NAME["importSettings"]
    answer = stage.ask(role, operation.method, operation.path, headers, body)
    _require_clear(operation, answer.status, answer.body)
    form = multipart([("csrf", stage.pages.csrf(role))], {"settings_file": body})
    answer = stage.ask(role, "POST", "/settings/import", stage.form_headers(role, "multipart/form-data; boundary=limit"), form)
    if answer.status not in (303, *REFUSED):
        raise Broken(f"the form answers {answer.status}")


def _require_clear(operation: Operation, status: int, body: bytes) -> None:
    if status in GRANTED:
        return
    if status not in REFUSED:
        raise Broken(f"{operation.name} answers {status}")
    if operation.path.startswith("/api/") and (msgspec.json.decode(body)["error"] not in ERRORS or len(body) > 1000):
        raise Broken(f"{operation.name} is refused with {body[:300]!r}")


def _with_ids(fields: Any, stage: Stage) -> Any:
    """Numbers where `{post}` and the like stand."""
    if isinstance(fields, dict):
        return {name: _with_ids(each, stage) for name, each in fields.items()}
    if isinstance(fields, list):
        return [_with_ids(each, stage) for each in fields]
    if isinstance(fields, str) and fields[:1] + fields[-1:] == "{}":
        known = stage.ids
        name = fields[1:-1]
        return known.get(name, known["person"] if name in ("creator", "recipient", "") or "person" in name else 1)
    return fields


def _json(fields: Any) -> bytes:
    return json.dumps(fields).encode("utf-8", "surrogatepass")


def _spelled(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return quote(text[:3000].encode("utf-8", "surrogatepass"), safe="")
