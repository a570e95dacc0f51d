// The file that --config names: JSON with the long names of serve's options, and what is too large for an option.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { serveOptions } from './serve-options.ts';
import type { OidcProvider } from './session/oidc.ts';
import { UsageError } from './usage-error.ts';

export interface ConfigFile {
  /** By environment variable, which goes before the file. */
  readonly variables: Readonly<Record<string, string>>;
  /** Of an option, for errors. */
  readonly sourceOf: (name: string) => string;
  readonly externalRoots: readonly string[];
  readonly oidc: readonly OidcProvider[];
}

const nothing: ConfigFile = { variables: {}, sourceOf: (name) => name, externalRoots: [], oidc: [] };

const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

const provider = z
  .strictObject({
    issuer: z.string().min(1),
    audience: z.string().min(1),
    jwks: z.string().min(1).refine(isSafe, 'keys come from a file, or by https'),
    algorithms: z.array(z.enum(algorithms)).min(1).default(['RS256', 'ES256']),
    'user-claim': z.string().min(1).default('email'),
    'groups-claim': z.string().min(1).default('groups'),
    groups: z.record(z.string(), z.string()).default({}),
    'create-users': z.boolean().default(false),
    'clock-tolerance-seconds': z.int().min(0).max(300).default(30),
  })
  .transform(
    (given): OidcProvider => ({
      issuer: given.issuer,
      audience: given.audience,
      jwks: given.jwks,
      algorithms: given.algorithms,
      userClaim: given['user-claim'],
      groupsClaim: given['groups-claim'],
      groups: given.groups,
      createUsers: given['create-users'],
      clockToleranceSeconds: given['clock-tolerance-seconds'],
    }),
  );

/** Whoever could answer in the provider's place could log in as anybody: in the clear only from this machine. */
function isSafe(jwks: string): boolean {
  if (!/^[a-z]+:\/\//i.test(jwks)) return true;
  if (!URL.canParse(jwks)) return false;
  const { protocol, hostname } = new URL(jwks);
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
}

/** @throws UsageError naming the file and what is wrong in it */
export function readConfigFile(file: string | undefined): ConfigFile {
  if (file === undefined || file === '') return nothing;
  const names = serveOptions().map(({ option, variable }) => ({ name: option.long?.slice(2) ?? '', variable }));
  const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String).optional();
  const schema = z.strictObject({
    ...Object.fromEntries(names.map(({ name }) => [name, scalar])),
    'external-root': z.array(z.string().min(1)).default([]),
    oidc: z.array(provider).default([]),
  });
  const parsed = schema.safeParse(jsonOf(file));
  if (!parsed.success) throw new UsageError(`configuration file ${file}: ${z.prettifyError(parsed.error)}`);
  const { 'external-root': externalRoots, oidc, ...options } = parsed.data;
  const given = options as Readonly<Record<string, string | undefined>>;
  const variables = names.flatMap(({ name, variable }) => {
    const value = given[name];
    return value === undefined ? [] : [[variable, value] as const];
  });
  const sourceOf = (name: string): string => `configuration file ${file}: "${name}"`;
  return { variables: Object.fromEntries(variables), sourceOf, externalRoots, oidc };
}

function jsonOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`configuration file ${file} ${why}: ${reason}`, { cause: error });
  }
}
