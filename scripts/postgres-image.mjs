// node scripts/postgres-image.mjs FILE: the data directory of an empty embedded PostgreSQL, as a gzipped tar.
import { renameSync, writeFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: node scripts/postgres-image.mjs FILE');
const server = await PGlite.create();
const image = await server.dumpDataDir('gzip');
await server.close();
writeFileSync(`${file}.new`, Buffer.from(await image.arrayBuffer()));
renameSync(`${file}.new`, file);
