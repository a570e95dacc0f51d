// The secret from which the salts of users that do not exist are made. It is kept: salts of real users stay the same after a
// restart, so those must too.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function openLoginSecret(keyDirectory: string): Buffer {
  const file = join(keyDirectory, 'login-secret');
  if (!existsSync(file)) {
    mkdirSync(keyDirectory, { recursive: true, mode: 0o700 });
    writeFileSync(file, randomBytes(32), { mode: 0o600 });
  }
  return readFileSync(file);
}
