"""psqlODBC, through pyodbc: the driver is found by the name that its package registers."""
import pyodbc
from transcript import CASTS, DATABASE, HOST, PARAMETERS, PASSWORD, PORT, USER, failing, told, version


def connect(options="", password=PASSWORD, **more):
    words = f"DRIVER={{PostgreSQL Unicode}};SERVER={HOST};PORT={PORT};UID={USER};PWD={password};DATABASE={DATABASE};{options}"
    return pyodbc.connect(words, **more)


def state(error):
    return error.args[0]


def some(rows, *columns):
    return [[getattr(row, column) for column in columns] for row in rows]


conn = connect()
version(conn.getinfo(pyodbc.SQL_DRIVER_VER))
told("product", conn.getinfo(pyodbc.SQL_DBMS_NAME))
for name, value in PARAMETERS:
    if name != "timestamptz":  # ODBC has no time zones
        told(f"parameter {name}", conn.execute(f"SELECT ?::{CASTS[name]} AS v", value).fetchone())
told("null", conn.execute("SELECT ?::INTEGER AS v", None).fetchone())
told("rows", conn.execute("SELECT * FROM t ORDER BY id").fetchall())
told("types", [[name, kind.__name__, size, scale] for name, kind, _, size, _, scale, _ in conn.execute("SELECT * FROM t").description])
told("masked", conn.execute("SELECT * FROM people ORDER BY id").fetchall())
told("found by a parameter", conn.execute("SELECT id, name FROM t WHERE id = ? OR name = ? ORDER BY id", 1, "two").fetchall())

cur = conn.cursor()
told("catalogs", [row.table_cat == DATABASE for row in cur.tables(catalog="%", schema="", table="")])
told("tables", some(cur.tables(schema="public", tableType="TABLE"), "table_schem", "table_name", "table_type"))
told("views", some(cur.tables(schema="public", tableType="VIEW"), "table_schem", "table_name", "table_type"))
told("columns", some(cur.columns(table="t", schema="public"), "column_name", "data_type", "type_name", "nullable", "ordinal_position"))
told("columns of a view", some(cur.columns(table="people"), "column_name", "ordinal_position"))
told("primary keys", some(cur.primaryKeys(table="t", schema="public"), "table_name", "column_name", "key_seq"))
told("foreign keys", some(cur.foreignKeys(table="t", schema="public"), "fktable_name", "pktable_name"))
told("statistics", some(cur.statistics(table="t", schema="public"), "table_name", "non_unique", "column_name"))
told("special columns", some(cur.rowIdColumns(table="t", schema="public"), "column_name"))
told("procedures", cur.procedures(schema="public").fetchall())
told("types of the server", sorted({row.type_name for row in cur.getTypeInfo()}))

cur.execute("SELECT id FROM t ORDER BY id")
told("fetch", [cur.fetchone(), cur.fetchmany(2), cur.fetchall()])
many = connect("UseDeclareFetch=1;Fetch=2")
told("fetch by a cursor", many.execute("SELECT id, name FROM t ORDER BY id").fetchall())
many.close()
told("scalar functions", conn.execute("SELECT {fn UCASE('a')}, {fn CONCAT('a', 'b')}, {d '2024-02-29'}").fetchone())

told("inserted", cur.execute("INSERT INTO w (id, name) VALUES (?, ?)", 1, "a").rowcount)
cur.executemany("INSERT INTO w (id, name) VALUES (?, ?)", [(i, f"n{i}") for i in range(2, 5)])
told("updated", cur.execute("UPDATE w SET name = ? WHERE id > ?", "x", 1).rowcount)
told("before rollback", cur.execute("SELECT id, name FROM w ORDER BY id").fetchall())
conn.rollback()
told("after rollback", cur.execute("SELECT count(*) FROM w").fetchone())
failing("missing table", lambda: cur.execute("SELECT * FROM nothing"), state)
conn.rollback()
failing("missing column", lambda: cur.execute("SELECT nothing FROM t WHERE id = ?", 1), state)
conn.rollback()
failing("syntax", lambda: cur.execute("SELEC 1"), state)
conn.rollback()
failing("duplicate key", lambda: cur.execute("INSERT INTO t (id) VALUES (?)", 1), state)
conn.rollback()
conn.close()

auto = connect(autocommit=True)
told("autocommit", auto.execute("SELECT 1").fetchone())
failing("error, autocommit", lambda: auto.execute("SELECT * FROM nothing"), state)
told("after an error", auto.execute("SELECT 2").fetchone())
cur = auto.cursor()
cur.fast_executemany = True
cur.executemany("INSERT INTO w (id, name) VALUES (?, ?)", [(i, f"n{i}") for i in range(3)])
told("fast executemany", cur.execute("SELECT id, name FROM w ORDER BY id").fetchall())
cur.execute("DELETE FROM w")
told("deleted", cur.rowcount)
failing("wrong password", lambda: connect(password="wrong"), state)
