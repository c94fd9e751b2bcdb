"""What is read from the wire, and what is refused before anybody interprets it."""

from pathlib import Path

import pytest

from lemmy_lite.federation.protocol import activities, actors, objects, values
from lemmy_lite.federation.protocol.reading import Malformed, into, read

SAMPLES = Path(__file__).parents[3] / "shared" / "reference" / "activitypub"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"text"',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": "\\ud800"}',
        b'{"a": "\\uDFFF"}',
        b'{"a": "\xff"}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a":' + b"[" * 100_000,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"a":' + b"[" * 40 + b"]" * 40 + b"}",
    ],
)
def test_what_two_programs_might_read_differently_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        read(body)


def test_what_is_plain_is_read() -> None:
    assert read(b'{"a": "\\ud83c\\udf75 tea", "b": [1, {"c": null}]}') == {"a": "🍵 tea", "b": [1, {"c": None}]}
    wide = b'{"a": [' + b",".join([b"{}"] * 1000) + b"]}"
    assert len(read(wide)["a"]) == 1000


@pytest.mark.parametrize("missing", ["id", "type", "actor", "object"])
def test_an_activity_without_what_matters_is_refused(missing: str) -> None:
    whole = {"id": "https://a.example/1", "type": "Like", "actor": "https://a.example/u/ann", "object": "https://b.example/post/1"}
    into(activities.Activity, whole)
    with pytest.raises(Malformed):
        into(activities.Activity, {name: value for name, value in whole.items() if name != missing})


def test_ids_are_read_from_strings_objects_and_lists() -> None:
    assert values.every(["https://a.example/1", {"id": "https://a.example/2"}, {"href": "https://a.example/3"}, 4, None, {}]) == [
        "https://a.example/1",
        "https://a.example/2",
        "https://a.example/3",
    ]
    assert values.one("https://a.example/1") == "https://a.example/1"
    assert values.one(None) is None


@pytest.mark.parametrize("spelling", [values.PUBLIC, "as:Public", "Public"])
def test_the_public_has_three_spellings(spelling: str) -> None:
    assert values.is_public(["https://a.example/followers", spelling])
    assert not values.is_public(["https://a.example/followers"])


def test_times_survive_to_the_microsecond() -> None:
    when = values.read_when("2021-11-01T12:11:22.871846Z")
    assert when == 1635768682871846
    assert values.read_when("2021-11-01T13:11:22.871846+01:00") == when
    assert values.read_when("yesterday") is None
    assert values.read_when("0001-01-01T00:00:00+23:59") is None
    assert values.read_when(7) is None


def _samples(kind: str) -> list[Path]:
    return sorted(path for path in SAMPLES.rglob("*.json") if f"/{kind}/" in str(path))


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples of other software are not on this machine")
def test_the_actors_of_other_software_are_read() -> None:
    kinds = {"Person": actors.Person, "Service": actors.Person, "Group": actors.Group, "Application": actors.Application}
    found = set()
    for path in _samples("objects"):
        document = read(path.read_bytes())
        if (kind := kinds.get(str(document.get("type")))) is not None:
            into(kind, document)
            found.add(path.relative_to(SAMPLES).parts[0])
    assert len(found) >= 6


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples of other software are not on this machine")
def test_the_posts_and_comments_of_other_software_are_read_with_their_author() -> None:
    found = set()
    for path in _samples("objects"):
        document = read(path.read_bytes())
        if document.get("type") in objects.PAGE_TYPES | objects.NOTE_TYPES:
            wire = into(objects.Written, document)
            assert values.one(wire.attributed_to), path
            assert values.read_when(wire.published) or wire.published is None, path
            found.add(path.relative_to(SAMPLES).parts[0])
    assert len(found) >= 6


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples of other software are not on this machine")
def test_the_activities_of_other_software_are_read() -> None:
    paths = _samples("activities")
    for path in paths:
        activity = into(activities.Activity, read(path.read_bytes()))
        assert values.one(activity.actor), path
        assert values.one(activity.object), path
    assert len(paths) >= 20
