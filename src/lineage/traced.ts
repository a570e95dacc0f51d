// Where a value comes from, as a lattice: several ways to the same column are told by the one that shows most of it.
import type { ObjectId } from '../catalog/securable.ts';

/** direct: the stored value itself; derived: computed from it; aggregated: counted, summed or averaged over many. */
export type Flow = 'direct' | 'derived' | 'aggregated';

/** A column of a table or view that a value is made of. */
export interface Origin {
  readonly object: ObjectId;
  /** A table's column id; a view's column name, folded. */
  readonly column: string;
  readonly flow: Flow;
  /** The function that masks it on the way; undefined: the raw value. */
  readonly mask: ObjectId | undefined;
  /** Reached through a view that is an origin too. */
  readonly throughView: boolean;
  /** One of several columns that could not be told apart. */
  readonly coarse: boolean;
}

/** What a column decides without being part of the value. */
export type InfluenceKind = 'filter' | 'join' | 'group' | 'order' | 'window' | 'rowFilter';

export interface Influence {
  readonly object: ObjectId;
  readonly column: string;
  readonly kind: InfluenceKind;
  readonly coarse: boolean;
}

export interface Traced {
  readonly origins: ReadonlyMap<string, Origin>;
  readonly influences: ReadonlyMap<string, Influence>;
}

/** A constant. */
export const untraced: Traced = { origins: new Map(), influences: new Map() };

const flowRank: Readonly<Record<Flow, number>> = { direct: 0, derived: 1, aggregated: 2 };

export function tracedColumn(origin: Omit<Origin, 'coarse' | 'throughView'>): Traced {
  const whole: Origin = { ...origin, throughView: false, coarse: false };
  return { origins: new Map([[originKey(whole), whole]]), influences: new Map() };
}

/** A value that is one of these, or made of them. */
export function merged(values: readonly Traced[]): Traced {
  const parts = values.filter((value) => value.origins.size + value.influences.size > 0);
  const [only] = parts;
  if (only === undefined) return untraced;
  if (parts.length === 1) return only;
  const origins = new Map<string, Origin>();
  const influences = new Map<string, Influence>();
  for (const part of parts) {
    for (const [key, origin] of part.origins) {
      const known = origins.get(key);
      origins.set(key, known === undefined ? origin : moreTelling(known, origin));
    }
    addInfluences(influences, part.influences);
  }
  return { origins, influences };
}

/** Of two ways from one column: raw rather than masked, whole rather than computed, certain rather than coarse. */
function moreTelling(a: Origin, b: Origin): Origin {
  return {
    ...a,
    flow: flowRank[a.flow] <= flowRank[b.flow] ? a.flow : b.flow,
    mask: a.mask === undefined || b.mask === undefined ? undefined : a.mask,
    throughView: a.throughView && b.throughView,
    coarse: a.coarse && b.coarse,
  };
}

/** The same after a computation. */
export function flowing(value: Traced, flow: Flow): Traced {
  return mapOrigins(value, (origin) => (flowRank[origin.flow] >= flowRank[flow] ? origin : { ...origin, flow }));
}

/** Behind a view's column. */
export function throughView(value: Traced): Traced {
  return mapOrigins(value, (origin) => ({ ...origin, throughView: true }));
}

/** Behind a mask. */
export function masked(value: Traced, mask: ObjectId): Traced {
  return mapOrigins(value, (origin) => ({ ...origin, flow: maxFlow(origin.flow), mask }));
}

function maxFlow(flow: Flow): Flow {
  return flow === 'direct' ? 'derived' : flow;
}

/** Any of these, nobody can tell which. */
export function coarse(value: Traced): Traced {
  const influences = new Map<string, Influence>();
  for (const [key, influence] of value.influences) influences.set(key, { ...influence, coarse: true });
  return { origins: mapOrigins(value, (origin) => ({ ...origin, coarse: true })).origins, influences };
}

function mapOrigins(value: Traced, map: (origin: Origin) => Origin): Traced {
  const origins = new Map<string, Origin>();
  for (const [key, origin] of value.origins) origins.set(key, map(origin));
  return { origins, influences: value.influences };
}

/** What decides about rows or values by `value`, as influences: all that it is made of, and what decides about it. */
export function influencing(value: Traced, kind: InfluenceKind): Traced {
  if (value.origins.size === 0) return { origins: untraced.origins, influences: value.influences };
  const influences = new Map(value.influences);
  const own = new Map<string, Influence>();
  for (const { object, column, coarse: isCoarse } of value.origins.values()) {
    const influence: Influence = { object, column, kind, coarse: isCoarse };
    own.set(influenceKey(influence), influence);
  }
  addInfluences(influences, own);
  return { origins: untraced.origins, influences };
}

function addInfluences(into: Map<string, Influence>, added: ReadonlyMap<string, Influence>): void {
  for (const [key, influence] of added) {
    const known = into.get(key);
    into.set(key, known === undefined || !influence.coarse ? influence : known);
  }
}

function originKey({ object, column }: Pick<Origin, 'object' | 'column'>): string {
  return `${object}.${column}`;
}

function influenceKey({ object, column, kind }: Influence): string {
  return `${object}.${column}:${kind}`;
}

/** Does the second say nothing that the first does not? */
export function sameTraced(a: Traced, b: Traced): boolean {
  if (a === b) return true;
  if (a.origins.size !== b.origins.size || a.influences.size !== b.influences.size) return false;
  for (const [key, origin] of a.origins) {
    const other = b.origins.get(key);
    if (other === undefined || other.flow !== origin.flow || other.mask !== origin.mask) return false;
    if (other.coarse !== origin.coarse || other.throughView !== origin.throughView) return false;
  }
  for (const [key, influence] of a.influences) if (b.influences.get(key)?.coarse !== influence.coarse) return false;
  return true;
}
