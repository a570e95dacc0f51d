// The masks of schema system.masks: functions that every catalog has. They are part of the program, not of the change log: they
// have the same ids for ever, belong to nobody, and nothing can change, grant or drop them. Everybody may execute them.
//
// Where one needs a secret, its last parameter is the key of the catalog whose table it masks. A guard fills it in from the
// catalog's own file (rewrite/mask-key.ts): the key stands in no statement, plan, error or event. Who calls such a function in a
// query gives a key of his own.
import { fold } from '../base/identifier.ts';
import { type Catalog, metastoreId, type ObjectId, type Schema, type SqlFunction } from './securable.ts';

const catalogName = 'system';
const schemaName = 'masks';
const schemaId = `${catalogName}.${schemaName}`;

/** No principal: nobody owns them. */
const nobody = metastoreId;

const shared = { owner: nobody, createdAt: 0, createdBy: nobody } as const;
const catalog: Catalog = { kind: 'catalog', id: catalogName, name: catalogName, comment: undefined, ...shared };
const schema: Schema = {
  kind: 'schema',
  id: schemaId,
  catalogId: catalogName,
  name: schemaName,
  comment: 'Masks that are ready to use',
  ...shared,
};

interface Mask {
  readonly name: string;
  readonly type: string;
  /** Between the value and the key. */
  readonly parameters?: readonly (readonly [name: string, type: string])[];
  readonly body: string;
  readonly keyed?: true;
  readonly comment: string;
}

// Values of fewer characters than twice what is shown are hidden whole.
const masks: readonly Mask[] = [
  { name: 'redact', type: 'VARCHAR', body: "'***'", comment: 'Three stars for every value, NULL too' },
  {
    name: 'hash',
    type: 'VARCHAR',
    body: 'sha256(key || sha256(key || value))',
    keyed: true,
    comment: 'A keyed SHA-256: equal values of one catalog stay equal',
  },
  {
    name: 'last4',
    type: 'VARCHAR',
    body: "CASE WHEN length(value) >= 8 THEN concat('****', right(value, 4)) WHEN value IS NOT NULL THEN '****' END",
    comment: 'The last four characters of eight or more',
  },
  {
    name: 'first4',
    type: 'VARCHAR',
    body: "CASE WHEN length(value) >= 8 THEN concat(left(value, 4), '****') WHEN value IS NOT NULL THEN '****' END",
    comment: 'The first four characters of eight or more',
  },
  {
    name: 'partial',
    type: 'VARCHAR',
    parameters: [
      ['first', 'INTEGER'],
      ['last', 'INTEGER'],
    ],
    body: `CASE WHEN first >= 0 AND last >= 0 AND length(value) >= 2 * (first::BIGINT + last::BIGINT) AND length(value) > 0
      THEN concat(left(value, first), '***', right(value, last)) WHEN value IS NOT NULL THEN '***' END`,
    comment: 'So many characters at the start and at the end of a value at least twice as long',
  },
  {
    name: 'email',
    type: 'VARCHAR',
    body: `CASE WHEN strpos(value, '@') > 2 THEN concat(left(value, 1), '***', substring(value, strpos(value, '@')))
      WHEN strpos(value, '@') > 0 THEN concat('***', substring(value, strpos(value, '@')))
      WHEN value IS NOT NULL THEN '***' END`,
    comment: 'The first character and the domain of an address',
  },
  {
    name: 'digits',
    type: 'VARCHAR',
    // 64 digits of the key's making, one for each place; digits behind them become 0, and what is no digit stays. The key may not
    // stand in the lambda: it is a subquery.
    body: `CASE WHEN value IS NOT NULL THEN array_to_string(list_transform(list_zip(string_split(value, ''),
      string_split(translate(sha256(key || sha256(key || ':' || value)), 'abcdef', '246813'), '')), lambda pair:
      CASE WHEN pair[1] IS NULL THEN '' WHEN pair[1] >= '0' AND pair[1] <= '9' THEN coalesce(pair[2], '0') ELSE pair[1] END), '') END`,
    keyed: true,
    comment: 'Other digits in the same layout; equal values of one catalog stay equal',
  },
  { name: 'year_only', type: 'DATE', body: "date_trunc('year', value)", comment: 'The first day of the year' },
  ...['TIMESTAMP', 'TIMESTAMP WITH TIME ZONE'].map(
    (type): Mask => ({
      name: variantName('year_only', type),
      type,
      body: "date_trunc('year', value)",
      comment: 'The first moment of the year',
    }),
  ),
  ...['VARCHAR', 'BOOLEAN', 'SMALLINT', 'INTEGER', 'BIGINT', 'FLOAT', 'DOUBLE', 'DATE', 'TIME', 'TIMESTAMP']
    .concat('TIMESTAMP WITH TIME ZONE', 'UUID', 'BLOB')
    .map(
      (type): Mask => ({
        name: type === 'VARCHAR' ? 'nullify' : variantName('nullify', type),
        type,
        body: 'NULL',
        comment: 'NULL for every value',
      }),
    ),
];

