// Settings a session may SET and SHOW: a closed list, each with what it accepts. Nothing is passed on to DuckDB.
import { fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { versionNumber } from './version.ts';

interface Setting {
  /** As SHOW and ParameterStatus spell it. */
  readonly name: string;
  readonly default: string;
  /** The stored form of a value; throws invalidParameterValue. Absent: read-only. */
  readonly accept?: (value: string) => string;
  /** Told to the client by ParameterStatus at start and after SET. */
  readonly reported?: boolean;
}

function refuse(name: string, value: string, hint?: string): never {
  const message = `invalid value for parameter "${name}": "${value}"`;
  throw new SqlError('invalidParameterValue', message, hint === undefined ? {} : { hint });
}

function oneOf(name: string, values: readonly string[]): (value: string) => string {
  return (value) => {
    const found = values.find((each) => fold(each) === fold(value));
    return found ?? refuse(name, value, `Available values: ${values.join(', ')}.`);
  };
}

const truths: Readonly<Record<string, string>> = {
  on: 'on',
  true: 'on',
  yes: 'on',
  1: 'on',
  off: 'off',
  false: 'off',
  no: 'off',
  0: 'off',
};

function flag(name: string): (value: string) => string {
  return (value) => truths[fold(value)] ?? refuse(name, value, 'Use on or off.');
}

function integer(name: string, min: number, max: number): (value: string) => string {
  return (value) => {
    const number = Number(value);
    const inside = /^-?\d+$/.test(value) && number >= min && number <= max;
    return inside ? String(number) : refuse(name, value, `Use an integer from ${String(min)} to ${String(max)}.`);
  };
}

const millisecondsPer: Readonly<Record<string, number>> = {
  '': 1,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Longest time a setting may hold: what a timer can wait. */
const durationMsMax = 2_147_483_647;

function duration(name: string): (value: string) => string {
  return (value) => {
    const [, digits = '', unit = ''] = /^(\d{1,12})\s*(ms|s|min|h|d|)$/.exec(value.trim()) ?? [];
    const ms = Number(digits) * (millisecondsPer[unit] ?? Number.NaN);
    return digits !== '' && ms <= durationMsMax
      ? String(ms)
      : refuse(name, value, 'Use milliseconds, or ms, s, min, h, d.');
  };
}

function timeZone(value: string): string {
  const zone = fold(value) === 'default' || fold(value) === 'local' ? 'UTC' : value;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone === '' ? 'UTC' : zone;
  } catch (error) {
    throw new SqlError('invalidParameterValue', `invalid value for parameter "TimeZone": "${value}"`, { cause: error });
  }
}

function text(value: string): string {
  return value;
}

const intervalStyles = ['postgres', 'postgres_verbose', 'sql_standard', 'iso_8601'];
const isolations = ['serializable', 'repeatable read', 'read committed', 'read uncommitted'];

const list: readonly Setting[] = [
  { name: 'application_name', default: '', accept: text, reported: true },
  { name: 'bytea_output', default: 'hex', accept: oneOf('bytea_output', ['hex', 'escape']) },
  { name: 'client_encoding', default: 'UTF8', accept: (value) => encoding(value), reported: true },
  {
    name: 'client_min_messages',
    default: 'notice',
    accept: oneOf('client_min_messages', [
      'debug5',
      'debug4',
      'debug3',
      'debug2',
      'debug1',
      'log',
      'notice',
      'warning',
      'error',
    ]),
  },
  { name: 'DateStyle', default: 'ISO, MDY', accept: (value) => dateStyle(value), reported: true },
  {
    name: 'default_transaction_isolation',
    default: 'repeatable read',
    accept: oneOf('default_transaction_isolation', isolations),
  },
  {
    name: 'default_transaction_read_only',
    default: 'off',
    accept: flag('default_transaction_read_only'),
    reported: true,
  },
  { name: 'extra_float_digits', default: '1', accept: integer('extra_float_digits', -15, 3) },
  {
    name: 'idle_in_transaction_session_timeout',
    default: '0',
    accept: duration('idle_in_transaction_session_timeout'),
  },
  { name: 'idle_session_timeout', default: '0', accept: duration('idle_session_timeout') },
  { name: 'in_hot_standby', default: 'off', reported: true },
  { name: 'integer_datetimes', default: 'on', reported: true },
  { name: 'IntervalStyle', default: 'postgres', accept: oneOf('IntervalStyle', intervalStyles), reported: true },
  { name: 'is_superuser', default: 'off', reported: true },
  { name: 'lock_timeout', default: '0', accept: duration('lock_timeout') },
  { name: 'max_identifier_length', default: '63' },
  { name: 'password_encryption', default: 'scram-sha-256', accept: oneOf('password_encryption', ['scram-sha-256']) },
  {
    name: 'portcullis.column_names',
    default: 'postgres',
    accept: oneOf('portcullis.column_names', ['postgres', 'duckdb']),
  },
  { name: 'scram_iterations', default: '4096', reported: true },
  { name: 'search_path', default: '', accept: text, reported: true },
  { name: 'server_encoding', default: 'UTF8', reported: true },
  { name: 'server_version', default: versionNumber, reported: true },
  { name: 'server_version_num', default: '180000' },
  { name: 'session_authorization', default: '', reported: true },
  {
    name: 'standard_conforming_strings',
    default: 'on',
    accept: oneOf('standard_conforming_strings', ['on']),
    reported: true,
  },
  { name: 'statement_timeout', default: '0', accept: duration('statement_timeout') },
  { name: 'TimeZone', default: 'UTC', accept: timeZone, reported: true },
  // What dumps and loaders set; nothing here scans in step with others.
  { name: 'synchronize_seqscans', default: 'on', accept: flag('synchronize_seqscans') },
  { name: 'transaction_isolation', default: 'repeatable read' },
  { name: 'transaction_read_only', default: 'off' },
];

function encoding(value: string): string {
  const plain = fold(value).replaceAll(/[^a-z0-9]/g, '');
  return plain === 'utf8' || plain === 'unicode' ? 'UTF8' : refuse('client_encoding', value, 'Only UTF8 is supported.');
}

const dateStyles: Readonly<Record<string, string>> = {
  iso: 'ISO',
  sql: 'SQL',
  postgres: 'Postgres',
  postgresql: 'Postgres',
  german: 'German',
};

const dayOrders: Readonly<Record<string, string>> = {
  mdy: 'MDY',
  us: 'MDY',
  noneuro: 'MDY',
  noneuropean: 'MDY',
  dmy: 'DMY',
  euro: 'DMY',
  european: 'DMY',
  ymd: 'YMD',
};

/** An output style, an order of day and month, or both; what is not named keeps its default (German: day first). */
function dateStyle(value: string): string {
  let style: string | undefined;
  let order: string | undefined;
  for (const word of fold(value).split(/[\s,]+/)) {
    const isNew = word in dateStyles ? style === undefined : word in dayOrders && order === undefined;
    if (!isNew) refuse('DateStyle', value, 'Use ISO, SQL, Postgres or German, and MDY, DMY or YMD.');
    style ??= dateStyles[word];
    order ??= dayOrders[word];
  }
  return `${style ?? 'ISO'}, ${order ?? (style === 'German' ? 'DMY' : 'MDY')}`;
}

const settings: ReadonlyMap<string, Setting> = new Map(list.map((setting) => [fold(setting.name), setting]));

function settingOf(name: string): Setting {
  const setting = settings.get(fold(name));
  if (setting === undefined) {
    throw new SqlError('undefinedObject', `unrecognized configuration parameter "${name}"`, {
      hint: 'SHOW ALL lists the settings that there are.',
    });
  }
  return setting;
}

/** The settings of one session. */
export class Settings {
  readonly #values: Map<string, string> = new Map();
  readonly #startValues: Map<string, string> = new Map();
  #changed: Map<string, string> = new Map();

  constructor() {
    for (const { name, default: value, reported } of list) if (reported === true) this.#changed.set(name, value);
  }

  /** @throws SqlError undefinedObject for an unknown setting */
  get(name: string): string {
    const setting = settingOf(name);
    return this.#values.get(setting.name) ?? this.#startValues.get(setting.name) ?? setting.default;
  }

  /** @throws SqlError undefinedObject, invalidParameterValue; objectNotInPrerequisiteState for read-only ones */
  set(name: string, value: string): void {
    const setting = settingOf(name);
    if (setting.accept === undefined) {
      throw new SqlError('objectNotInPrerequisiteState', `parameter "${setting.name}" cannot be changed`);
    }
    this.put(setting.name, setting.accept(value));
  }

  /** The session's own word (user names, search path as resolved), not checked again. */
  put(name: string, value: string): void {
    const setting = settingOf(name);
    this.#values.set(setting.name, value);
    if (setting.reported === true) this.#changed.set(setting.name, value);
  }

  /** A startup parameter: what RESET goes back to. Unknown ones are ignored, as drivers send many. */
  start(name: string, value: string): void {
    const setting = settings.get(fold(name));
    if (setting?.accept === undefined) return;
    this.#startValues.set(setting.name, setting.accept(value));
    if (setting.reported === true) this.#changed.set(setting.name, this.get(setting.name));
  }

  reset(name: string): void {
    const setting = settingOf(name);
    this.#values.delete(setting.name);
    if (setting.reported === true) this.#changed.set(setting.name, this.get(setting.name));
  }

  resetAll(): void {
    for (const { name, accept } of list) if (accept !== undefined) this.reset(name);
  }

  /** Every setting with its value, for SHOW ALL. */
  all(): readonly (readonly [name: string, value: string])[] {
    return list.map(({ name }) => [name, this.get(name)]);
  }

  /** ParameterStatus messages due since the last call. */
  takeChanges(): readonly (readonly [string, string])[] {
    const changes = [...this.#changed];
    this.#changed = new Map();
    return changes;
  }

  /** A point to go back to when a transaction rolls back. */
  save(): ReadonlyMap<string, string> {
    return new Map(this.#values);
  }

  restore(saved: ReadonlyMap<string, string>): void {
    for (const name of this.#values.keys()) if (!saved.has(name)) this.reset(name);
    for (const [name, value] of saved) if (this.#values.get(name) !== value) this.put(name, value);
  }
}
