"""What the README shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

README = Path(__file__).parents[1] / "README.md"


def test_the_first_example_works(capsys: pytest.CaptureFixture[str]) -> None:
    example = README.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    exec(compile(example, README, "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out.startswith("accepted: ")
