"""All cases, from one module for each family: what each exports as CASES, by id."""

import pkgutil
from importlib import import_module

from tests.faults.case import Case

_FAMILIES = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]

CASES: tuple[Case, ...] = tuple(sorted((case for family in _FAMILIES for case in family.CASES), key=lambda case: case.id))