function variantName(name: string, type: string): string {
  return `${name}_${fold(type).replace('timestamp with time zone', 'timestamptz')}`;
}

const suffix = '_unless_member';

function functionsOf(mask: Mask): readonly SqlFunction[] {
  const parameters = [['value', mask.type] as const, ...(mask.parameters ?? [])];
  const key = mask.keyed === true ? [['key', 'VARCHAR'] as const] : [];
  const exempting = `CASE WHEN is_account_group_member(exempt) THEN value ELSE ${mask.body} END`;
  return [
    functionOf(mask, { name: mask.name, parameters: [...parameters, ...key], body: mask.body }),
    functionOf(mask, {
      name: exemptingName(mask.name),
      parameters: [...parameters, ['exempt', 'VARCHAR'], ...key],
      body: exempting,
    }),
  ];
}

/** `nullify_bigint` -> `nullify_unless_member_bigint`: the variant's type stays last. */
function exemptingName(name: string): string {
  const [, base = name, type = ''] = /^(nullify|year_only)(_.+)$/.exec(name) ?? [];
  return `${base}${suffix}${type}`;
}

function functionOf(
  mask: Mask,
  {
    name,
    parameters,
    body,
  }: {
    readonly name: string;
    readonly parameters: readonly (readonly [name: string, type: string])[];
    readonly body: string;
  },
): SqlFunction {
  return {
    kind: 'function',
    id: `${schemaId}.${name}`,
    schemaId,
    name,
    comment: mask.comment,
    ...shared,
    parameters: parameters.map(([parameter, type]) => ({ name: parameter, type, default: undefined })),
    returns: mask.type,
    body,
    context: { catalog: catalogName, schema: undefined },
    dependencies: [],
  };
}

const functions: ReadonlyMap<ObjectId, SqlFunction> = new Map(
  masks.flatMap(functionsOf).map((each) => [each.id, each] as const),
);
const keyed: ReadonlySet<ObjectId> = new Set(
  masks.filter((mask) => mask.keyed === true).flatMap((mask) => functionsOf(mask).map((each) => each.id)),
);

/** In the order they are listed in. */
export const builtInFunctions: readonly SqlFunction[] = [...functions.values()];

export function builtInObject(id: ObjectId): Catalog | Schema | SqlFunction | undefined {
  if (id === catalogName) return catalog;
  return id === schemaId ? schema : functions.get(id);
}

/** The function that `system.masks.name` means; undefined for any other path. */
export function builtInFunction(parts: readonly string[]): SqlFunction | undefined {
  const [inCatalog = '', inSchema = '', name = ''] = parts.map(fold);
  return isBuiltInSchema([inCatalog, inSchema]) ? functions.get(`${schemaId}.${name}`) : undefined;
}

export function isBuiltInSchema(parts: readonly string[]): boolean {
  return parts.length === 2 && fold(parts.join('.')) === schemaId;
}

export function isBuiltIn(id: ObjectId): boolean {
  return builtInObject(id) !== undefined;
}

/** The form of the same mask for columns of this type, where it has one. */
export function variantFor(fn: SqlFunction, type: string): SqlFunction {
  return (isBuiltIn(fn.id) ? functions.get(`${schemaId}.${variantName(fn.name, type)}`) : undefined) ?? fn;
}

/** How many of its last parameters the guard fills in with the catalog's key. */
export function keyArguments(functionId: ObjectId): 0 | 1 {
  return keyed.has(functionId) ? 1 : 0;
}
