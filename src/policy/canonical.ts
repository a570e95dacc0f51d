// Statements of policy files as comparable words: the same for two spellings of one meaning.
import { fold } from '../base/identifier.ts';
import type { NameRef, ParsedStatement, PolicyFunctionRef, SecurableRef, Statement } from '../parse/statement.ts';

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
      const parameters = statement.parameters.map(({ name, type }) => [fold(name), type.text]);
      const value = [parameters, statement.returns?.text, statement.body.text];
      return ['definition', [[`function ${named(statement.name)}`, JSON.stringify(value)]]];
    }
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

/** TABLE also names a view. */
function securable({ type, name }: SecurableRef): string {
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
