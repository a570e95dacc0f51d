// The Ed25519 key pair that signs checkpoints, made at the first start. Whoever holds the private key can rewrite the
// log, so it is kept outside the log's directory and readable by the server's user only.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SqlError, type SqlErrorOptions } from '../base/sql-error.ts';

export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export const privateKeyFile = 'audit-signing.key';
export const publicKeyFile = 'audit-signing.pub';

/** @throws SqlError objectNotInPrerequisiteState when the files are unusable or do not belong together. */
export async function openSigningKey(keyDirectory: string, mayCreate: boolean): Promise<SigningKey> {
  const privatePath = join(keyDirectory, privateKeyFile);
  const publicPath = join(keyDirectory, publicKeyFile);
  const existing = await readIfThere(privatePath);
  if (existing === undefined) {
    // A new key would make every older signature look forged.
    if (!mayCreate) throw unusable(`audit signing key ${privatePath} is missing, but the audit log has records`);
  } else if (((await stat(privatePath)).mode & 0o077) !== 0) {
    throw unusable(`audit signing key ${privatePath} may be read by others`, { hint: 'Set its permissions to 0600.' });
  }
  const privateKey = parsed(privatePath, existing ?? (await createKey(keyDirectory, privatePath)));
  const publicKey = createPublicKey(privateKey);
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const published = await readIfThere(publicPath);
  if (existing === undefined || published === undefined) await writeDurably(publicPath, publicPem, 0o644);
  else if (published.trim() !== publicPem.trim()) throw unusable(`${publicPath} does not belong to ${privatePath}`);
  return { privateKey, publicKey };
}

async function createKey(keyDirectory: string, path: string): Promise<string> {
  await mkdir(keyDirectory, { recursive: true, mode: 0o700 });
  await chmod(keyDirectory, 0o700);
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await writeDurably(path, pem, 0o600);
  return pem;
}

function parsed(path: string, pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw unusable(`audit signing key ${path} is no private key in PEM`, { cause });
  }
  if (key.asymmetricKeyType !== 'ed25519') throw unusable(`audit signing key ${path} is no Ed25519 key`);
  return key;
}

/** Whole or not at all, and there after a power failure. */
async function writeDurably(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
}

function unusable(message: string, options: SqlErrorOptions = {}): SqlError {
  return new SqlError('objectNotInPrerequisiteState', message, options);
}
