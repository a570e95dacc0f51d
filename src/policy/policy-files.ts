// A directory of policy files: read, and written so that two exports of the same state are the same bytes.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { SqlError } from '../base/sql-error.ts';
import { parseStatements } from '../parse/parse.ts';
import { type PolicyStatement, policyStatement } from './canonical.ts';

/** The first line of every file that an export writes: such a file may be replaced or removed by the next one. */
const header = '-- Written by portcullis policy export.';

export interface PolicyFile {
  /** With slashes, relative to the directory. */
  readonly name: string;
  readonly statements: readonly PolicyStatement[];
}

/** What is wrong with the files; the command ends with 1. */
export class PolicyFileError extends Error {
  override readonly name = 'PolicyFileError';
}

export function readPolicyFiles(directory: string): readonly PolicyFile[] {
  if (!existsSync(directory)) throw new PolicyFileError(`${directory} does not exist`);
  return sqlFiles(directory).map((name) => ({ name, statements: statementsOf(join(directory, name), name) }));
}

function sqlFiles(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.sql'))
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .toSorted();
}

function statementsOf(file: string, name: string): readonly PolicyStatement[] {
  try {
    return parseStatements(readFileSync(file, 'utf8')).map((parsed) => {
      const statement = policyStatement(parsed);
      if (statement !== undefined) return statement;
      throw new PolicyFileError(
        `${name}: a policy file holds no such statement: ${firstLine(parsed.text)} (functions and tests: CREATE OR REPLACE, row filters: ADD)`,
      );
    });
  } catch (error) {
    if (error instanceof SqlError) throw new PolicyFileError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

/** Replaces what an export wrote before; a file that somebody else wrote stays, and is an error when it is in the way. */
export function writePolicyFiles(directory: string, files: ReadonlyMap<string, readonly string[]>): void {
  const before = existsSync(directory) ? sqlFiles(directory) : [];
  for (const name of before) {
    const isOurs = readFileSync(join(directory, name), 'utf8').startsWith(header);
    if (isOurs) rmSync(join(directory, name));
    else if (files.has(name)) throw new PolicyFileError(`${name} exists and was not written by an export`);
  }
  for (const [name, statements] of files) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${header}\n\n${statements.map((each) => `${each};\n`).join('')}`);
  }
}
