// Which columns a statement may read of each relation it mentions. Where that cannot be told, all of them: a star, a reference
// to the whole row, names that columns were given anew.
import { fold } from '../base/identifier.ts';
import type { RelationUse } from './resolved-query.ts';
import type { Scope, Source } from './scope.ts';

/** Innermost first; outer queries' too, which a correlated subquery sees. */
function sourcesInSight(scope: Scope): readonly Source[] {
  const all: Source[] = [];
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) all.push(...at.sources);
  return all;
}

/** Folded column names. The value `all` stands for every column. */
export type ColumnsRead = ReadonlySet<string> | 'all';

export class ColumnReads {
  readonly #named: Map<RelationUse, Set<string>> = new Map();
  readonly #whole: Set<RelationUse> = new Set();

  of(use: RelationUse): ColumnsRead {
    return this.#whole.has(use) ? 'all' : (this.#named.get(use) ?? new Set());
  }

  whole(...sources: readonly Source[]): void {
    for (const { use } of sources) if (use !== undefined) this.#whole.add(use);
  }

  wholeUse(use: RelationUse): void {
    this.#whole.add(use);
  }

  /** A column of this source, if it has one of that name. */
  column({ use, columns }: Source, name: string): void {
    if (use === undefined) return;
    const wanted = fold(name);
    if (columns?.some((column) => fold(column.name) === wanted) !== true) return;
    const known = this.#named.get(use) ?? new Set();
    known.add(wanted);
    this.#named.set(use, known);
  }

  /** `name` or `name.field`: whichever columns in sight have it. */
  columns(scope: Scope, name: string): void {
    for (const source of sourcesInSight(scope)) this.column(source, name);
  }

  /** A name by itself may mean the whole row of what has it as its alias. */
  rows(scope: Scope, alias: string): void {
    const wanted = fold(alias);
    this.whole(...sourcesInSight(scope).filter((source) => source.alias === wanted));
  }

  /** A star, or a position, over what is in sight. */
  star(scope: Scope, qualifier: string): void {
    if (qualifier === '') this.whole(...sourcesInSight(scope));
    else this.rows(scope, qualifier);
  }
}
