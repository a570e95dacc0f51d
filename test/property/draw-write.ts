// Random writes, each as the writer says it and as it is done by hand. By hand the relations are `vis_t` and `vis_u`: what the
// user sees of the tables, with the row's number beside.
import type { Draw } from './draw.ts';
import { readableColumns } from './routes.ts';
import { literal, type WorldColumn, type WorldTable } from './world.ts';

export interface DrawnWrite {
  readonly kind: 'update' | 'delete' | 'insert' | 'merge';
  readonly sql: string;
  /** Columns that must be granted, beside those that `assigned` ones are made of. */
  readonly reads: readonly (readonly [table: 't' | 'u', column: string])[];
  /** What RETURNING shows; undefined without it. */
  readonly answer: string | undefined;
  /** Columns whose values go into assigned ones. */
  readonly sources: readonly (readonly [table: 't' | 'u', column: string])[];
  /** By hand: SELECT r, values … of the rows to update or delete. */
  readonly found: string | undefined;
  readonly assigned: readonly string[];
  /** An assigned value has a subquery: a masked column read anywhere else is enough to refuse it. */
  readonly untold: boolean;
  /** By hand: SELECT of the new rows, all columns. */
  readonly added: string | undefined;
}

interface DrawnReturning {
  readonly columns: readonly WorldColumn[];
  readonly answer: string | undefined;
  /** At the end of the statement. */
  readonly sql: string;
}

/** Mostly of the columns that the writer may read, as one text. */
function drawReturning(draw: Draw, table: WorldTable): DrawnReturning {
  if (!draw.once(3)) return noReturning;
  const columns = draw.once(4) ? table.columns : readableColumns(table);
  const answer = `concat_ws('|', ${columns.map(({ name }) => `coalesce(${name}::VARCHAR, '∅')`).join(', ')})`;
  return { columns, answer, sql: ` RETURNING ${answer}` };
}

const noReturning: DrawnReturning = { columns: [], answer: undefined, sql: '' };

/** Every column in the parts of a statement: t and u with a number are further mentions of the same tables. */
function readsIn(returning: DrawnReturning, ...parts: readonly string[]): DrawnWrite['reads'] {
  const mentions = parts.flatMap((part) => [...part.matchAll(/\b([tu])\d?\.(\w+)/g)]);
  return [
    ...returning.columns.map(({ name }) => ['t', name] as const),
    ...mentions.map(([, table, column]) => [table === 't' ? 't' : 'u', column ?? ''] as const),
  ];
}

const operators = ['=', '<>', '<', '>='];

/** Alone in its WHERE it may fail on a row that the user sees: what fails then does not depend on an order. */
function failing(draw: Draw, alias: string): string {
  return draw.way(
    () => `CAST(${alias}.x AS INTEGER) > ${String(draw.nat(40))}`,
    () => `chr(CAST(${alias}.x AS INTEGER)) <> 'b'`,
  );
}

function condition(draw: Draw, table: WorldTable, alias: string): string {
  const column = draw.pick(table.columns);
  const name = `${alias}.${column.name}`;
  return draw.way(
    () => `${name} ${draw.pick(operators)} ${literal(draw, column.type)}`,
    () => `${name} IS ${draw.once(2) ? 'NOT ' : ''}NULL`,
    () => `${String(draw.nat(9))} / (${alias}.id - ${String(draw.nat(6))}) >= 0`,
    () => `CASE WHEN ${alias}.k = 'a' THEN chr(97) ELSE chr(${alias}.id) END <> 'b'`,
    () => `${alias}.k IN (SELECT u3.k FROM u AS u3 WHERE u3.id < ${String(draw.nat(12))})`,
    () => `EXISTS (SELECT 1 FROM u AS u4 WHERE u4.id = ${alias}.id AND u4.k IS NOT NULL)`,
    () => `NOT (${alias}.k LIKE '%a%' OR ${name} IS NULL)`,
  );
}

interface DrawnValue {
  readonly sql: string;
  readonly sources: readonly (readonly [table: 't' | 'u', column: string])[];
}

function value(draw: Draw, column: WorldColumn, sides: readonly (readonly ['t' | 'u', WorldTable])[]): DrawnValue {
  const [side, table] = draw.pick(sides);
  const same = table.columns.filter((each) => each.type === column.type);
  const other = same.length === 0 ? undefined : draw.pick(same);
  const plain = (): DrawnValue => ({ sql: literal(draw, column.type), sources: [] });
  if (other === undefined) return plain();
  const from = [[side, other.name] as const];
  return draw.way<DrawnValue>(
    plain,
    () => ({ sql: 'NULL', sources: [] }),
    () => ({ sql: `${side}.${other.name}`, sources: from }),
    () => ({
      sql: `CASE WHEN ${side}.${other.name} IS NULL THEN ${literal(draw, column.type)} ELSE ${side}.${other.name} END`,
      sources: from,
    }),
    () => ({ sql: `(SELECT max(${side}5.${other.name}) FROM ${side} AS ${side}5)`, sources: from }),
    () => ({ sql: `coalesce(${side}.${other.name}, ${literal(draw, column.type)})`, sources: from }),
  );
}

export function drawWrite(draw: Draw, [t, u]: readonly [WorldTable, WorldTable], id: number): DrawnWrite {
  return draw.way(
    () => drawUpdate(draw, t, u),
    () => drawUpdate(draw, t, u),
    () => drawDelete(draw, t, u),
    () => drawInsert(draw, t, id),
    () => drawMerge(draw, t, u, id),
  );
}

