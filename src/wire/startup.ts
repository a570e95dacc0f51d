// The packets before authentication: TLS and GSS requests, cancel requests, the startup message.
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { CancelKey } from './cancel-registry.ts';
import { MessageReader, malformed } from './reader.ts';

export type StartupPacket =
  | { readonly kind: 'sslRequest' | 'gssRequest' }
  | { readonly kind: 'cancel'; readonly key: CancelKey }
  | {
      readonly kind: 'startup';
      /** Minor version of protocol 3 that the client asks for. */
      readonly minor: number;
      readonly user: string;
      readonly database: string | undefined;
      readonly settings: ReadonlyMap<string, string>;
      /** `_pq_.` options nobody here knows. */
      readonly unknownOptions: readonly string[];
    };

const codes = { ssl: 80_877_103, gss: 80_877_104, cancel: 80_877_102 };

/** @throws SqlError protocolViolation, invalidAuthorization */
export function decodeStartup(body: Buffer): StartupPacket {
  const reader = new MessageReader(body);
  const code = reader.int32();
  if (code === codes.ssl || code === codes.gss) {
    reader.end();
    return { kind: code === codes.ssl ? 'sslRequest' : 'gssRequest' };
  }
  if (code === codes.cancel) return { kind: 'cancel', key: cancelKeyOf(reader) };
  const major = code >>> 16;
  if (major !== 3) {
    throw new SqlError('protocolViolation', `unsupported frontend protocol ${String(major)}.${String(code & 0xffff)}`);
  }
  return decodeParameters(reader, code & 0xffff);
}

/** Keys had four bytes until protocol 3.2. */
function cancelKeyOf(reader: MessageReader): CancelKey {
  const processId = reader.int32();
  const secret = reader.rest();
  if (secret.length < 4 || secret.length > limits.cancelKeyBytesMax) throw malformed();
  return { processId, secret };
}

function decodeParameters(reader: MessageReader, minor: number): StartupPacket {
  const settings = new Map<string, string>();
  const unknownOptions: string[] = [];
  for (;;) {
    const name = reader.text();
    if (name === '') break;
    const value = reader.text();
    if (name.startsWith('_pq_.')) unknownOptions.push(name);
    else settings.set(name, value);
  }
  if (reader.left > 0) throw malformed();
  const user = settings.get('user');
  if (user === undefined || user === '') {
    throw new SqlError('invalidAuthorization', 'no PostgreSQL user name specified in startup packet');
  }
  const replication = settings.get('replication') ?? 'false';
  if (!['false', 'off', 'no', '0'].includes(replication)) {
    throw new SqlError('featureNotSupported', 'replication connections are not supported');
  }
  const database = settings.get('database');
  const options = settings.get('options');
  for (const key of ['user', 'database', 'options', 'replication']) settings.delete(key);
  for (const [name, value] of optionSettings(options ?? '')) settings.set(name, value);
  return { kind: 'startup', minor, user, database, settings, unknownOptions };
}

/** `-c name=value` and `--name=value`; a backslash keeps the next character. */
function optionSettings(options: string): readonly (readonly [string, string])[] {
  const words = [...options.matchAll(/(?:\\[\s\S]|[^\s\\])+/g)].map(([word]) => word.replaceAll(/\\([\s\S])/g, '$1'));
  const found: (readonly [string, string])[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const setting = word === '-c' ? (words[(index += 1)] ?? '') : word.replace(/^(-c|--)/, '');
    const equals = setting.indexOf('=');
    if (equals > 0) found.push([setting.slice(0, equals).replaceAll('-', '_'), setting.slice(equals + 1)]);
  }
  return found;
}
