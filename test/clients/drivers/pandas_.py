import pandas as pd
import sqlalchemy as sa
from transcript import DATABASE, HOST, PASSWORD, PORT, USER, told, version

version(pd.__version__)
engine = sa.create_engine(sa.URL.create("postgresql+psycopg2", USER, PASSWORD, HOST, PORT, DATABASE))
frame = pd.read_sql("SELECT id, name, amount, flag, day, f FROM t ORDER BY id", engine)
told("read_sql", frame.astype(str).values.tolist())
told("dtypes", [str(each) for each in frame.dtypes])
told("read_sql_table", pd.read_sql_table("t", engine, schema="public", columns=["id", "name"]).sort_values("id").astype(str).values.tolist())
told("chunks", [len(chunk) for chunk in pd.read_sql("SELECT id FROM t ORDER BY id", engine, chunksize=2)])
new = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None], "c": [0.5, 1.5, 2.5], "d": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"])})
told("to_sql", new.to_sql("made", engine, schema="public", index=False, if_exists="replace"))
told("to_sql, append", new.to_sql("made", engine, schema="public", index=False, if_exists="append", method="multi"))
told("read back", pd.read_sql("SELECT * FROM made ORDER BY a, b", engine).astype(str).values.tolist())
told("masked", pd.read_sql("SELECT * FROM people ORDER BY id", engine).astype(str).values.tolist())
with engine.begin() as conn:
    conn.execute(sa.text("DROP TABLE made"))
engine.dispose()