const byHand = (sql: string): string => sql.replaceAll(/\bFROM (t|u)\b/g, 'FROM vis_$1');

/** Not the id, by which partners are found. */
function assignable(draw: Draw, t: WorldTable): readonly WorldColumn[] {
  const columns = draw.some(t.columns.slice(1), 2);
  return columns.length === 0 ? t.columns.slice(1, 2) : columns;
}

function drawUpdate(draw: Draw, t: WorldTable, u: WorldTable): DrawnWrite {
  const joined = draw.once(3);
  const columns = assignable(draw, t);
  const sides = joined
    ? ([
        ['t', t],
        ['u', u],
      ] as const)
    : ([['t', t]] as const);
  const values = columns.map((column) => value(draw, column, sides));
  const conditions = [
    ...(joined ? ['t.id = u.id'] : []),
    ...(joined
      ? [condition(draw, t, 't')]
      : draw.way(
          () => [],
          () => [failing(draw, 't')],
          () => [condition(draw, t, 't')],
        )),
  ];
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const set = columns.map(({ name }, index) => `${name} = ${values[index]?.sql ?? ''}`).join(', ');
  const list = values.map(({ sql }) => `, ${sql}`).join('');
  const returning = drawReturning(draw, t);
  return {
    kind: 'update',
    sql: `UPDATE t SET ${set}${joined ? ' FROM u' : ''}${where}${returning.sql}`,
    answer: returning.answer,
    reads: readsIn(returning, where, list),
    sources: values.flatMap(({ sources }) => sources),
    found: byHand(`SELECT t.r${list} FROM vis_t AS t${joined ? ', vis_u AS u' : ''}${where}`),
    assigned: columns.map(({ name }) => name),
    untold: values.some(({ sql }) => sql.startsWith('(SELECT')),
    added: undefined,
  };
}

function drawDelete(draw: Draw, t: WorldTable, u: WorldTable): DrawnWrite {
  const joined = draw.once(3);
  const where = joined
    ? ` WHERE t.id = u.id AND ${condition(draw, u, 'u')}`
    : ` WHERE ${draw.once(3) ? failing(draw, 't') : `${condition(draw, t, 't')} AND ${condition(draw, t, 't')}`}`;
  const returning = drawReturning(draw, t);
  return {
    kind: 'delete',
    sql: `DELETE FROM t${joined ? ' USING u' : ''}${where}${returning.sql}`,
    answer: returning.answer,
    reads: readsIn(returning, where),
    sources: [],
    found: byHand(`SELECT DISTINCT t.r FROM vis_t AS t${joined ? ', vis_u AS u' : ''}${where}`),
    assigned: [],
    untold: false,
    added: undefined,
  };
}

function drawInsert(draw: Draw, t: WorldTable, id: number): DrawnWrite {
  const returning = drawReturning(draw, t);
  const plain = t.columns.map(({ name, type }) => (name === 'id' ? String(id) : literal(draw, type))).join(', ');
  const copied = t.columns.map((column) =>
    column.name === 'id' ? `t.id + ${String(id)}` : value(draw, column, [['t', t]]).sql,
  );
  const query = `SELECT ${copied.join(', ')} FROM t WHERE ${condition(draw, t, 't')}`;
  const source = draw.once(2) ? `VALUES (${plain})` : query;
  return {
    kind: 'insert',
    sql: `INSERT INTO t ${source}${returning.sql}`,
    answer: returning.answer,
    reads: readsIn(returning, source),
    sources: [],
    found: undefined,
    assigned: [],
    untold: false,
    added: byHand(source).replace(' FROM vis_t WHERE', ' FROM vis_t AS t WHERE'),
  };
}

function drawMerge(draw: Draw, t: WorldTable, u: WorldTable, id: number): DrawnWrite {
  const columns = assignable(draw, t);
  const values = columns.map((column) =>
    value(draw, column, [
      ['t', t],
      ['u', u],
    ]),
  );
  const set = columns.map(({ name }, index) => `${name} = ${values[index]?.sql ?? ''}`).join(', ');
  const list = values.map(({ sql }) => `, ${sql}`).join('');
  const taken = condition(draw, t, 't');
  const fresh = t.columns
    .map(({ name, type }) => (name === 'id' ? `u.id + ${String(id)}` : literal(draw, type)))
    .join(', ');
  const wanted = condition(draw, u, 'u');
  return {
    kind: 'merge',
    sql: `MERGE INTO t USING u ON t.id = u.id WHEN MATCHED AND ${taken} THEN UPDATE SET ${set}
      WHEN NOT MATCHED AND ${wanted} THEN INSERT VALUES (${fresh})`,
    answer: undefined,
    reads: readsIn(noReturning, 't.id u.id', taken, wanted, list, fresh),
    sources: values.flatMap(({ sources }) => sources),
    found: byHand(`SELECT t.r${list} FROM vis_t AS t, vis_u AS u WHERE t.id = u.id AND ${taken}`),
    assigned: columns.map(({ name }) => name),
    untold: values.some(({ sql }) => sql.startsWith('(SELECT')),
    added: byHand(
      `SELECT ${fresh} FROM u AS u WHERE NOT EXISTS (SELECT 1 FROM t AS z WHERE z.id = u.id) AND ${wanted}`,
    ),
  };
}
