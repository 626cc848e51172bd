"""The examples are scripts, not a package: they are loaded by their place."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

EXAMPLES = Path(__file__).parents[2] / "examples"


def load(place: str) -> ModuleType:
    name = f"timebank_examples.{place.replace('/', '.')}"
    spec = spec_from_file_location(name, EXAMPLES / f"{place}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def fold():
    return load("fold")


@pytest.fixture(scope="session")
def guangzhou():
    return load("guangzhou/make")


@pytest.fixture(scope="session")
def xuefu():
    return load("xuefu/make")


@pytest.fixture(scope="session")
def district(guangzhou, tmp_path_factory):
    return guangzhou.make(
        tmp_path_factory.mktemp("guangzhou"), seed=2026, with_csv=True
    )


@pytest.fixture(scope="session")
def district_books(fold, guangzhou, district):
    return fold.fold_guangzhou(
        district.members.path.parent, {*district.closed}, guangzhou.TODAY
    )


@pytest.fixture(scope="session")
def community(xuefu, tmp_path_factory):
    return xuefu.make(tmp_path_factory.mktemp("xuefu"), seed=2016)


@pytest.fixture(scope="session")
def community_books(fold, community):
    return fold.fold_xuefu(community.members.path.parent)
