// The installed DuckDB and its own list of functions.
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

export interface InstalledFunction {
  readonly type: string;
  /** Lower case, as the parser gives it. */
  readonly name: string;
  readonly schema: string;
  readonly alias: string | undefined;
  readonly parameters: readonly string[];
  readonly varargs: string | undefined;
  readonly definition: string | undefined;
}

export async function connect(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '1GB' });
  return instance.connect();
}

export async function installedFunctions(connection: DuckDBConnection): Promise<readonly InstalledFunction[]> {
  const reader = await connection.runAndReadAll(`
    SELECT function_type, lower(function_name), schema_name, lower(alias_of), parameter_types, varargs, macro_definition
    FROM duckdb_functions()`);
  return reader.getRowsJson().map(([type, name, schema, alias, parameters, varargs, definition]) => ({
    type: String(type),
    name: String(name),
    schema: String(schema),
    alias: textOf(alias),
    parameters: Array.isArray(parameters) ? parameters.map(String) : [],
    varargs: textOf(varargs),
    definition: textOf(definition),
  }));
}

function textOf(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : String(value);
}

/** All function names that json_serialize_sql puts into the tree of `SELECT expression`. */
export async function functionsInTree(connection: DuckDBConnection, expression: string): Promise<readonly TreeName[]> {
  const text = `SELECT ${expression}`.replaceAll("'", "''");
  const reader = await connection.runAndReadAll(`SELECT json_serialize_sql('${text}')`);
  const found: TreeName[] = [];
  collect(JSON.parse(String(reader.getRowsJson()[0]?.[0])), found);
  return found;
}

export interface TreeName {
  readonly class: string;
  readonly catalog: string;
  readonly schema: string;
  readonly name: string;
}

function collect(node: unknown, found: TreeName[]): void {
  if (typeof node !== 'object' || node === null) return;
  if ('function_name' in node && 'class' in node) {
    const { class: kind, catalog, schema, function_name } = node as Record<string, unknown>;
    found.push({ class: String(kind), catalog: String(catalog), schema: String(schema), name: String(function_name) });
  }
  for (const child of Object.values(node)) collect(child, found);
}
