"""One SQL condition, as a person writes it: checked before it travels to any server."""

import re
import unicodedata

# What begins a comment or ends a statement. A GET request cannot carry '#' unescaped, and servers
# read it, too, as the beginning of a comment.
FORBIDDEN = ("#", ";", "--", "/*", "*/")
CLAUSES = ("GROUP", "ORDER", "HAVING", "UNION", "INTO", "GO")


def check_condition(text: str) -> str:
    """`text` on one line, if it is one SQL condition and nothing else.

    Raises ValueError, naming it, for a comment, a semicolon, a character beyond ASCII, unbalanced
    quotes or parentheses, or a clause that would end the condition.
    """
    condition = " ".join(text.split())
    outside = re.sub(r"'[^']*'", "''", condition)  # what is not inside quotes
    problem = _problem(condition, outside)
    if problem:
        raise ValueError(
            "must be a single SQL condition on p (PhotoObjAll) and f (Field), without comments: "
            f"{problem}"
        )
    return condition


def _problem(condition: str, outside: str) -> str | None:
    """What is wrong with a condition, or None."""
    strange = next((c for c in condition if not (c.isascii() and c.isprintable())), None)
    if not condition:
        return "it is empty (write 1 = 1 to select everything)"
    if strange is not None:
        name = unicodedata.name(strange, "control character")
        return f"it contains U+{ord(strange):04X}, {name.lower()}"
    for mark in FORBIDDEN:
        if mark in outside:
            return f"it contains {mark!r}, which begins a comment or ends the statement"
    if outside.count("'") % 2:
        return "a quote is not closed"
    if match := re.search(rf"\b({'|'.join(CLAUSES)})\b", outside, re.IGNORECASE):
        return f"it goes on after the condition, with {match[0]}"
    depth = 0
    for character in outside:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            break
    return "its parentheses do not match" if depth else None
