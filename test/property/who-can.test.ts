// WHO CAN against what happens: for grants, groups, masks and filters drawn at random, every user runs the query.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

const users = ['ann', 'bob', 'cyd'] as const;
const runs = Number(process.env['PORTCULLIS_WHO_CAN_RUNS'] ?? 60);

let server: InProcess;
let admin: TestSession;
const sessions = new Map<string, TestSession>();
let counter = 0;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  await admin.run(`CREATE CATALOG c; CREATE SCHEMA c.p; CREATE GROUP boss; ${users.map((user) => `CREATE USER ${user};`).join(' ')}
    ALTER GROUP boss ADD USER cyd;
    CREATE TABLE c.p.mine (who STRING, region STRING); INSERT INTO c.p.mine VALUES ('ann', 'a'), ('bob', 'b');
    CREATE FUNCTION c.p.f_group(r STRING) RETURNS BOOLEAN RETURN is_account_group_member('boss') OR r = 'a';
    CREATE FUNCTION c.p.f_map(r STRING) RETURNS BOOLEAN RETURN r IN (SELECT region FROM mine WHERE who = current_user());
    CREATE FUNCTION c.p.f_name(r STRING) RETURNS BOOLEAN RETURN current_user() = 'ann' OR r = 'b';
    CREATE FUNCTION c.p.m_group(v STRING) RETURNS STRING RETURN CASE WHEN is_account_group_member('boss') THEN v ELSE '***' END;
    CREATE FUNCTION c.p.m_all(v STRING) RETURNS STRING RETURN '***';
    CREATE FUNCTION c.p.m_name(v STRING) RETURNS STRING RETURN CASE WHEN session_user() = 'bob' THEN v ELSE left(v, 0) || '***' END`);
  for (const user of users) sessions.set(user, await server.as(user, 'system'));
});

afterAll(async () => {
  await server.close();
});

