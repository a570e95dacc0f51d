// The rows of one EXPLAIN ACCESS: a node for every use of a relation or function, below it its checks, policies and body.
import type { AccessCheck, AccessRecord } from '../authorize/access-record.ts';
import type { PolicyCall, PolicyOrigin, TableGuard } from '../authorize/authorization.ts';
import { display, displayName, fold } from '../base/identifier.ts';
import type { SqlError } from '../base/sql-error.ts';
import type { ObjectId, Securable, SqlFunction, Table, View } from '../catalog/securable.ts';
import type { GovernEnvironment } from '../govern/environment.ts';
import type { RewriteEffects } from '../rewrite/rewrite.ts';
import type { BarrierReason, GuardEffect, SessionFacts } from '../rewrite/rewrite-context.ts';
import type { ExplainedQuery, Hypothesis } from './explained-query.ts';
import { groundText, objectText } from './grounds.ts';

export type AccessRow = readonly [step: string, what: string, object: string, verdict: string, because: string];
type Detail = readonly [what: string, object: string, verdict: string, because: string];

export interface Explanation {
  readonly environment: GovernEnvironment;
  readonly hypothesis: Hypothesis;
  readonly explained: ExplainedQuery;
  /** Undefined for what was denied. */
  readonly effects: RewriteEffects | undefined;
  readonly session: SessionFacts;
}

interface Place {
  readonly step: string;
  /** Whose grants are checked: the user's, in a body the owner's. */
  readonly holder: ObjectId;
  /** A body's: its names need not be known to who may use the object. */
  readonly isInner: boolean;
}

export function treeRows(explanation: Explanation): readonly AccessRow[] {
  const holder = explanation.hypothesis.identity.user.id;
  return explanation.explained.record.children.flatMap((child, index) =>
    recordRows(explanation, child, { step: String(index + 1), holder, isInner: false }),
  );
}

function recordRows(explanation: Explanation, record: AccessRecord, place: Place): readonly AccessRow[] {
  const { environment, hypothesis } = explanation;
  const object = objectOf(record);
  if (object === undefined) return [];
  const { step } = place;
  const verdict = record.allDenials().length === 0 ? 'allowed' : 'denied';
  if (place.isInner && !environment.access.knows(object)) return [[step, 'object', '(not yours to know)', verdict, '']];
  const details: readonly Detail[] = [
    ...columnsRow(record),
    ...record.checks.map((check) => checkRow(explanation, check, { ...place, object })),
    ...policyRows(explanation, record),
  ];
  const below = environment.access.manages(object) ? record.children : [];
  const inner = below.flatMap((child, index) =>
    recordRows(explanation, child, { step: stepOf(step, details.length + index), holder: object.owner, isInner: true }),
  );
  const name = displayName(hypothesis.snapshot.nameOf(object.id));
  return [
    [step, object.kind, name, verdict, bodyText(explanation, object)],
    ...details.map((detail, index): AccessRow => [stepOf(step, index), ...detail]),
    ...inner,
    ...firstOfEach(record.denials).map(
      (denial): AccessRow => [step, 'denial', name, denial.sqlState, toldText(denial)],
    ),
  ];
}

/** Three missing privileges on a hidden object say three times the same. */
function firstOfEach(denials: readonly SqlError[]): readonly SqlError[] {
  return [...new Map(denials.toReversed().map((denial) => [denial.message, denial])).values()].toReversed();
}

function stepOf(parent: string, index: number): string {
  return `${parent}.${String(index + 1)}`;
}

function objectOf({ subject }: AccessRecord): Exclude<Securable, { kind: 'metastore' }> | undefined {
  switch (subject.kind) {
    case 'query':
      return undefined;
    case 'function':
      return subject.function;
    case 'relation':
      return subject.use.kind === 'table' ? subject.use.table : subject.use.view;
  }
}

function bodyText({ hypothesis: { snapshot } }: Explanation, object: Securable): string {
  if (object.kind === 'table') return '';
  return `what its body reads is checked with the grants of its owner ${display(snapshot.principal(object.owner)?.name ?? '')}`;
}

/** What the statement's own error would say. */
export function toldText(denial: SqlError): string {
  return [denial.message, denial.detail, denial.hint].filter((part) => part !== undefined).join('; ');
}

function columnsRow({ subject, columns }: AccessRecord): readonly Detail[] {
  if (subject.kind !== 'relation' || columns === undefined) return [];
  const { use } = subject;
  const own: readonly { readonly name: string }[] = use.kind === 'table' ? use.table.columns : use.view.columns;
  const names = own.filter(({ name }) => columns !== 'all' && columns.has(fold(name)));
  return [['columns', columns === 'all' ? '*' : names.map(({ name }) => display(name)).join(', '), 'read', '']];
}

