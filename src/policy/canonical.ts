// Statements of policy files as comparable words: the same for two spellings of one meaning.
import { fold } from '../base/identifier.ts';
import type { NameRef, ParsedStatement, PolicyFunctionRef, SecurableRef, Statement } from '../parse/statement.ts';
import { conditionOf } from '../parse/tag-condition.ts';
import type { ConditionTerm } from '../parse/tag-statement.ts';
import { viewQuery } from '../parse/view-query.ts';

export interface PolicyStatement {
  readonly text: string;
  /** What it sets: another statement with the same subject replaces it. */
  readonly subjects: readonly string[];
  /** Subject and value; the server has it, or it must be run. */
  readonly facts: readonly string[];
  readonly kind: 'principal' | 'definition' | 'attachment' | 'test';
}

/** @returns undefined for a statement that policy files do not hold: a CREATE that could not be run again is one */
export function policyStatement({ statement, text }: ParsedStatement): PolicyStatement | undefined {
  const [kind, pairs] = meaning(statement) ?? [];
  if (kind === undefined || pairs === undefined) return undefined;
  return {
    text,
    kind,
    subjects: pairs.map(([subject]) => subject),
    facts: pairs.map(([subject, value]) => `${subject} = ${value}`),
  };
}

type Meaning = readonly [kind: PolicyStatement['kind'], pairs: readonly (readonly [subject: string, value: string])[]];

function meaning(statement: Statement): Meaning | undefined {
  switch (statement.kind) {
    case 'createGroup':
      return ['principal', [[`group ${fold(statement.name.name)}`, '']]];
    case 'alterGroup':
      if (statement.action !== 'add') return undefined;
      return [
        'principal',
        statement.members.map((member) => [`member ${fold(statement.name.name)} / ${fold(member.name)}`, '']),
      ];
    case 'createFunction': {
      if (!statement.orReplace) return undefined;
      const parameters = statement.parameters.map((each) => [fold(each.name), each.type.text, each.default?.text]);
      const table = statement.returnsTable?.map(({ name, type }) => [fold(name), type.text]);
      const value = [parameters, table ?? statement.returns?.text, statement.body.text];
      return ['definition', [[`function ${named(statement.name)}`, JSON.stringify(value)]]];
    }
    case 'createView':
      if (!statement.orReplace) return undefined;
      return ['definition', [[`view ${named(statement.name)}`, viewQuery(statement)]]];
    case 'setTags':
      return ['attachment', tagPairs(statement)];
    case 'createPolicy':
      if (!statement.orReplace) return undefined;
      return ['attachment', [policyPair(statement)]];
    case 'grant':
      return ['attachment', grantPairs(statement)];
    case 'setMask':
      return ['attachment', [[`mask ${named(statement.table)} / ${fold(statement.column)}`, called(statement.mask)]]];
    // SET would take away the others that the files speak of.
    case 'addRowFilter':
      return [
        'attachment',
        [[`filter ${named(statement.table)} / ${named(statement.filter.function)}`, called(statement.filter)]],
      ];
    case 'createAccessTest': {
      if (!statement.orReplace) return undefined;
      const value = [fold(statement.user.name), statement.expectation, statement.query.text];
      return ['test', [[`test ${named(statement.name)}`, JSON.stringify(value).toLowerCase()]]];
    }
    default:
      return undefined;
  }
}

function grantPairs(
  statement: Extract<Statement, { kind: 'grant' | 'revoke' }>,
): readonly (readonly [string, string])[] {
  return statement.privileges.flatMap((privilege) => {
    const columns = privilege.columns?.map(fold).toSorted().join(', ') ?? '';
    return statement.principals.map(({ name }): readonly [string, string] => {
      const until = statement.until?.text ?? '';
      return [`grant ${privilege.name} on ${securable(statement.object)} to ${fold(name)}`, `${columns} ${until}`];
    });
  });
}

function tagPairs(statement: Extract<Statement, { kind: 'setTags' }>): readonly (readonly [string, string])[] {
  const column = statement.column === undefined ? '' : ` / ${fold(statement.column.name)}`;
  return statement.tags.map(({ key, value }) => {
    return [`tag ${JSON.stringify(key)} of ${securable(statement.object)}${column}`, JSON.stringify(value)];
  });
}

function policyPair(statement: Extract<Statement, { kind: 'createPolicy' }>): readonly [string, string] {
  const { effect, when, match, onColumn, using } = statement;
  const principals = (list: typeof statement.to): readonly string[] => list.map(({ name }) => fold(name)).toSorted();
  const condition = (terms: readonly ConditionTerm[]): unknown => conditionOf(terms);
  const value = [
    effect,
    called({ function: statement.function, arguments: using }),
    principals(statement.to),
    principals(statement.except),
    when === undefined ? null : condition(when),
    match.map((each) => [condition(each.condition), each.alias === undefined ? null : fold(each.alias.name)]),
    onColumn === undefined ? null : fold(onColumn.name),
  ];
  return [`policy ${fold(statement.name.name)} on ${securable(statement.object)}`, JSON.stringify(value)];
}

/** TABLE also names a view. */
function securable({ type, name }: Pick<SecurableRef, 'type' | 'name'>): string {
  const kind = type === 'VIEW' ? 'TABLE' : type;
  return `${kind} ${name === undefined ? '' : named(name)}`;
}

function named({ parts }: NameRef): string {
  return JSON.stringify(parts.map(fold));
}

function called({ function: fn, arguments: list }: PolicyFunctionRef): string {
  const values = list.map((argument) =>
    argument.kind === 'column' ? `column ${fold(argument.name)}` : argument.literal.text,
  );
  return `${named(fn)} (${values.join(', ')})`;
}
