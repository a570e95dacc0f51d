// EXPLAIN: the operators that the client itself has written, as a tree in PostgreSQL's shape. Nothing of the engine's plan shows: its
// sizes and estimates are statistics of hidden rows, and policies stand in it.

import { aggregateClassOf } from '../analyze/functions/function-catalog.ts';
import type { ResolvedQuery } from '../analyze/resolved-query.ts';
import type { Authorization } from '../authorize/authorization.ts';
import { displayName } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError, shiftedBy } from '../base/sql-error.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { GovernEnvironment } from '../govern/environment.ts';
import type { AnswerStatement } from '../parse/answer-statement.ts';
import { type Answer, textAnswer } from '../sql/answer.ts';
import type { BaseTable, Expression, Join, QueryNode, SelectNode, TableRef } from '../sql/ast.ts';
import { isExpression, isQueryNode, walk } from '../sql/children.ts';
import type { ResultColumn } from '../sql/sql-type.ts';
import { systemCatalogName } from '../system/registry.ts';

type Explain = Extract<AnswerStatement, { kind: 'explain' }>;

interface PlanNode {
  readonly type: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly children: readonly PlanNode[];
}

/** Options that change nothing here, in either spelling of truth. */
const ignored: ReadonlySet<string> = new Set([
  'verbose',
  'costs',
  'settings',
  'summary',
  'timing',
  'buffers',
  'wal',
  'generic_plan',
]);

export function explainColumns(statement: Explain): readonly ResultColumn[] {
  return [{ name: 'QUERY PLAN', type: { id: formatOf(statement) === 'json' ? 'JSON' : 'VARCHAR' } }];
}

/** @throws SqlError as the query itself would be refused; featureNotSupported for ANALYZE and other formats */
export async function explainPlan(
  environment: GovernEnvironment,
  statement: Explain,
): Promise<{ readonly answer: Answer; readonly authorization: Authorization }> {
  const format = formatOf(statement);
  const authorization = await authorized(environment, statement);
  const planner = new Planner(authorization.resolved, environment.snapshot);
  const plan = planner.query(authorization.resolved.statement.node, 0);
  const lines = format === 'json' ? [JSON.stringify([{ Plan: jsonOf(plan) }], undefined, 2)] : linesOf(plan, 0);
  return {
    answer: {
      ...textAnswer(
        [''],
        lines.map((line) => [line]),
      ),
      columns: explainColumns(statement),
    },
    authorization,
  };
}

async function authorized(environment: GovernEnvironment, { query }: Explain): Promise<Authorization> {
  try {
    return await environment.authorizeQuery(query);
  } catch (error) {
    throw error instanceof SqlError ? shiftedBy(error, query.offset) : error;
  }
}

function formatOf({ options }: Explain): 'text' | 'json' {
  let format: 'text' | 'json' = 'text';
  for (const { name, value, offset } of options) {
    const isOn = value === undefined || ['true', 'on', '1'].includes(value);
    if (name === 'format' && (value === 'text' || value === 'json')) format = value;
    else if (name === 'format') throw refused(`EXPLAIN format "${value ?? ''}"`, offset);
    else if (name === 'analyze' && isOn) throw refused('EXPLAIN ANALYZE', offset);
    else if (name !== 'analyze' && !ignored.has(name)) {
      throw new SqlError('syntaxError', `unrecognized EXPLAIN option "${name}"`, { position: offset });
    }
  }
  return format;
}

function refused(what: string, position: number): SqlError {
  return new SqlError('featureNotSupported', `${what} is not supported`, {
    position,
    hint: 'Figures of a plan tell of hidden rows. EXPLAIN shows the operators, as text or json; EXPLAIN ACCESS what policies do.',
  });
}

/** Reads the tree as it was written; masks, filters and bodies of views are not in it. */
class Planner {
  readonly #resolved: ResolvedQuery;
  readonly #snapshot: CatalogSnapshot;

  constructor(resolved: ResolvedQuery, snapshot: CatalogSnapshot) {
    this.#resolved = resolved;
    this.#snapshot = snapshot;
  }

  query(node: QueryNode, depth: number): PlanNode {
    if (depth > limits.treeDepthMax) throw new SqlError('statementTooComplex', 'the query is nested too deeply');
    const ctes = node.cte_map.map.map(({ key, value }) =>
      planNode('CTE', { Name: displayName([key]) }, [this.query(value.query.node, depth + 1)]),
    );
    const base = modified(this.#base(node, depth + 1), node);
    return ctes.length === 0 ? base : { ...base, children: [...ctes, ...base.children] };
  }

  #base(node: QueryNode, depth: number): PlanNode {
    switch (node.type) {
      case 'SELECT_NODE':
        return this.#select(node, depth);
      case 'SET_OPERATION_NODE': {
        const facts = { Command: node.setop_type.replaceAll('_', ' ') + (node.setop_all ? ' ALL' : '') };
        return planNode('SetOp', facts, [this.query(node.left, depth), this.query(node.right, depth)]);
      }
      case 'RECURSIVE_CTE_NODE':
        return planNode('Recursive Union', {}, [this.query(node.left, depth), this.query(node.right, depth)]);
    }
  }

