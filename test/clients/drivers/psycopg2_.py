import io

import psycopg2
import psycopg2.extras
from transcript import CASTS, DATABASE, HOST, PARAMETERS, PASSWORD, PORT, USER, failing, told, version

version(psycopg2.__version__.split(" ")[0])
psycopg2.extras.register_uuid()


def state(error):
    return getattr(error, "pgcode", None) or type(error).__name__


conn = psycopg2.connect(host=HOST, port=PORT, user=USER, password=PASSWORD, dbname=DATABASE)
cur = conn.cursor()


def one(text, values=None):
    cur.execute(text, values)
    return cur.fetchone()


for name, value in PARAMETERS:
    told(f"parameter {name}", one(f"SELECT %s::{CASTS[name]} AS v", [value]))
told("null", one("SELECT %s::INTEGER", [None]))
cur.execute("SELECT * FROM t ORDER BY id")
told("rows", cur.fetchall())
told("types", [column.type_code for column in cur.description])
cur.execute("SELECT * FROM people ORDER BY id")
told("masked", cur.fetchall())

cur.executemany("INSERT INTO w (id, name) VALUES (%s, %s)", [(i, f"n{i}") for i in range(3)])
psycopg2.extras.execute_values(cur, "INSERT INTO w (id, name) VALUES %s", [(10, "a"), (11, "b")])
told("execute_values", cur.rowcount)
told("returning", one("INSERT INTO w (id, name) VALUES (99, 'r') RETURNING id, name"))
conn.rollback()
told("after rollback", one("SELECT count(*) FROM w"))

failing("missing table", lambda: cur.execute("SELECT * FROM nothing"), state)
failing("in a failed transaction", lambda: cur.execute("SELECT 1"), state)
conn.rollback()
failing("duplicate key", lambda: cur.execute("INSERT INTO t (id) VALUES (1)"), state)
conn.rollback()
cur.execute("SAVEPOINT s")
failing("error after a savepoint", lambda: cur.execute("SELECT * FROM nothing"), state)
cur.execute("ROLLBACK TO SAVEPOINT s")
told("after the savepoint", one("SELECT 1"))

named = conn.cursor(name="c")
named.itersize = 2
named.execute("SELECT id FROM t ORDER BY id")
told("server-side cursor", [row for row in named])
named.close()

out = io.StringIO()
cur.copy_expert("COPY (SELECT id, name FROM t ORDER BY id) TO STDOUT WITH CSV HEADER", out)
told("copy_expert", out.getvalue())
rows = conn.cursor(cursor_factory=psycopg2.extras.RealDictCursor)
rows.execute("SELECT id, name FROM t ORDER BY id LIMIT 1")
told("dict cursor", dict(rows.fetchone()))
conn.rollback()
conn.set_session(readonly=True, autocommit=False)
failing("write in a read-only transaction", lambda: cur.execute("INSERT INTO w (id) VALUES (1)"), state)
conn.rollback()
told("isolation", conn.isolation_level)
conn.close()
