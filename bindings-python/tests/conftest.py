"""What the tests share: a sandbox of their own for each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import tidings
from world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

if Path(tidings.__file__).is_relative_to(Path(__file__).parents[1]):
    pytest.exit("the tests are for the installed package, and this is its source", returncode=3)


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world