  #select(node: SelectNode, depth: number): PlanNode {
    let at = this.#from(node.from_table, depth);
    if (node.where_clause !== null) at = planNode('Filter', {}, [at, ...this.#subplans([node.where_clause], depth)]);
    if (isAggregated(node)) {
      const keys = node.group_expressions.length;
      at = planNode(keys === 0 ? 'Aggregate' : 'GroupAggregate', keys === 0 ? {} : { Keys: String(keys) }, [at]);
    }
    if (node.having !== null) at = planNode('Filter', {}, [at, ...this.#subplans([node.having], depth)]);
    if (holds(node.select_list, ({ class: kind }) => kind === 'WINDOW') || node.qualify !== null) {
      at = planNode('WindowAgg', {}, [at]);
    }
    if (node.qualify !== null) at = planNode('Filter', {}, [at, ...this.#subplans([node.qualify], depth)]);
    const subplans = this.#subplans(node.select_list, depth);
    return subplans.length === 0 ? at : { ...at, children: [...at.children, ...subplans] };
  }

  #from(ref: TableRef, depth: number): PlanNode {
    if (depth > limits.treeDepthMax) throw new SqlError('statementTooComplex', 'the query is nested too deeply');
    switch (ref.type) {
      case 'BASE_TABLE':
        return this.#scan(ref);
      case 'SUBQUERY':
        return planNode('Subquery Scan', aliased(ref.alias), [this.query(ref.subquery.node, depth + 1)]);
      case 'JOIN':
        return planNode(joinName(ref), { 'Join Type': ref.join_type }, [
          this.#from(ref.left, depth + 1),
          this.#from(ref.right, depth + 1),
        ]);
      case 'TABLE_FUNCTION':
        return planNode('Function Scan', aliased(ref.alias), []);
      case 'EXPRESSION_LIST':
        return planNode('Values Scan', aliased(ref.alias), []);
      case 'PIVOT':
        return planNode('Pivot', {}, [this.#from(ref.source, depth + 1)]);
      case 'EMPTY':
        return planNode('Result', {}, []);
    }
  }

  #scan(ref: BaseTable): PlanNode {
    const use = this.#resolved.relations.find(({ node }) => node === ref);
    if (use === undefined)
      return planNode('CTE Scan', { 'CTE Name': displayName([ref.table_name]), ...aliased(ref.alias) }, []);
    if (use.kind === 'system') {
      const name = displayName([use.catalog?.name ?? systemCatalogName, ref.schema_name, use.relation.name]);
      return planNode('Function Scan', { 'Relation Name': name }, []);
    }
    const relation = use.kind === 'table' ? use.table : use.view;
    const facts = { 'Relation Name': displayName(this.#snapshot.nameOf(relation.id)), ...aliased(ref.alias) };
    return planNode(use.kind === 'table' ? 'Seq Scan' : 'View Scan', facts, []);
  }

  /** Queries in expressions, each as it stands. */
  #subplans(expressions: readonly Expression[], depth: number): readonly PlanNode[] {
    const found: PlanNode[] = [];
    for (const expression of expressions) {
      walk(expression, (node) => {
        if (!isQueryNode(node)) return true;
        found.push(planNode('SubPlan', {}, [this.query(node, depth + 1)]));
        return false;
      });
    }
    return found;
  }
}

function planNode(type: string, facts: PlanNode['facts'], children: readonly PlanNode[]): PlanNode {
  return { type, facts, children };
}

function aliased(alias: string): PlanNode['facts'] {
  return alias === '' ? {} : { Alias: displayName([alias]) };
}

function joinName({ ref_type: type, condition }: Join): string {
  if (type === 'ASOF') return 'Asof Join';
  return condition === null && type === 'CROSS' ? 'Nested Loop' : 'Join';
}

/** ORDER BY, DISTINCT and LIMIT, in the order in which they are done. */
function modified(base: PlanNode, { modifiers }: QueryNode): PlanNode {
  const has = (...types: readonly string[]): boolean => modifiers.some(({ type }) => types.includes(type));
  let at = base;
  if (has('DISTINCT_MODIFIER')) at = planNode('Unique', {}, [at]);
  if (has('ORDER_MODIFIER')) at = planNode('Sort', {}, [at]);
  return has('LIMIT_MODIFIER', 'LIMIT_PERCENT_MODIFIER') ? planNode('Limit', {}, [at]) : at;
}

function isAggregated(node: SelectNode): boolean {
  if (node.group_expressions.length + node.group_sets.length > 0 || node.having !== null) return true;
  return holds(
    node.select_list,
    (each) => each.class === 'FUNCTION' && aggregateClassOf(each.function_name) !== undefined,
  );
}

/** In the expressions themselves, not in queries in them. */
function holds(expressions: readonly Expression[], wanted: (expression: Expression) => boolean): boolean {
  let found = false;
  for (const expression of expressions) {
    walk(expression, (node) => {
      if (isExpression(node) && wanted(node)) found = true;
      return !found && !isQueryNode(node);
    });
  }
  return found;
}

function linesOf({ type, facts, children }: PlanNode, indent: number): readonly string[] {
  const name = facts['Relation Name'] ?? facts['CTE Name'] ?? facts['Name'] ?? facts['Command'];
  const join = facts['Join Type'];
  const alias = facts['Alias'] === undefined || facts['Alias'] === name ? '' : ` ${facts['Alias']}`;
  const on = name === undefined ? alias : ` on ${name}${alias}`;
  const kind = join === undefined || join === 'INNER' ? '' : ` (${join.toLowerCase()})`;
  const line = `${indent === 0 ? '' : `${' '.repeat(indent * 6 - 4)}->  `}${type}${kind}${on}`;
  return [line, ...children.flatMap((child) => linesOf(child, indent + 1))];
}

function jsonOf({ type, facts, children }: PlanNode): unknown {
  const plans = children.length === 0 ? {} : { Plans: children.map(jsonOf) };
  return { 'Node Type': type, ...facts, ...plans };
}
