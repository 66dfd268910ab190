"""Labelled sets from elsewhere: whatever a text holds, a table is read as it stands, or refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.nlu.sets import Examples, read_folder, read_table

# Signs that end a line for `str.splitlines`, but not in a table.
_ODD = "a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g"


def _table(folder: Path, content: str | bytes) -> Path:
    path = folder / "some.tsv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_texts_keep_what_else_they_hold(tmp_path: Path) -> None:
    found = read_table(_table(tmp_path, f'train\tone\t{_ODD}\ntrain\ttwo\t"quoted"\ntest\tone\t😀 שלום\n'))
    assert found.rounds == [(Examples([_ODD, '"quoted"'], ["one", "two"]), Examples(["😀 שלום"], ["one"]))]


@pytest.mark.parametrize(
    "heading", ["", "split\tintent\ttext\n", "Split\tLabel\tUtterance\n", "\ufeffsplit\tintent\ttext\n"]
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_heading_and_line_ends_are_no_examples(tmp_path: Path, heading: str, ending: str) -> None:
    lines = f"{heading}train\tone\ta\ntrain\ttwo\tb\n\ntest\tone\tc\n".replace("\n", ending)
    found = read_table(_table(tmp_path, lines))
    assert found.rounds == [(Examples(["a", "b"], ["one", "two"]), Examples(["c"], ["one"]))]


@pytest.mark.parametrize("split", ["val", "valid", "validation", "dev", "Dev"])
def test_validation_is_asked_where_there_is_no_test(tmp_path: Path, split: str) -> None:
    found = read_table(_table(tmp_path, f"train\tone\ta\ntrain\ttwo\tb\n{split}\ttwo\tc\n"))
    assert found.rounds[0][1] == Examples(["c"], ["two"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"train\tone\ta\ntrain\ttwo\n", "some.tsv, line 2: expected split, intent and text, found 2 cells"),
        (b"test\tone\ta\n", "some.tsv: no examples in the split 'train'"),
        (b"train\tone\tgr\xfc\xdfe\n", "some.tsv: not UTF-8 (invalid start byte at byte 12)"),
        (b"", "some.tsv: no examples in the split 'train'"),
    ],
)
def test_another_file_is_refused_with_its_place(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(ValueError) as refused:
        read_table(_table(tmp_path, content))
    assert str(refused.value) == message


def test_a_folder_without_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_folder(tmp_path)