const target = fc.constantFrom('t', 's', 'v');
const principal = fc.constantFrom('ann', 'bob', 'cyd', 'inner', 'outer', '`account users`');
const world = fc.record({
  grants: fc.array(
    fc.record({
      to: principal,
      on: target,
      columns: fc.constantFrom('', ' (region)', ' (name, id)'),
      all: fc.boolean(),
    }),
    { maxLength: 5 },
  ),
  gates: fc.subarray([
    'USE CATALOG TO outer',
    'USE SCHEMA TO outer',
    'USE CATALOG TO ann',
    'USE SCHEMA TO ann',
    'USE CATALOG TO cyd',
    'USE SCHEMA TO cyd',
  ]),
  members: fc.subarray(['inner ann', 'outer bob', 'inner cyd']),
  filter: fc.constantFrom(undefined, 'f_group', 'f_map', 'f_name'),
  masks: fc.dictionary(fc.constantFrom('name', 'region'), fc.constantFrom('m_group', 'm_all', 'm_name'), {
    maxKeys: 2,
  }),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

async function build({ grants, gates, members, filter, masks }: World): Promise<string> {
  counter += 1;
  const n = String(counter);
  const group = (name: string) => (name === 'inner' || name === 'outer' ? `${name}${n}` : name);
  const schema = `k${n}.s`;
  const relation = { t: `TABLE ${schema}.t`, s: `SCHEMA ${schema}`, v: `VIEW ${schema}.v` };
  await admin.run(`CREATE CATALOG k${n}; CREATE SCHEMA ${schema}; CREATE GROUP inner${n}; CREATE GROUP outer${n};
    ALTER GROUP outer${n} ADD GROUP inner${n};
    CREATE TABLE ${schema}.t (id INT, name STRING, region STRING);
    INSERT INTO ${schema}.t VALUES (1, 'x', 'a'), (2, 'y', 'b'), (3, 'z', 'c');
    CREATE VIEW ${schema}.v AS SELECT name, region FROM ${schema}.t`);
  for (const member of members) {
    const [name = '', user = ''] = member.split(' ');
    await admin.run(`ALTER GROUP ${group(name)} ADD USER ${user}`);
  }
  for (const gate of gates) {
    const [privilege = '', to = ''] = gate.split(' TO ');
    await admin.run(
      `GRANT ${privilege} ON ${privilege === 'USE SCHEMA' ? relation.s : `CATALOG k${n}`} TO ${group(to)}`,
    );
  }
  for (const { to, on, columns, all } of grants) {
    const privilege = all ? 'ALL PRIVILEGES' : `SELECT${on === 't' ? columns : ''}`;
    await admin.run(`GRANT ${privilege} ON ${relation[on]} TO ${group(to)}`);
  }
  if (filter !== undefined) await admin.run(`ALTER TABLE ${schema}.t SET ROW FILTER c.p.${filter} ON (region)`);
  for (const [column, mask] of Object.entries(masks)) {
    await admin.run(`ALTER TABLE ${schema}.t ALTER COLUMN ${column} SET MASK c.p.${mask}`);
  }
  return schema;
}

async function told(sql: string): Promise<ReadonlyMap<string, string>> {
  const rows = await admin.rows(sql);
  return new Map(rows.filter((row) => row[1] === 'user').map((row) => [String(row[0]), String(row[2])]));
}

/** What the rows show: nothing, or whether values and rows are as they were stored. */
async function happened(user: string, column: string, relation: string): Promise<string> {
  const stored: Readonly<Record<string, readonly string[]>> = { name: ['x', 'y', 'z'], region: ['a', 'b', 'c'] };
  try {
    const rows = (await sessions.get(user)!.rows(`SELECT ${column} FROM ${relation}`)).map((row) => row[0]);
    const masked = rows.some((value) => value === '***');
    if (rows.length === 0) return 'no row';
    const words = [...(masked ? ['masked'] : []), ...(rows.length < (stored[column]?.length ?? 0) ? ['filtered'] : [])];
    return words.length === 0 ? 'raw' : words.join(', ');
  } catch {
    return 'nothing';
  }
}

test('WHO CAN says of every user and column what the user’s own query shows', async () => {
  await fc.assert(
    fc.asyncProperty(world, async (drawn) => {
      const schema = await build(drawn);
      for (const column of ['name', 'region']) {
        const answer = await told(`WHO CAN SELECT ON TABLE ${schema}.t COLUMN ${column}`);
        for (const user of users) {
          const seen = await happened(user, column, `${schema}.t`);
          // With no row left nothing tells a masked column from a raw one.
          const both = seen === 'no row' ? ['filtered', 'masked, filtered'] : [seen];
          expect([user, column, both]).toEqual([user, column, expect.arrayContaining([answer.get(user)])]);
        }
      }
    }),
    { numRuns: runs },
  );
}, 600_000);

test('WHO CAN says of every user whether a view and the whole table can be read', async () => {
  await fc.assert(
    fc.asyncProperty(world, async (drawn) => {
      const schema = await build(drawn);
      for (const [kind, relation, query] of [
        ['VIEW', `${schema}.v`, 'SELECT count(*)'],
        ['TABLE', `${schema}.t`, 'SELECT count(*)'],
      ] as const) {
        const answer = await told(`WHO CAN SELECT ON ${kind} ${relation}`);
        for (const user of users) {
          const rows = await sessions
            .get(user)!
            .rows(`${query} FROM ${relation}`)
            .catch(() => undefined);
          const access = answer.get(user) ?? '';
          expect([user, relation, access === 'nothing']).toEqual([user, relation, rows === undefined]);
          if (rows !== undefined)
            expect([user, relation, access.includes('filtered')]).toEqual([user, relation, Number(rows[0]?.[0]) < 3]);
        }
      }
    }),
    { numRuns: Math.ceil(runs / 2) },
  );
}, 600_000);
