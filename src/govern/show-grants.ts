// SHOW GRANTS, of now or of the past: Unity Catalog's columns; inherited grants with the object they come from.
import { showGrantsOn } from '../authorize/administration.ts';
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Principal } from '../catalog/principal.ts';
import { type Grant, hasEnded } from '../catalog/privilege.ts';
import { columnIdOf, type ObjectId, type Securable } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { AsOfRef, GovernanceStatement } from '../parse/statement.ts';
import { textAnswer } from '../sql/answer.ts';
import type { GovernEnvironment, Governed } from './environment.ts';
import { principalIfAny, principalNamed, securableNamed, touched } from './find.ts';
import { momentOf } from './moment.ts';

type ShowGrants = Extract<GovernanceStatement, { kind: 'showGrants' }>;
type Row = readonly (string | null)[];

const columns = ['principal', 'actionType', 'objectType', 'objectKey', 'until', 'inheritedFrom'];

/** Whose grants are shown, on what, in which catalog. */
interface Question {
  readonly snapshot: CatalogSnapshot;
  readonly at: number;
  readonly principal: Principal | undefined;
  readonly securable: Securable | undefined;
}

export async function showGrants(environment: GovernEnvironment, statement: ShowGrants): Promise<Governed> {
  const question = statement.asOf === undefined ? now(environment, statement) : await past(environment, statement);
  const { snapshot, at, principal, securable } = question;
  const grants = securable === undefined ? snapshot.grantsTo(principal?.id ?? '') : affecting(snapshot, securable);
  const shown = grants
    .filter((grant) => principal === undefined || grant.principalId === principal.id)
    .filter((grant) => !hasEnded(grant, at))
    .filter((grant) => statement.asOf === undefined || mayStillAsk(environment, grant));
  const rows = shown.map((grant) => rowOf(question, grant)).toSorted((a, b) => (a.join('\0') < b.join('\0') ? -1 : 1));
  const objects = securable === undefined ? [] : [touched(environment, securable, 'SHOW GRANTS')];
  return { tag: 'SHOW', answer: textAnswer(columns, rows), touched: objects };
}

/** The rule comes before the principal's name is looked up: who may not ask does not learn whether it exists. */
function now(environment: GovernEnvironment, statement: ShowGrants): Question {
  const { snapshot, access } = environment;
  const securable = statement.object === undefined ? undefined : securableNamed(environment, statement.object);
  const named = statement.principal;
  showGrantsOn(access, securable, named === undefined ? undefined : principalIfAny(environment, named));
  const principal = named === undefined ? undefined : principalNamed(environment, named);
  return { snapshot, at: environment.now, principal, securable };
}

/**
 * Names mean what they meant then to administrators, who may ask about everything that ever was. Others name what exists now,
 * by the rule of now.
 */
async function past(environment: GovernEnvironment, statement: ShowGrants): Promise<Question> {
  const { asOf, ...present } = statement;
  const { isMetastoreAdmin } = environment.identity;
  const question = isMetastoreAdmin ? undefined : now(environment, present);
  const { snapshot, at } = await pastOf(environment, asOf);
  if (question !== undefined) return { ...question, snapshot, at };
  const then = { ...environment, snapshot, access: environment.access.in(snapshot), now: at };
  return now(then, present);
}

async function pastOf(
  environment: GovernEnvironment,
  asOf: AsOfRef | undefined,
): Promise<{ readonly snapshot: CatalogSnapshot; readonly at: number }> {
  if (asOf?.kind === 'version') {
    const found = await environment.catalogOf({ version: asOf.version });
    if (found !== undefined) return found;
    throw new SqlError('invalidParameterValue', `the catalog has no version ${String(asOf.version)}`, {
      position: asOf.offset,
      hint: `The newest is ${String(environment.snapshot.version)}.`,
    });
  }
  const at = asOf === undefined ? environment.now : momentOf(asOf, environment.timeZone);
  if (at > environment.now) {
    throw new SqlError('invalidParameterValue', `${asOf?.text ?? ''} is in the future`, {
      position: asOf?.offset ?? 0,
    });
  }
  const found = await environment.catalogOf({ at });
  return { snapshot: found?.snapshot ?? environment.snapshot, at };
}

/** Of the past only what the asker manages today. */
function mayStillAsk({ access, snapshot, identity }: GovernEnvironment, grant: Grant): boolean {
  if (identity.isMetastoreAdmin) return true;
  const securable = snapshot.object(grant.securableId);
  return securable !== undefined && access.manages(securable);
}

function affecting(snapshot: CatalogSnapshot, securable: Securable): readonly Grant[] {
  const all: Grant[] = [];
  for (let id: ObjectId | undefined = securable.id; id !== undefined; id = snapshot.parentOf(id)) {
    // Grants on the metastore do not inherit.
    if (snapshot.object(id)?.kind === 'metastore' && id !== securable.id) break;
    all.push(...snapshot.grantsOn(id));
  }
  return all;
}

function rowOf({ snapshot, securable: asked }: Question, grant: Grant): Row {
  const securable = snapshot.object(grant.securableId);
  const named = grant.columns === undefined ? '' : ` (${columnNames(securable, grant.columns).join(', ')})`;
  const [type, key] = [securable?.kind.toUpperCase() ?? '', displayName(snapshot.nameOf(grant.securableId))];
  return [
    snapshot.principal(grant.principalId)?.name ?? '',
    `${grant.privilege}${named}`,
    type,
    key === '' ? null : key,
    grant.until === undefined ? null : new Date(grant.until).toISOString(),
    asked === undefined || asked.id === grant.securableId ? null : `${type} ${key}`,
  ];
}

function columnNames(securable: Securable | undefined, ids: readonly string[]): readonly string[] {
  const known = securable?.kind === 'table' || securable?.kind === 'view' ? [...securable.columns] : [];
  return ids.flatMap((id) => known.find((column) => columnIdOf(column) === id)?.name ?? []);
}
