"""Files of JSON: what is damaged is named, and never a traceback."""

import pytest

from loop import files


@pytest.mark.parametrize("text", [b"{", b"\xff\xfe", b"[" * 100_000, b""], ids=["cut", "no text", "nested", "empty"])
def test_damaged_json_is_an_error_that_names_the_file(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_bytes(text)
    with pytest.raises(ValueError, match=r"a\.json is not readable JSON"):
        files.read_json(path)


def test_a_config_stored_before_a_field_existed_means_what_it_was_then():
    assert files.differences({"steps": 8}, {"steps": 8, "solver": "dpm++2m"}) == []
    assert files.differences({"a": {"steps": 8}}, {"a": {"steps": 8, "solver": "adams"}}) == [
        "a.solver: started with 'dpm++2m', now 'adams'"
    ]
    assert files.differences({"solver": "adams"}, {"solver": "dpm++2m"}) == [
        "solver: started with 'adams', now 'dpm++2m'"
    ]
