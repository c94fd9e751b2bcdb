"""The tables of what is refused on a full disk name what there is, and nothing that makes room or only reads."""

from lemmy_lite.http import room
from lemmy_lite.http.api_v3.operations import OPERATIONS
from lemmy_lite.http.web.routes import FORMS


def test_the_tables_name_operations_and_forms_that_there_are() -> None:
    methods = {operation.name: operation.method for operation in OPERATIONS}
    assert methods.keys() >= room.ADDING
    assert {methods[name] for name in room.ADDING} <= {"POST", "PUT"}
    assert {path for path, _ in FORMS} >= room.ADDING_FORMS


def test_erasing_marking_voting_and_judging_go_on() -> None:
    words = ("delete", "remove", "purge", "ban", "mark", "like", "login", "logout", "resolve", "save", "hide", "block")
    assert not [name for name in room.ADDING if name.lower().startswith(words)]
    assert not [path for path in room.ADDING_FORMS if path.endswith(("/purge", "/moderate", "/login"))]