function checkRow(
  { environment, hypothesis }: Explanation,
  check: AccessCheck,
  place: Place & { readonly object: Securable },
): Detail {
  const { snapshot } = hypothesis;
  const on = check.securable;
  const name = objectText(snapshot, on);
  const columns = check.columns === undefined ? '' : ` (${columnNames(on, check.columns)})`;
  const what = `${check.privilege}${columns}`;
  if (check.ground === undefined) return [what, name, 'missing', `this needs ${check.privilege} on ${name}`];
  // Grants of others show to those who could list them with SHOW GRANTS.
  const isOwn = !place.isInner && place.holder === environment.identity.user.id;
  const shown = isOwn || environment.access.manages(on) || environment.access.manages(place.object);
  return [what, name, 'granted', shown ? groundText(snapshot, place.holder, check.ground) : ''];
}

function columnNames(securable: Securable, ids: readonly string[]): string {
  const columns = securable.kind === 'table' ? securable.columns : [];
  return ids.map((id) => display(columns.find((column) => column.id === id)?.name ?? '')).join(', ');
}

/** Without MANAGE no more than what the data show anyway: that something is filtered or masked. */
function policyRows(explanation: Explanation, { subject, guard }: AccessRecord): readonly Detail[] {
  if (subject.kind === 'query') return [];
  if (subject.kind === 'function') return bodyRows(explanation, subject.function);
  const { use } = subject;
  if (use.kind === 'view') return bodyRows(explanation, use.view);
  const effect = explanation.effects?.guards.find((each) => each.use === use);
  const managed = explanation.environment.access.manages(use.table);
  if (managed) return guard === undefined ? [] : managedRows(explanation, { table: use.table, guard, effect });
  if (effect === undefined) return [];
  const masks = effect.masked.map((column): Detail => ['column mask', display(column), 'applies', '']);
  return [...(effect.filtered ? [['row filter', '', 'applies', ''] as const] : []), ...masks];
}

/** A body that hides no row of what it reads has nothing to say. */
function bodyRows({ environment, effects }: Explanation, body: View | SqlFunction): readonly Detail[] {
  const barred = [...(effects?.barredBodies ?? [])].map((use) => ('view' in use ? use.view : use.resolved.function));
  const isTold = barred.some(({ id }) => id === body.id) && environment.access.manages(body);
  return isTold ? [['barrier', '', 'yes', barrierReasons.body]] : [];
}

interface Policed {
  readonly table: Table;
  readonly guard: TableGuard;
  readonly effect: GuardEffect | undefined;
}

function managedRows(explanation: Explanation, { table, guard, effect }: Policed): readonly Detail[] {
  const verdict = (call: PolicyCall): string => {
    if (effect === undefined) return 'set';
    return effect.applied.has(call) ? 'applies' : 'exempt';
  };
  const filters = guard.filters.map((call): Detail => {
    return ['row filter', callText(explanation, table, call), verdict(call), originText(explanation, call.origin)];
  });
  const masks = table.columns.flatMap((column): readonly Detail[] => {
    const call = guard.masks.get(column.id);
    if (call === undefined) return [];
    const text = `${display(column.name)}: ${callText(explanation, table, call)}`;
    return [['column mask', text, verdict(call), originText(explanation, call.origin)]];
  });
  const barrier: readonly Detail[] = effect === undefined ? [] : [barrierRow(effect)];
  return [...filters, ...masks, ...barrier];
}

function callText({ hypothesis }: Explanation, table: Table, call: PolicyCall): string {
  const values = call.arguments.map((argument) =>
    argument.kind === 'column' ? columnNames(table, [argument.columnId]) : argument.literal,
  );
  return `${displayName(hypothesis.snapshot.nameOf(call.function.function.id))}(${values.join(', ')})`;
}

function originText({ hypothesis: { snapshot } }: Explanation, origin: PolicyOrigin): string {
  switch (origin.kind) {
    case 'table':
      return 'set on the table itself';
    case 'tags': {
      const place = snapshot.object(origin.securableId);
      return `policy ${display(origin.name)} by tags on ${place === undefined ? '' : objectText(snapshot, place)}`;
    }
  }
}

function barrierRow({ barrier, filtered }: GuardEffect): Detail {
  if (barrier !== undefined) return ['barrier', '', 'yes', barrierReasons[barrier]];
  const because = filtered ? 'no expression of the statement can fail or show a hidden row' : 'no row is hidden';
  return ['barrier', '', 'no', because];
}

const barrierReasons: Readonly<Record<BarrierReason | 'body', string>> = {
  expressions: 'an expression of the statement may fail or show what it is given: it is kept above the row filter',
  masks: 'a mask must not see hidden rows',
  body: 'an expression of the statement may fail or show what it is given: it is kept above the conditions of the body',
};
