// One governance or definition statement -> what is to be done. Each family has its own file.
import { checkPolicyStep } from '../authorize/policy-step.ts';
import { applyChange } from '../catalog/apply-change.ts';
import type { GovernanceStatement, ShellStatement } from '../parse/statement.ts';
import { createAccessTest, dropAccessTest, showAccessTests } from './access-tests.ts';
import { alterColumn } from './alter-column.ts';
import { addColumns, dropColumns, setProperties, unsetProperties } from './alter-table.ts';
import { createCatalog, createSchema } from './containers.ts';
import { describeQuery } from './describe-query.ts';
import type { GovernEnvironment, Governed } from './environment.ts';
import { createFunction } from './functions.ts';
import { grantOrRevoke } from './grants.ts';
import { alterOwner, comment, drop, reassignOwned } from './objects.ts';
import { addRowFilter, dropMask, dropRowFilter, setMask, setRowFilter } from './policies.ts';
import { checkPolicyImpact } from './policy-impact.ts';
import { alterGroup, alterUser, createGroup, createUser } from './principals.ts';
import { rename } from './rename.ts';
import { describe, show } from './show.ts';
import { showGrants } from './show-grants.ts';
import { describePolicy, showPolicies } from './show-policies.ts';
import { createTable } from './tables.ts';
import { createPolicy, dropPolicy } from './tag-policies.ts';
import { setTags, unsetTags } from './tags.ts';
import { createToken, dropToken, showTokens } from './tokens.ts';
import { createView } from './views.ts';

type Governable = GovernanceStatement | ShellStatement;
type Family<K extends Governable['kind']> = (
  environment: GovernEnvironment,
  statement: Extract<Governable, { kind: K }>,
) => Governed | Promise<Governed>;

const families: { readonly [K in Governable['kind']]: Family<K> } = {
  createAccessTest,
  dropAccessTest,
  showAccessTests,
  createToken,
  dropToken,
  showTokens,
  createCatalog,
  createSchema,
  createTable,
  createView,
  createFunction,
  createUser,
  alterUser,
  createGroup,
  alterGroup,
  drop,
  alterOwner,
  reassignOwned,
  setMask,
  dropMask,
  setRowFilter,
  addRowFilter,
  dropRowFilter,
  addColumns,
  dropColumns,
  alterColumn,
  setProperties,
  unsetProperties,
  rename,
  setTags,
  unsetTags,
  createPolicy,
  dropPolicy,
  showPolicies,
  describePolicy,
  comment,
  grant: grantOrRevoke,
  revoke: grantOrRevoke,
  showGrants,
  show,
  describe,
  describeQuery,
};

/** @throws SqlError when it may not or cannot be done */
export async function govern(environment: GovernEnvironment, statement: Governable): Promise<Governed> {
  const family = families[statement.kind] as Family<Governable['kind']>;
  const governed = await family(environment, statement);
  const { changes = [] } = governed;
  await checkPolicyImpact(environment, changes);
  // Whatever is changed: what policies by tags protect is compared before and after.
  if (changes.length > 0)
    checkPolicyStep(environment.access, { changes, after: changes.reduce(applyChange, environment.snapshot) });
  return governed;
}
