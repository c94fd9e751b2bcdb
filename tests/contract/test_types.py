"""Every type of the contract has a Struct or enum of its name, with the same fields, optionality, types and values."""

import enum
import importlib
import pkgutil
import types
import typing
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

import lemmy_lite.http.api_v3.wire
import lemmy_lite.model
from lemmy_lite.http.api_v3.wire.answer import LemmyErrorType
from lemmy_lite.model.errors import ERRORS, Message
from lemmy_lite.model.language import LANGUAGES
from lemmy_lite.model.struct import Struct

PLAIN = {int: "integer", str: "string", bool: "boolean", datetime: "Timestamp", type(None): "null"}
INLINE = {"NodeInfoSoftware", "NodeInfoUsage", "NodeInfoUsers", "NodeInfoServices", "NodeInfoWellKnownLink"}
"""Structs that the contract writes inside others, without a name."""


def our_types() -> dict[str, list[type]]:
    """Structs and enums of `model/` and `wire/` by name."""
    found: dict[str, list[type]] = {}
    for package in (lemmy_lite.model, lemmy_lite.http.api_v3.wire):
        for module_info in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            module = importlib.import_module(module_info.name)
            for name, value in vars(module).items():
                if isinstance(value, type) and value.__module__ == module.__name__ and issubclass(value, Struct | enum.Enum):
                    found.setdefault(name, []).append(value)
    return found


OURS = our_types()


