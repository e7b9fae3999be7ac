"""What the README shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

README = Path(__file__).parents[1] / "README.md"
TEXT = README.read_text(encoding="utf-8")
EXAMPLES: list[str] = re.findall(r"^```python\n(.*?)^```", TEXT, flags=re.DOTALL | re.MULTILINE)


def output_of(example: str, capsys: pytest.CaptureFixture[str]) -> str:
    exec(compile(example, README, "exec"), {"__name__": "__main__"})
    return capsys.readouterr().out


def test_the_example_of_a_send_works(capsys: pytest.CaptureFixture[str]) -> None:
    assert output_of(EXAMPLES[0], capsys).startswith("accepted: ")


def test_the_example_of_a_fault_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert f"prints `{output_of(EXAMPLES[1], capsys).strip()}`" in TEXT


def test_every_example_is_tried_and_every_link_leads_somewhere() -> None:
    assert len(EXAMPLES) == 2
    links: list[str] = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert len(links) == 3
    assert [link for link in links if not (README.parent / link).exists()] == []
