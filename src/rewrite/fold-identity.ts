// Functions that mean the session become constants while rewriting: DuckDB's own would name its process, and a plan is made
// for one identity anyway.
import type { IdentityFunction } from '../analyze/resolved-query.ts';
import { fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Expression } from '../sql/ast.ts';
import { booleanConstant, functionCall, inList, nullConstant, stringConstant } from '../sql/build.ts';
import type { TreeRewriter } from './rewrite-tree.ts';

/** What version() says; clients look for the leading word and number. */
export const versionText = 'PostgreSQL 18.0 (Portcullis)';

export function foldIdentity(
  rewriter: TreeRewriter,
  identity: IdentityFunction,
  children: readonly Expression[],
): Expression {
  const { authorization, context } = rewriter;
  const { user, attributes } = authorization.identity;
  switch (identity) {
    case 'current_user':
      return stringConstant(user.name);
    case 'session_user':
      return stringConstant(context.session.sessionUser);
    case 'current_catalog':
      return stringConstant(context.session.currentCatalog);
    case 'current_schema':
      return textOrNull(context.session.currentSchema);
    case 'current_schemas':
      return functionCall(
        'list_value',
        context.session.currentSchema === undefined ? [] : [stringConstant(context.session.currentSchema)],
      );
    case 'version':
      return stringConstant(versionText);
    case 'is_account_group_member':
    case 'is_member':
      return groupTest(rewriter, onlyArgument(identity, children));
    case 'current_user_attribute':
      return attributeOf(attributes, onlyArgument(identity, children));
  }
}

function textOrNull(text: string | undefined): Expression {
  return text === undefined ? nullConstant() : stringConstant(text);
}

function onlyArgument(name: string, children: readonly Expression[]): Expression {
  const [only, ...others] = children;
  if (only === undefined || others.length > 0) {
    throw new SqlError('undefinedFunction', `function ${name} takes one argument`);
  }
  return only;
}

/** A constant name is decided here; another is tested against the list of the user's groups. */
function groupTest(rewriter: TreeRewriter, argument: Expression): Expression {
  const { snapshot, identity } = rewriter.authorization;
  const text = constantText(argument);
  if (text === undefined) {
    const names = [...identity.groups].map((id) => stringConstant(fold(snapshot.principal(id)?.name ?? '')));
    return inList(functionCall('lower', [argument]), names);
  }
  const group = snapshot.principalByName(text);
  return booleanConstant(group?.kind === 'group' && identity.groups.has(group.id));
}

function attributeOf(attributes: Readonly<Record<string, string>>, argument: Expression): Expression {
  const key = constantText(argument);
  if (key === undefined) {
    throw new SqlError('featureNotSupported', 'current_user_attribute takes a constant name');
  }
  return textOrNull(Object.hasOwn(attributes, key) ? attributes[key] : undefined);
}

function constantText(node: Expression): string | undefined {
  if (node.class !== 'CONSTANT' || node.value.is_null) return undefined;
  return typeof node.value.value === 'string' ? node.value.value : undefined;
}
