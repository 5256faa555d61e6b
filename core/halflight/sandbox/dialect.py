"""SkyServer's query language, as far as catalogue queries need it, turned into SQLite's.

Understood: one SELECT (or WITH ... SELECT) with joins, sub-selects, bit operators, aggregates,
`TOP n`, the prefixes `dbo.` and `BestDR17.dbo.`, `[bracketed]` names, ISNULL, LEN, T-SQL's
logarithms, `dbo.fPhotoTypeN(type)` and `dbo.fDocColumns('Table')`. Anything else is an error,
never a guess.
"""

import re
from collections.abc import Iterator

from halflight.text import printable

LARGEST_QUERY = 2**16  # characters: as much as a web server takes in one line

TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<endless>/\*)|(?P<space>\s+)
    |(?P<text>'(?:[^']|'')*')|(?P<quoted>\[[^\]]*\]|"(?:[^"]|"")*")
    |(?P<word>[A-Za-z_]\w*)|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<symbol><>|<=|>=|!=|\|\||[-+*/%&|~=<>(),.;])""",
    re.VERBOSE | re.DOTALL,
)


class SqlError(Exception):
    """A query that this server cannot or will not answer; the message says why."""


def tokens(query: str) -> list[str]:
    """Split a query into its words and symbols, without comments and white space.

    Raises:
        SqlError: it is too long, or holds what is no word or symbol.
    """
    if len(query) > LARGEST_QUERY:
        raise SqlError(f"A query has at most {LARGEST_QUERY} characters, received {len(query)}.")
    if "\0" in query:
        raise SqlError("A query must not hold the character NUL.")
    found: list[str] = []
    position = 0
    while position < len(query):
        match = TOKEN.match(query, position)
        if match is None or match.lastgroup == "endless":
            near = printable(query[position : position + 20])
            raise SqlError(f"Incorrect syntax near '{near}'.")
        if match.lastgroup not in ("comment", "space"):
            found.append(match.group())
        position = match.end()
    return found


def translate(query: str) -> str:
    """Turn one T-SQL SELECT into SQLite's dialect.

    Raises:
        SqlError: for several statements, for anything but a SELECT, for an unreadable TOP.
    """
    words = tokens(query)
    while words and words[-1] == ";":
        words.pop()
    if ";" in words:
        raise SqlError("Only one statement a query is allowed.")
    if not words or words[0].upper() not in ("SELECT", "WITH"):
        raise SqlError("Only SELECT statements are allowed.")
    return " ".join(_translated(words))


def _translated(words: list[str]) -> Iterator[str]:
    limits: list[str | None] = [None]  # the TOP of the SELECT at each depth of parentheses
    at = 0
    while at < len(words):
        word, upper = words[at], words[at].upper()
        following = words[at + 1].upper() if at + 1 < len(words) else ""
        at += 1
        if following == "." and (upper == "DBO" or upper.startswith("BESTDR")):
            at += 1  # drop the schema and its dot
        elif upper == "FDOCCOLUMNS" and following == "(":
            name = words[at + 1] if words[at + 2 : at + 3] == [")"] else ""
            if not name.startswith("'"):
                raise SqlError("fDocColumns takes one table name in quotes.")
            yield f"(SELECT * FROM DocColumns WHERE tableName = {name} COLLATE NOCASE)"
            at += 3
        elif upper == "SELECT":
            yield word
            if following in ("DISTINCT", "ALL"):
                yield following
                at += 1
            if at < len(words) and words[at].upper() == "TOP":
                number = [w for w in words[at + 1 : at + 4] if w not in "()"][:1]
                if not number or not number[0].isdigit():
                    raise SqlError("TOP must be followed by a whole number.")
                limits[-1] = number[0]
                at += 4 if words[at + 1] == "(" else 2
        elif word == "(":
            limits.append(None)
            yield word
        elif word == ")":
            if len(limits) == 1:
                raise SqlError("Incorrect syntax near ')'.")
            top = limits.pop()
            yield f"LIMIT {top} )" if top else ")"
        elif upper in ("UNION", "EXCEPT", "INTERSECT") and limits[-1]:
            raise SqlError(f"TOP together with {upper} is not supported here.")
        elif following == "(" and upper in ("ISNULL", "LEN"):
            yield {"ISNULL": "IFNULL", "LEN": "LENGTH"}[upper]
        else:
            yield word
    if limits[0]:
        yield f"LIMIT {limits[0]}"
