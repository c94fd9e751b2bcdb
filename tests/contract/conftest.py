"""The contract of API v3. It lies beside the repository, so a checkout may lack it; then the tests that need it are skipped."""

import importlib.util
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


class Checker(NamedTuple):
    """The two functions of the contract's own checker."""

    validate: Callable[[str, Any], list[str]]
    extra_fields: Callable[[str, Any], list[str]]


@pytest.fixture(scope="session")
def contract_file() -> Path:
    """Where the contract lies: `$LEMMY_LITE_CONTRACT`, else `../shared/reference/api-v3.json`."""
    named = os.environ.get("LEMMY_LITE_CONTRACT")
    file = Path(named) if named else REPOSITORY.parent / "shared" / "reference" / "api-v3.json"
    if not file.is_file():
        pytest.skip(f"the contract is not at {file}; name it in LEMMY_LITE_CONTRACT")
    return file


@pytest.fixture(scope="session")
def contract(contract_file: Path) -> dict[str, Any]:
    """The contract as a dict; `contract["types"]["$defs"]` has every type."""
    read: dict[str, Any] = json.loads(contract_file.read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="session")
def checker(contract_file: Path) -> Checker:
    """`checker.validate(type_name, value)` and `checker.extra_fields(type_name, value)`: violations, an empty list when all is well."""
    file = contract_file.parent.parent / "tools" / "check_contract.py"
    if not file.is_file():
        pytest.skip(f"the contract's checker is not at {file}")
    spec = importlib.util.spec_from_file_location("check_contract", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Checker(module.validate, module.extra_fields)
