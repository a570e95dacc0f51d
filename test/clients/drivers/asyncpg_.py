import asyncio
import datetime

import asyncpg
from transcript import CASTS, DATABASE, HOST, PARAMETERS, PASSWORD, PORT, USER, told, version

version(asyncpg.__version__)


async def failing(step, work):
    try:
        got = await work
    except asyncpg.PostgresError as error:
        told(step, f"error {error.sqlstate}")
    else:
        told(step, ["no error", got])


async def main():
    conn = await asyncpg.connect(host=HOST, port=PORT, user=USER, password=PASSWORD, database=DATABASE)
    for name, value in PARAMETERS:
        told(f"parameter {name}", await conn.fetchval(f"SELECT $1::{CASTS[name]} AS v", value))
    told("null", await conn.fetchval("SELECT $1::INTEGER", None))
    told("interval", await conn.fetchval("SELECT $1::INTERVAL", datetime.timedelta(days=1, seconds=2)))
    told("rows", [list(row.values()) for row in await conn.fetch("SELECT * FROM t ORDER BY id")])
    told("masked", [list(row.values()) for row in await conn.fetch("SELECT * FROM people ORDER BY id")])
    statement = await conn.prepare("SELECT name FROM t WHERE id = $1")
    told("prepared", [await statement.fetchval(1), await statement.fetchval(2)])
    told("attributes", [(each.name, each.type.name) for each in statement.get_attributes()])
    told("parameters", [each.name for each in statement.get_parameters()])
    await conn.executemany("INSERT INTO w (id, name) VALUES ($1, $2)", [(i, f"n{i}") for i in range(5)])
    told("executemany", await conn.fetchval("SELECT count(*) FROM w"))
    told("delete", await conn.execute("DELETE FROM w"))
    transaction = conn.transaction()
    await transaction.start()
    await conn.execute("INSERT INTO w (id, name) VALUES (1, 'a')")
    await transaction.rollback()
    told("after rollback", await conn.fetchval("SELECT count(*) FROM w"))
    await failing("missing table", conn.fetch("SELECT * FROM nothing"))
    await failing("duplicate key", conn.execute("INSERT INTO t (id) VALUES (1)"))
    async with conn.transaction():
        try:
            async with conn.transaction():
                await conn.fetch("SELECT * FROM nothing")
        except asyncpg.PostgresError as error:
            told("error in a savepoint", error.sqlstate)
        told("after the savepoint", await conn.fetchval("SELECT 1"))
        told("cursor", [row["id"] async for row in conn.cursor("SELECT id FROM t ORDER BY id", prefetch=2)])
    out = bytearray()

    async def write(data):
        out.extend(data)

    await conn.copy_from_query("SELECT id, name FROM t ORDER BY id", output=write, format="csv")
    told("copy_from_query", bytes(out).decode())
    await conn.reset()
    told("after reset", await conn.fetchval("SELECT 1"))
    await conn.close()
    pool = await asyncpg.create_pool(host=HOST, port=PORT, user=USER, password=PASSWORD, database=DATABASE, min_size=1, max_size=3)
    told("pool", sorted(await asyncio.gather(*(pool.fetchval("SELECT $1::INTEGER", i) for i in range(6)))))
    await pool.close()


asyncio.run(main())
