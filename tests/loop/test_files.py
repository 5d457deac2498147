"""Files of JSON: what is damaged is named, and never a traceback."""

import pytest

from loop import files


@pytest.mark.parametrize("text", [b"{", b"\xff\xfe", b"[" * 100_000, b""], ids=["cut", "no text", "nested", "empty"])
def test_damaged_json_is_an_error_that_names_the_file(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_bytes(text)
    with pytest.raises(ValueError, match=r"a\.json is not readable JSON"):
        files.read_json(path)
