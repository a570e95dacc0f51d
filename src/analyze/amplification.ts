// Functions whose cost is not bounded by their input: sizes must be constants under a limit, and lengths of texts are checked
// row by row (rewrite/guard-calls.ts) where they are not.
import { isLosslessNumber } from 'lossless-json';
import { SqlError } from '../base/sql-error.ts';
import type { Expression, FunctionCall, WindowCall } from '../sql/ast.ts';
import { positionOf } from '../sql/position.ts';
import { isBoundedFormat } from './functions/function-catalog.ts';
import type { AmplificationGuard } from './functions/function-class.ts';
import { functionLimits } from './functions/function-limits.ts';
import type { PatternGuard } from './pattern-calls.ts';

type Call = FunctionCall | WindowCall;

/** A guard to be evaluated with the call: these arguments' bytes, times these counts, stay within the limit. */
export interface LengthGuard {
  readonly kind: 'length';
  readonly lengths: readonly number[];
  readonly counts: readonly number[];
  readonly max: number;
  /** True: each alone; false: all multiplied. */
  readonly each: boolean;
}

/** The list at this argument has at most so many elements. */
export interface ElementsGuard {
  readonly kind: 'elements';
  readonly argument: number;
  readonly max: number;
}

export type DynamicGuard = LengthGuard | ElementsGuard | PatternGuard;

/** @throws SqlError limitExceeded or featureNotSupported when a size is too large or not a constant */
export function checkConstantGuards(node: Call, guards: readonly AmplificationGuard[]): void {
  for (const guard of guards) {
    switch (guard.kind) {
      case 'constantSize':
        for (const index of guard.arguments) checkSize(node, index, functionLimits[guard.limit]);
        break;
      case 'series':
        checkSeries(node, functionLimits[guard.limit]);
        break;
      case 'constantFormat':
        checkFormat(node, guard.argument);
        break;
      case 'inputLength':
      case 'outputLength':
        break;
    }
  }
}

function tooLarge(node: Call, max: number): SqlError {
  return new SqlError(
    'limitExceeded',
    `argument of ${node.function_name} is larger than ${String(max)}`,
    positionOf(node),
  );
}

function notConstant(node: Call): SqlError {
  return new SqlError('featureNotSupported', `${node.function_name} needs a constant here`, positionOf(node));
}

function checkSize(node: Call, index: number, max: number): void {
  const argument = node.children[index];
  if (argument === undefined) return;
  const size = integerOf(argument);
  if (size === undefined) throw notConstant(node);
  if (size > BigInt(max)) throw tooLarge(node, max);
}

/** (stop), (start, stop), (start, stop, step). */
function checkSeries(node: Call, max: number): void {
  const numbers = node.children.map(integerOf);
  const known = numbers.filter((each) => each !== undefined);
  if (known.length !== numbers.length) throw notConstant(node);
  const [first = 0n, second, step = 1n] = known;
  const span = second === undefined ? first : second - first;
  const size = step === 0n ? 0n : span / step;
  if (size > BigInt(max)) throw tooLarge(node, max);
}

function checkFormat(node: Call, index: number): void {
  const argument = node.children[index];
  const text = argument?.class === 'CONSTANT' ? argument.value.value : undefined;
  if (typeof text !== 'string') throw notConstant(node);
  if (!isBoundedFormat(text)) {
    throw new SqlError(
      'featureNotSupported',
      `this format of ${node.function_name} is not supported`,
      positionOf(node),
    );
  }
}

/** An integer literal, also with a sign or a cast around it. */
function integerOf(node: Expression): bigint | undefined {
  if (node.class === 'CAST') return integerOf(node.child);
  if (
    node.class === 'FUNCTION' &&
    node.function_name === '-' &&
    node.children.length === 1 &&
    node.children[0] !== undefined
  ) {
    const inner = integerOf(node.children[0]);
    return inner === undefined ? undefined : -inner;
  }
  if (node.class !== 'CONSTANT') return undefined;
  if (node.value.is_null) return 0n;
  const { value } = node.value;
  return isLosslessNumber(value) && /^-?\d+$/.test(value.value) && node.value.type.id !== 'DECIMAL'
    ? BigInt(value.value)
    : undefined;
}

/** What is left to check with the values: guards on lengths, unless every argument they name is a short constant. */
export function dynamicGuards(node: FunctionCall, guards: readonly AmplificationGuard[]): readonly DynamicGuard[] {
  return guards.flatMap((guard): readonly DynamicGuard[] => {
    const present = (index: number): boolean => index < node.children.length;
    if (guard.kind === 'inputLength') {
      const lengths = guard.arguments === 'all' ? [...node.children.keys()] : guard.arguments.filter(present);
      return [{ kind: 'length', lengths, counts: [], max: functionLimits[guard.limit], each: true }];
    }
    if (guard.kind !== 'outputLength') return [];
    const lengths = guard.lengths.filter(present);
    const counts = guard.counts.filter(present);
    return [{ kind: 'length', lengths, counts, max: functionLimits[guard.limit], each: false }];
  });
}
