import type { SelectStatement } from './ast.ts';

/** DuckDB's own parser and printer, as a port: what was checked is what runs. */
export interface SqlCodec {
  /**
   * Text of one SELECT-like statement -> checked tree.
   * @throws SqlError syntaxError with position, featureNotSupported
   */
  parse(text: string): Promise<SelectStatement>;
  /**
   * Tree -> text, parsed again and compared: the printer leaves some names unquoted, so a text whose tree differs is
   * refused (measured injections: star qualifiers, window function names, operators, parameter names).
   * @throws SqlError featureNotSupported when the text does not give the tree back
   */
  print(statement: SelectStatement): Promise<string>;
  /** How DuckDB spells a tree, unverified: to name columns by, never to run. */
  spell(statement: SelectStatement): Promise<string>;
}
