import psycopg
from psycopg import sql
from transcript import CASTS, DATABASE, HOST, PARAMETERS, PASSWORD, PORT, USER, failing, told, version

version(psycopg.__version__)


def state(error):
    return getattr(error, "sqlstate", None) or type(error).__name__


def _nested(connection):
    with connection.transaction():
        return connection.execute("SELECT * FROM nothing").fetchone()


def connect(**options):
    return psycopg.connect(host=HOST, port=PORT, user=USER, password=PASSWORD, dbname=DATABASE, **options)


with connect() as conn:
    for name, value in PARAMETERS:
        told(f"parameter {name}", conn.execute(f"SELECT %s::{CASTS[name]} AS v", [value]).fetchone())
        cur = conn.cursor(binary=True)
        told(f"parameter {name}, binary", cur.execute(f"SELECT %b::{CASTS[name]} AS v", [value]).fetchone())
    told("null", conn.execute("SELECT %s::INTEGER", [None]).fetchone())
    told("array", conn.execute("SELECT %s::INTEGER[]", [[1, 2, 3]]).fetchone())
    told("rows", conn.execute("SELECT * FROM t ORDER BY id").fetchall())
    told("types", [column.type_code for column in conn.execute("SELECT * FROM t").description])
    told("masked", conn.execute("SELECT * FROM people ORDER BY id").fetchall())
    told("identifiers", conn.execute(sql.SQL("SELECT {} FROM {} ORDER BY 1").format(sql.Identifier("id"), sql.Identifier("t"))).fetchall())

with connect() as conn:
    with conn.cursor() as cur:
        cur.executemany("INSERT INTO w (id, name) VALUES (%s, %s)", [(i, f"n{i}") for i in range(5)])
        told("executemany", cur.rowcount)
        told("returning", cur.execute("INSERT INTO w (id, name) VALUES (99, 'r') RETURNING id, name").fetchone())
        told("update", cur.execute("UPDATE w SET name = 'x' WHERE id < 2").rowcount)
    conn.rollback()
    told("after rollback", conn.execute("SELECT count(*) FROM w").fetchone())

with connect() as conn:
    failing("missing table", lambda: conn.execute("SELECT * FROM nothing"), state)
    failing("in a failed transaction", lambda: conn.execute("SELECT 1"), state)
    conn.rollback()
    failing("syntax", lambda: conn.execute("SELEC 1"), state)
    conn.rollback()
    failing("duplicate key", lambda: conn.execute("INSERT INTO t (id) VALUES (1)"), state)
    conn.rollback()
    with conn.transaction():
        failing("error in a savepoint", lambda: _nested(conn), state)
        told("after the savepoint", conn.execute("SELECT 1").fetchone())


with connect(prepare_threshold=0) as conn:
    for i in range(4):
        told(f"prepared {i}", conn.execute("SELECT name FROM t WHERE id = %s", [i]).fetchall())
    with conn.cursor(name="cur") as cur:
        cur.itersize = 2
        cur.execute("SELECT id FROM t ORDER BY id")
        told("server-side cursor", [cur.fetchmany(2), cur.fetchmany(2), cur.fetchall()])
    with conn.pipeline():
        a = conn.execute("SELECT 1")
        b = conn.execute("SELECT 2")
        told("pipeline", [a.fetchone(), b.fetchone()])
    with conn.cursor() as cur:
        with cur.copy("COPY (SELECT id, name FROM t ORDER BY id) TO STDOUT") as copy:
            told("copy rows", list(copy.rows()))
        with cur.copy("COPY (SELECT id, amount FROM t ORDER BY id) TO STDOUT (FORMAT binary)") as copy:
            copy.set_types(["int4", "numeric"])
            told("copy rows, binary", list(copy.rows()))

with connect(autocommit=True) as conn:
    told("autocommit", conn.execute("SELECT 1").fetchone())
    told("status", conn.info.transaction_status.name)
    told("settings", [conn.info.parameter_status(name) for name in ("client_encoding", "DateStyle", "integer_datetimes", "standard_conforming_strings")])
