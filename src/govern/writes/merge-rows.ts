// The pairs of a MERGE: source rows beside the visible rows of the target, each with the clause that takes it and the values
// that this clause gives.
import type { TableUse } from '../../analyze/resolved-query.ts';
import { refuseWholeRows } from '../../analyze/whole-rows.ts';
import type { Authorization } from '../../authorize/authorization.ts';
import { assert } from '../../base/assert.ts';
import type { MergeStatement } from '../../parse/write-statement.ts';
import type { GuardEffect } from '../../rewrite/rewrite-context.ts';
import { clauseColumn, rowColumn } from '../../rewrite/scratch.ts';
import type { OwnValues } from '../../rewrite/system-rows.ts';
import type { CteMap, Expression, Join, SelectNode, TableRef } from '../../sql/ast.ts';
import {
  and,
  booleanConstant,
  caseWhen,
  columnRef,
  integerConstant,
  isNotNull,
  isNull,
  joinOn,
  named,
  nullConstant,
  select,
  star,
  statementOf,
  subqueryRef,
} from '../../sql/build.ts';
import { readExpression, readFrom } from '../../sql/read-parts.ts';
import type { GovernEnvironment } from '../environment.ts';
import { refuseSameAlias, rowsTree, useOf } from './guarded-rows.ts';
import { type MergeTarget, sourceAlias, type WhenClause } from './merge-clauses.ts';
import { aliasOf } from './target.ts';

export interface MergedRows {
  readonly authorization: Authorization;
  readonly effects: readonly GuardEffect[];
  readonly use: TableUse | undefined;
  /** Of the product's own parameters in `rows`. */
  readonly values: OwnValues;
  /** Gives `ids`. */
  readonly rows: SelectNode;
  /** The row, the clause, and the clauses' values (valueColumn). */
  readonly ids: readonly string[];
}

export function valueColumn(clause: WhenClause, index: number): string {
  return `__pc_value${String(clause.number)}_${String(index)}`;
}

interface Merging {
  readonly statement: MergeStatement;
  readonly target: MergeTarget;
  readonly clauses: readonly WhenClause[];
  readonly ctes: CteMap;
}

export async function mergedRows(environment: GovernEnvironment, merging: Merging): Promise<MergedRows> {
  const { statement, target, clauses, ctes } = merging;
  const source = await readFrom(environment.codec, statement.source);
  const alias = sourceAlias(source);
  refuseSameAlias(source, aliasOf(target.mention));
  const on = await readExpression(environment.codec, statement.on);
  const pieces = clauses.flatMap(({ condition, values }) =>
    condition === undefined ? values : [condition, ...values],
  );
  const { columns } = target.table;
  refuseWholeRows([on, source, ...pieces], [{ alias: aliasOf(target.mention), columns }]);
  // Of the source, too: in a FULL join it gets a column that tells whether there is a row.
  refuseWholeRows([on, ...pieces], [{ alias, columns }]);
  const join = joinOn(joinTypeOf(clauses), [source, target.mention], on);
  const query = select({
    select_list: pieces.length === 0 ? [nullConstant()] : pieces,
    from_table: join,
    cte_map: ctes,
  });
  const authorization = await environment.authorizeStatement(statementOf(query));
  const { node, effects, values } = await rowsTree(environment, authorization, target.mention);
  const rewritten = node.from_table;
  assert(rewritten.type === 'JOIN', 'a MERGE reads a join');
  const pairs = new Pairs(clauses, { source: alias, target: aliasOf(target.mention) }, node.select_list);
  return {
    authorization,
    effects,
    values,
    use: useOf(authorization, target.mention),
    rows: { ...node, select_list: pairs.items(), from_table: joinedWith(rewritten, alias) },
    ids: [
      rowColumn,
      clauseColumn,
      ...clauses.flatMap((clause) => clause.values.map((_, index) => valueColumn(clause, index))),
    ],
  };
}

function joinTypeOf(clauses: readonly WhenClause[]): 'INNER' | 'LEFT' | 'FULL' {
  if (clauses.some(({ when }) => when === 'notMatchedBySource')) return 'FULL';
  return clauses.some(({ when }) => when === 'notMatched') ? 'LEFT' : 'INNER';
}

const sourceColumn = '__pc_given';

function joinedWith(join: Join, alias: string): TableRef {
  if (join.join_type !== 'FULL') return join;
  const marked = select({ select_list: [star(), named(booleanConstant(true), sourceColumn)], from_table: join.left });
  return { ...join, left: subqueryRef(marked, { alias, sample: null, column_name_alias: [] }) };
}

/** The select list over the pairs; `rewritten` are the clauses' own pieces in order. */
class Pairs {
  readonly #clauses: readonly WhenClause[];
  readonly #aliases: { readonly source: string; readonly target: string };
  readonly #pieces: readonly { readonly condition: Expression | undefined; readonly values: readonly Expression[] }[];

  constructor(
    clauses: readonly WhenClause[],
    aliases: { readonly source: string; readonly target: string },
    rewritten: readonly Expression[],
  ) {
    this.#clauses = clauses;
    this.#aliases = aliases;
    let next = 0;
    this.#pieces = clauses.map(({ condition, values }) => {
      const own = condition === undefined ? undefined : rewritten[next];
      if (condition !== undefined) next += 1;
      next += values.length;
      return { condition: own, values: rewritten.slice(next - values.length, next) };
    });
  }

  items(): readonly Expression[] {
    const taken = this.#clauses.map((_, index) => this.#taking(index));
    return [
      this.#row,
      caseWhen(
        taken.map((when, index) => [when, integerConstant(String(index + 1))]),
        nullConstant(),
      ),
      // A value is computed for the rows of its own clause alone.
      ...this.#pieces.flatMap(({ values }, index) =>
        values.map((value) =>
          caseWhen(
            taken.slice(0, index + 1).map((when, at) => [when, at === index ? value : nullConstant()]),
            nullConstant(),
          ),
        ),
      ),
    ];
  }

  get #row(): Expression {
    return columnRef(this.#aliases.target, rowColumn);
  }

  #taking(index: number): Expression {
    const condition = this.#pieces[index]?.condition;
    const state = this.#state(this.#clauses[index]?.when ?? 'matched');
    return condition === undefined ? and(state) : and([...state, condition]);
  }

  #state(when: WhenClause['when']): readonly Expression[] {
    const full = joinTypeOf(this.#clauses) === 'FULL';
    const source = columnRef(this.#aliases.source, sourceColumn);
    switch (when) {
      case 'matched':
        return full ? [isNotNull(this.#row), isNotNull(source)] : [isNotNull(this.#row)];
      case 'notMatched':
        return [isNull(this.#row)];
      case 'notMatchedBySource':
        return [isNull(source)];
    }
  }
}
