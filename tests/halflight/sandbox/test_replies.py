import json

from halflight.sandbox.replies import csv_result, json_result, not_found, sql_error


def test_csv_is_byte_exact() -> None:
    reply = csv_result(["objID", "m", "name"], [(1237645876861337601, 17.5, "a,b"), (2, None, "")])
    assert reply.body == b'#Table1\nobjID,m,name\n1237645876861337601,17.5,"a,b"\n2,null,\n'
    assert reply.status == 200


def test_json_has_skyservers_shape() -> None:
    body = json_result(["name"], [("ra",), ("dec",)]).body
    assert body is not None
    assert json.loads(body) == [{"TableName": "Table1", "Rows": [{"name": "ra"}, {"name": "dec"}]}]


def test_error_pages_escape_what_they_quote() -> None:
    for reply, status in ((sql_error("<script>"), 200), (not_found("/<script>"), 404)):
        assert reply.status == status
        assert reply.body is not None
        assert b"<script>" not in reply.body
        assert b"&lt;script&gt;" in reply.body
