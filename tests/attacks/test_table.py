"""The table names tests that there are, and all that stand here."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.attacks.table import ATTACKS, Attack

TESTS = Path(__file__).parent.parent

ABOUT_TESTS = {
    "attacks/test_private_addresses::test_the_notes_of_connections_show_a_stray_one",
    "attacks/test_secrets::test_every_column_that_sounds_secret_is_known_to_be_or_not",
    "attacks/test_secrets::test_every_secret_of_the_configuration_stands_in_the_table_of_secrets",
    "attacks/test_supply_chain::test_newer_releases_are_told_those_that_an_instance_runs_on_first",
}
"""Tests of this folder that hold against no attack, but see to it that others do."""


@cache
def names(file: str) -> frozenset[str]:
    """The tests that a file holds, as pytest finds them."""
    tree = ast.parse((TESTS / f"{file}.py").read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(each.name for each in tree.body if isinstance(each, kinds) and each.name.startswith("test_"))


def missing(attack: Attack) -> list[str]:
    """What a row names and nobody has written."""
    found = []
    for name in (*attack.held_by, attack.control):
        file, _, test = name.partition("::")
        if not (TESTS / f"{file}.py").is_file() or test not in names(file):
            found.append(name)
    return found


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.kind)
def test_each_class_of_attack_has_tests_that_hold_and_a_control(attack: Attack) -> None:
    assert attack.held_by
    assert attack.seen_in
    assert missing(attack) == []


def test_no_class_stands_in_the_table_twice() -> None:
    kinds = [attack.kind for attack in ATTACKS]
    assert len(set(kinds)) == len(kinds)


def test_a_test_that_is_not_there_is_missed() -> None:
    row = Attack("x", "y", ("net/test_egress::test_nothing_of_the_kind", "net/test_nowhere::test_x"), ATTACKS[0].control)
    assert missing(row) == list(row.held_by)


def test_every_test_of_this_folder_holds_against_something() -> None:
    files = [f"attacks/{file.stem}" for file in Path(__file__).parent.glob("test_*.py") if file != Path(__file__)]
    here = {f"{file}::{name}" for file in files for name in names(file)}
    listed = {name for attack in ATTACKS for name in (*attack.held_by, attack.control)}
    assert here - listed == ABOUT_TESTS
