// Functions allowed on a condition: amplifying ones, lambdas, aggregates by name, the clock, chance, the session.
// The measurements behind the guards are in docs/functions.md; `node scripts/functions.mjs --probe` repeats them.
import type { AmplificationGuard, FunctionClass, ReviewedFunctions } from './function-class.ts';

function amplifying(...guards: readonly AmplificationGuard[]): FunctionClass {
  return { kind: 'amplifying', guards };
}

const globalMatch = amplifying({ kind: 'inputLength', arguments: [0], limit: 'globalMatchBytesMax' });
const format = amplifying({ kind: 'constantFormat', argument: 0 });

const amplifyingFunctions: readonly ReviewedFunctions[] = [
  { names: 'range generate_series', class: amplifying({ kind: 'series', limit: 'listElementsMax' }) },
  {
    names: 'list_resize array_resize',
    class: amplifying({ kind: 'constantSize', arguments: [1], limit: 'listElementsMax' }),
  },
  {
    // On lists, repeat fails to bind under its guard (strlen): wanted, their elements are not counted.
    names: 'repeat',
    class: amplifying({ kind: 'outputLength', lengths: [0], counts: [1], limit: 'outputBytesMax' }),
  },
  {
    names: 'replace',
    class: amplifying({ kind: 'outputLength', lengths: [0, 2], counts: [], limit: 'outputBytesMax' }),
  },
  { names: 'lpad rpad', class: amplifying({ kind: 'constantSize', arguments: [1], limit: 'padLengthMax' }) },
  { names: 'bitstring', class: amplifying({ kind: 'constantSize', arguments: [1], limit: 'padLengthMax' }) },
  { names: 'equi_width_bins', class: amplifying({ kind: 'constantSize', arguments: [2], limit: 'binsMax' }) },
  { names: 'printf format', class: format },
  {
    names: 'levenshtein editdist3 jaro_similarity jaro_winkler_similarity',
    class: amplifying({ kind: 'inputLength', arguments: [0, 1], limit: 'distanceBytesMax' }),
  },
  {
    names: 'damerau_levenshtein',
    class: amplifying({ kind: 'inputLength', arguments: [0, 1], limit: 'matrixDistanceBytesMax' }),
  },
  {
    names: 'regexp_replace',
    class: amplifying(
      { kind: 'inputLength', arguments: [0], limit: 'globalMatchBytesMax' },
      { kind: 'outputLength', lengths: [0, 2], counts: [], limit: 'outputBytesMax' },
    ),
  },
  { names: 'regexp_extract_all regexp_split_to_array str_split_regex string_split_regex', class: globalMatch },
  {
    names: 'split str_split string_split string_to_array split_part',
    class: amplifying({ kind: 'inputLength', arguments: [0], limit: 'splitBytesMax' }),
  },
  {
    names: 'nfc_normalize',
    class: amplifying({ kind: 'inputLength', arguments: [0], limit: 'normalizeBytesMax' }),
  },
  {
    names: 'bin to_binary',
    class: amplifying({ kind: 'inputLength', arguments: [0], limit: 'binaryBytesMax' }),
  },
  {
    names: 'hex to_hex base64 to_base64 url_encode',
    class: amplifying({ kind: 'inputLength', arguments: [0], limit: 'encodedBytesMax' }),
  },
  {
    names: 'json_structure',
    class: amplifying({ kind: 'inputLength', arguments: [0], limit: 'structureJsonBytesMax' }),
  },
  {
    names: 'json_contains json_merge_patch',
    class: amplifying({ kind: 'inputLength', arguments: 'all', limit: 'deepJsonBytesMax' }),
  },
  { names: 'json_pretty', class: amplifying({ kind: 'inputLength', arguments: [0], limit: 'prettyJsonBytesMax' }) },
];

function pattern(
  language: 'like' | 'glob',
  facts: { caseless?: true; negated?: true; searched?: true },
): FunctionClass {
  return { kind: 'pattern', language, caseless: false, negated: false, searched: false, ...facts };
}

const patternFunctions: readonly ReviewedFunctions[] = [
  { names: '~~', class: pattern('like', { searched: true }) },
  { names: '!~~', class: pattern('like', { negated: true, searched: true }) },
  { names: 'like_escape', class: pattern('like', {}) },
  { names: 'not_like_escape', class: pattern('like', { negated: true }) },
  { names: '~~* ilike_escape', class: pattern('like', { caseless: true }) },
  { names: '!~~* not_ilike_escape', class: pattern('like', { caseless: true, negated: true }) },
  { names: '~~~', class: pattern('glob', {}) },
];

const lambdaFunctions: readonly ReviewedFunctions[] = [
  {
    names: `list_transform list_apply array_transform array_apply apply list_filter array_filter filter`,
    class: { kind: 'lambda', accumulates: false },
  },
  { names: 'list_reduce array_reduce reduce', class: { kind: 'lambda', accumulates: true } },
];

const sessionFunctions: readonly ReviewedFunctions[] = [
  {
    names: `now today ago age get_current_time get_current_timestamp current_date current_localtime
      current_localtimestamp transaction_timestamp`,
    class: { kind: 'stable' },
  },
  { names: 'random uuid uuidv4 uuidv7 gen_random_uuid', class: { kind: 'volatile' } },
  {
    names: `current_user session_user user current_role current_catalog current_database current_schema current_schemas
      version is_account_group_member is_member current_user_attribute`,
    class: { kind: 'identity' },
  },
];

export const guardedFunctions: readonly ReviewedFunctions[] = [
  ...amplifyingFunctions,
  ...patternFunctions,
  ...lambdaFunctions,
  ...sessionFunctions,
  {
    names: 'list_aggregate list_aggr array_aggregate array_aggr aggregate',
    class: { kind: 'aggregateByName' },
  },
  { names: 'unnest generate_subscripts', class: { kind: 'unnesting' } },
];

/** What the body of a lambda that accumulates may call. Each result is at most the accumulator and a constant more, as
 * long as the body mentions the accumulator once: `(a, b) -> a || a` would double forty times. */
export const accumulatingNames = `
  + - * / // % ** ^ & | ~ << >> @ add subtract multiply divide mod pow power xor abs ceil ceiling exp floor ln log round
  sign sqrt trunc greatest least nullif || concat list_concat list_cat array_concat array_cat list_append array_append
  array_push_back list_prepend array_prepend array_push_front struct_extract array_extract list_extract list_element
  length len strlen starts_with ends_with contains prefix suffix isnan isinf isfinite`;
