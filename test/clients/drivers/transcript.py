"""What a driver got, one JSON line a step: the same script runs against Portcullis and PostgreSQL."""
import datetime
import decimal
import json
import os
import uuid

HOST = os.environ["PGHOST"]
PORT = int(os.environ["PGPORT"])
USER = os.environ["PGUSER"]
PASSWORD = os.environ["PGPASSWORD"]
DATABASE = os.environ["PGDATABASE"]


def plain(value):
    if isinstance(value, (list, tuple)) or type(value).__name__ in ("Row", "Record"):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (bytes, memoryview)):
        return "bytes " + bytes(value).hex()
    if isinstance(value, (decimal.Decimal, uuid.UUID, datetime.timedelta)):
        return f"{type(value).__name__} {value}"
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return "datetime " + value.astimezone(datetime.timezone.utc).isoformat()
    if isinstance(value, (datetime.date, datetime.time)):
        return f"{type(value).__name__} {value.isoformat()}"
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return f"float {value}"
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return f"{type(value).__name__} {value}"


def told(step, got):
    print(json.dumps({"step": step, "got": plain(got)}), flush=True)


def version(text):
    print(json.dumps({"version": text}), flush=True)


def failing(step, work, code):
    """The SQLSTATE of what must fail."""
    try:
        got = work()
    except Exception as error:  # noqa: BLE001 - whatever the driver raises is what is looked at
        told(step, f"error {code(error)}")
    else:
        told(step, ["no error", got])


PARAMETERS = [
    ("int", 42),
    ("big", 9007199254740993),
    ("text", "zażółć 'gęślą' jaźń 😀 \\ \n"),
    ("numeric", decimal.Decimal("12345678901234567.89")),
    ("bool", True),
    ("float", 0.1),
    ("date", datetime.date(2024, 2, 29)),
    ("timestamp", datetime.datetime(2024, 2, 29, 12, 34, 56, 789012)),
    ("timestamptz", datetime.datetime(2024, 2, 29, 12, 34, 56, tzinfo=datetime.timezone.utc)),
    ("time", datetime.time(1, 2, 3, 4)),
    ("uuid", uuid.UUID("12345678-1234-5678-1234-567812345678")),
    ("bytea", b"\x00\x01\xff"),
]
CASTS = {
    "int": "INTEGER",
    "big": "BIGINT",
    "text": "TEXT",
    "numeric": "NUMERIC(20,2)",
    "bool": "BOOLEAN",
    "float": "DOUBLE PRECISION",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ",
    "time": "TIME",
    "uuid": "UUID",
    "bytea": "BYTEA",
}
