// Identifiers keep their case and compare without it (DuckDB's rule), quoted ones too.

/** The form under which two spellings of one identifier are equal. */
export function fold(name: string): string {
  return name.toLowerCase();
}

const PLAIN = /^[a-z_][a-z0-9_]*$/i;

/** Spells a name for a message or for DESCRIBE: quoted only where needed. */
export function display(name: string): string {
  return PLAIN.test(name) ? name : quote(name);
}

/** Always quoted, safe in any SQL text. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string literal, safe in any SQL text of DuckDB or PostgreSQL. */
export function quoteLiteral(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** `catalog.schema.object` as shown to people. */
export function displayName(parts: readonly string[]): string {
  return parts.map(display).join('.');
}