def definition(contract: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = contract["types"]["$defs"][name]
    return found


def names_with(contract: dict[str, Any], key: str) -> list[str]:
    return [name for name, schema in contract["types"]["$defs"].items() if key in schema]


def words_of_schema(schema: dict[str, Any]) -> set[str]:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return {"string"} if name == "Url" else {name}
    if "anyOf" in schema:
        return set().union(*(words_of_schema(branch) for branch in schema["anyOf"]))
    if "const" in schema:
        return {f"const {schema['const']}"}
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return set().union(*(words_of_kind(kind, schema) for kind in kinds))


def words_of_kind(kind: str, schema: dict[str, Any]) -> set[str]:
    if kind == "array":
        return {f"[{word}]" for word in words_of_schema(schema["items"])}
    if "additionalProperties" in schema:
        return {f"{{{word}}}" for word in words_of_schema(schema["additionalProperties"])}
    if "properties" in schema:
        required = set(schema.get("required", []))
        return {written_out((key, key in required) for key in schema["properties"])}
    return {kind}


def written_out(fields: Iterable[tuple[str, bool]]) -> str:
    return "object(" + ", ".join(key if required else key + "?" for key, required in fields) + ")"


def words_of_type(annotation: Any) -> set[str]:
    """The same words for one of our annotations."""
    if isinstance(annotation, typing.NewType):
        return {annotation.__name__}
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return set().union(*(words_of_type(argument) for argument in arguments if argument is not msgspec.UnsetType))
    if origin is list:
        return {f"[{word}]" for word in words_of_type(arguments[0])}
    if origin is dict:
        return {f"{{{word}}}" for word in words_of_type(arguments[1])}
    if origin is typing.Literal:
        return {f"const {arguments[0]}"}
    if annotation in PLAIN:
        return {PLAIN[annotation]}
    if annotation.__name__ in INLINE:
        return {
            "object(" + ", ".join(field.encode_name + ("" if field.required else "?") for field in msgspec.structs.fields(annotation)) + ")"
        }
    return {annotation.__name__}


def fields_of(struct: type[Struct]) -> dict[str, tuple[bool, set[str]]]:
    """Per field as sent: whether it is required, and the words of its type."""
    hints = typing.get_type_hints(struct)  # without Annotated, so that bounds do not show
    return {field.encode_name: (field.required, words_of_type(hints[field.name])) for field in msgspec.structs.fields(struct)}


def fields_of_schema(schema: dict[str, Any]) -> dict[str, tuple[bool, set[str]]]:
    """The same from the contract; what may be left out may also be None with us, which is never sent."""
    required = set(schema.get("required", []))
    fields = {}
    for key, value in schema["properties"].items():
        words = words_of_schema(value)
        fields[key] = (key in required, words if key in required else words | {"null"})
    return fields


def test_every_type_of_the_contract_is_defined_exactly_once(contract: dict[str, Any]) -> None:
    wanted = names_with(contract, "properties") + names_with(contract, "enum")
    assert len(wanted) > 240
    assert {name: len(OURS.get(name, [])) for name in wanted} == dict.fromkeys(wanted, 1)


def test_structs_have_the_fields_of_the_contract_in_its_order(contract: dict[str, Any]) -> None:
    wrong = {}
    for name in names_with(contract, "properties"):
        (ours,), schema = OURS[name], definition(contract, name)
        if list(fields_of(ours).items()) != list(fields_of_schema(schema).items()):
            wrong[name] = (fields_of(ours), fields_of_schema(schema))
    assert wrong == {}


def test_enums_have_the_values_of_the_contract(contract: dict[str, Any]) -> None:
    for name, rule in contract["enums"].items():
        if name == "FeedType":  # a path segment, which the routes of feeds spell out
            continue
        (ours,) = OURS[name]
        assert issubclass(ours, enum.StrEnum)
        assert [member.value for member in ours] == rule["values"], name
    assert set(names_with(contract, "enum")) <= set(contract["enums"])


def test_inline_structs_have_the_fields_of_the_contract(contract: dict[str, Any]) -> None:
    usage = definition(contract, "NodeInfo")["properties"]["usage"]
    expected = {
        "NodeInfoUsage": usage,
        "NodeInfoUsers": usage["properties"]["users"],
        "NodeInfoSoftware": definition(contract, "NodeInfo")["properties"]["software"],
        "NodeInfoServices": definition(contract, "NodeInfo")["properties"]["services"],
        "NodeInfoWellKnownLink": definition(contract, "NodeInfoWellKnown")["properties"]["links"]["items"],
    }
    for name, schema in expected.items():
        assert fields_of(OURS[name][0]) == fields_of_schema(schema)


def test_the_table_of_errors_is_the_contracts(contract: dict[str, Any]) -> None:
    message = {None: Message.NEVER, "string": Message.ALWAYS, "string|null": Message.OR_NULL}
    assert {code: kind.message for code, kind in ERRORS.items()} == {
        row["error"]: message[row["message"]] for row in contract["error_codes"]
    }


def test_the_table_of_languages_is_the_contracts(contract: dict[str, Any]) -> None:
    assert [msgspec.to_builtins(language) for language in LANGUAGES] == contract["languages"]


def answers(contract: dict[str, Any]) -> Iterator[str]:
    for row in contract["endpoints"] + contract["http_routes"]:
        if row.get("response"):
            yield row["response"].removesuffix("[]")


@pytest.mark.parametrize("whole", [True, False], ids=["with every field", "with required fields only"])
def test_what_we_send_keeps_the_contract(contract: dict[str, Any], checker: Any, whole: bool) -> None:
    for name in sorted(set(answers(contract))):
        sent = msgspec.json.decode(msgspec.json.encode(example(OURS[name][0], whole)))
        assert checker.validate(name, sent) == []
        assert checker.extra_fields(name, sent) == []


def test_errors_are_sent_as_the_contract_has_them(contract: dict[str, Any], checker: Any) -> None:
    for code, kind in ERRORS.items():
        body = {
            Message.NEVER: LemmyErrorType(error=code),
            Message.ALWAYS: LemmyErrorType(error=code, message=kind.sentence),
            Message.OR_NULL: LemmyErrorType(error=code, message=None),
        }[kind.message]
        sent = msgspec.json.decode(msgspec.json.encode(body))
        assert checker.validate("LemmyErrorType", sent) == []


def example(annotation: Any, whole: bool) -> Any:
    """A value of the type; with `whole`, optional fields are filled, else they are left out."""
    if isinstance(annotation, typing.NewType):
        return 7 if annotation.__supertype__ is int else "P7"
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return example(arguments[0], whole) if whole else None
    if origin is list:
        return [example(arguments[0], whole)]
    if origin is dict:
        return {"key": example(arguments[1], whole)}
    if origin is typing.Literal:
        return arguments[0]
    if annotation is datetime:
        return datetime(2024, 5, 6, 7, 8, 9, 123450, tzinfo=UTC)
    if annotation in PLAIN:
        return {int: 7, str: "https://example.org/", bool: True}[annotation]
    if issubclass(annotation, enum.Enum):
        return next(iter(annotation))
    return example_struct(annotation, whole)


def example_struct(struct: type[Struct], whole: bool) -> Struct:
    hints = typing.get_type_hints(struct)
    wanted = [field for field in msgspec.structs.fields(struct) if whole or field.required]
    return struct(**{field.name: example(hints[field.name], whole) for field in wanted})
