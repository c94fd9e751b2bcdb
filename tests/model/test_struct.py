"""Structs: what absent, unset and frozen mean."""

from datetime import UTC, datetime

import msgspec
import pytest

from lemmy_lite.model.ids import InstanceId
from lemmy_lite.model.instance import Instance
from lemmy_lite.model.post import PostForm

INSTANCE = Instance(id=InstanceId(1), domain="example.org", published=datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC))


def test_what_is_absent_is_left_out_and_times_end_in_z() -> None:
    assert msgspec.json.encode(INSTANCE) == b'{"id":1,"domain":"example.org","published":"2024-01-02T03:04:05.678901Z"}'


def test_a_struct_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        INSTANCE.domain = "evil.example"  # type: ignore[misc]  # the refusal is what is tested


def test_fields_are_given_by_name_only() -> None:
    with pytest.raises(TypeError):
        Instance(InstanceId(1), "example.org", INSTANCE.published)  # type: ignore[call-arg]  # the refusal is what is tested


def test_a_form_keeps_unset_and_empty_apart() -> None:
    form = PostForm(body="")
    assert form.body == ""
    assert form.url is msgspec.UNSET
