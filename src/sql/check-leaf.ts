// What the tree checker needs for the leaves: names, flags, numbers, literals, types. Like check-ast.ts it trusts nothing.
import { isLosslessNumber } from 'lossless-json';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import { typeIds, typeNames } from './logical-types.ts';
import { keywords } from './node-specs.ts';

export type Json = Readonly<Record<string, unknown>>;
export type Check = (value: unknown, depth: number) => void;

export function refuse(what: string): never {
  throw new SqlError('featureNotSupported', `${what} is not supported`);
}

export function objectOf(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(what);
  return value as Json;
}

export function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) refuse(what);
  return value;
}

/** Exactly these keys: `optional` ones may be missing, others must be there, none besides. */
export function checkKeys(json: Json, required: readonly string[], optional: readonly string[] = []): void {
  for (const key of required) if (!Object.hasOwn(json, key)) refuse(`a syntax tree without ${key}`);
  for (const key of Object.keys(json)) {
    if (!required.includes(key) && !optional.includes(key)) refuse(`syntax with ${key}`);
  }
}

/** Some names are printed bare by DuckDB (measured): a quoted identifier there would become SQL. */
const WORD = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+)?$/;

export function checkText(value: unknown): void {
  if (typeof value !== 'string') refuse('a name that is not text');
  // A NUL ends strings inside the engine: what is checked would not be what is read.
  if (value.includes('\0')) refuse('a NUL character');
}

export function checkWord(value: unknown): void {
  checkText(value);
  if (!WORD.test(value as string)) {
    throw new SqlError('featureNotSupported', 'quoted names with special characters are not supported here', {
      hint: 'Give the relation or parameter an alias of letters, digits and underscores.',
    });
  }
}

export function checkFlag(value: unknown): void {
  if (typeof value !== 'boolean') refuse('a flag that is not boolean');
}

export function checkNumber(value: unknown): void {
  if (!isLosslessNumber(value)) refuse('a number');
}

export function checkKeyword(value: unknown): void {
  if (typeof value !== 'string' || !keywords.has(value)) refuse(`syntax of kind ${printable(value)}`);
}

export function printable(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase().replaceAll('_', ' ') : 'unknown';
}

export function each(check: Check): Check {
  return (value, depth) => {
    for (const item of listOf(value, 'a list')) check(item, depth);
  };
}

export function orNull(check: Check): Check {
  return (value, depth) => {
    if (value !== null) check(value, depth);
  };
}

export function deeper(depth: number): number {
  if (depth >= limits.treeDepthMax) {
    throw new SqlError('statementTooComplex', 'statement is nested too deeply', {
      hint: `At most ${String(limits.treeDepthMax)} levels are accepted.`,
    });
  }
  return depth + 1;
}

export function checkConstant(value: unknown, depth: number): void {
  const json = objectOf(value, 'a literal');
  checkKeys(json, ['type', 'is_null'], ['value']);
  checkLogicalType(json['type'], depth);
  checkFlag(json['is_null']);
  const content = json['value'];
  if (content === undefined || typeof content === 'boolean' || isLosslessNumber(content)) return;
  if (typeof content === 'string') {
    checkText(content);
    return;
  }
  const huge = objectOf(content, 'a literal');
  // An open bound of a slice is an empty list; anywhere else the printed text would not give it back.
  if (Array.isArray(huge['children']) && huge['children'].length === 0 && Object.keys(huge).length === 1) return;
  // HUGEINT halves; nested literals (list, struct) come as functions, not as constants.
  checkKeys(huge, ['upper', 'lower']);
  checkNumber(huge['upper']);
  checkNumber(huge['lower']);
}

const typeInfoKeys: Readonly<Record<string, readonly string[]>> = {
  DECIMAL_TYPE_INFO: ['width', 'scale'],
  LIST_TYPE_INFO: ['child_type'],
  ARRAY_TYPE_INFO: ['child_type', 'size'],
  STRUCT_TYPE_INFO: ['child_types'],
  UNBOUND_TYPE_INFO: ['name', 'catalog', 'schema', 'user_type_modifiers'],
};

export function checkLogicalType(value: unknown, depth: number): void {
  const json = objectOf(value, 'a type');
  checkKeys(json, ['id', 'type_info']);
  if (!typeIds.has(String(json['id']))) refuse(`type ${printable(json['id'])}`);
  if (json['type_info'] === null) return;
  const info = objectOf(json['type_info'], 'a type');
  const keys = typeInfoKeys[String(info['type'])];
  if (keys === undefined) refuse('this type');
  checkKeys(info, ['type', 'alias', 'extension_info', ...keys]);
  if (info['alias'] !== '' || info['extension_info'] !== null) refuse('a named type');
  for (const key of keys) checkTypeInfoField(info[key], key, deeper(depth));
}

function checkTypeInfoField(value: unknown, key: string, depth: number): void {
  switch (key) {
    case 'width':
    case 'scale':
    case 'size':
      checkNumber(value);
      return;
    case 'child_type':
      checkLogicalType(value, depth);
      return;
    case 'child_types':
      for (const item of listOf(value, 'a type')) {
        const field = objectOf(item, 'a type');
        checkKeys(field, ['first', 'second']);
        checkText(field['first']);
        checkLogicalType(field['second'], depth);
      }
      return;
    case 'name':
      if (!typeNames.has(String(value).toLowerCase())) {
        throw new SqlError('undefinedObject', `type ${String(value)} does not exist`);
      }
      return;
    case 'user_type_modifiers':
      each(checkConstant)(value, depth);
      return;
    default:
      if (value !== '') refuse('a qualified type name');
  }
}
