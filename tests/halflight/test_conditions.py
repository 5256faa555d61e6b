"""One SQL condition: what is refused, by name, before it travels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halflight.conditions import check_condition


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("p.type = 3 # SQL", "'#'"),
        ("p.type = 3 AND p.x = 1#", "'#'"),
        ("p.type = 3 */", "[*]/"),
        ("p.type = 3 GO", "goes on .* with GO"),
        ("p.type = 3 go DROP TABLE x", "goes on"),
        ("p.name = 'x\u2019", "U[+]2019, right single quotation mark"),
        ("p.type\u00a0= 3\u200b", "U[+]200B, zero width space"),
        ("p.type = 3\x00", "U[+]0000, control character"),
        ("", "empty"),
        ("  ", "empty"),
        ("p.type = 3; DROP TABLE x", "';'"),
        ("p.type = 3 -- comment", "'--'"),
        ("p.type = 3 /* comment */", "/[*]"),
        ("p.type = 'x", "quote"),
        ("p.type = 3) OR (1=1", "parentheses"),
        ("(p.type = 3", "parentheses"),
        ("p.type = 3 ORDER BY p.ra", "goes on"),
        ("1=1 union select 2", "goes on"),
    ],
)
def test_where_is_one_condition(where, said):
    with pytest.raises(ValueError, match=said):
        check_condition(where)


def test_where_keeps_what_is_allowed():
    where = "p.mode = 1\n  AND (p.flags & 4) = 0 AND p.name <> 'a;b(' AND p.id IN (SELECT 1)"
    assert check_condition(where) == " ".join(where.split())


@given(st.text(alphabet="()a1 =';-"))
def test_an_accepted_where_cannot_leave_its_parentheses(where):
    try:
        accepted = check_condition(where)
    except ValueError:
        return
    depth, quoted = 1, False
    for character in accepted:
        quoted ^= character == "'"
        if not quoted:
            assert character != ";"
            depth += (character == "(") - (character == ")")
            assert depth > 0
    assert (depth, quoted) == (1, False)
