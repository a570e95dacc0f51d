import fc from 'fast-check';
import { expect, test } from 'vitest';
import { redactSecrets } from '../../src/parse/redact.ts';

test.each([
  ["CREATE USER u PASSWORD 'hunter2'", "CREATE USER u PASSWORD '***'"],
  ["create user u password 'hunter2'", "create user u password '***'"],
  ["CREATE USER u PASSWORD E'hunter\\'2'", "CREATE USER u PASSWORD '***'"],
  ["CREATE USER u PASSWORD 'hunter''2'", "CREATE USER u PASSWORD '***'"],
  ['CREATE USER u PASSWORD $$hunter2$$', "CREATE USER u PASSWORD '***'"],
  ['CREATE USER u PASSWORD $x$hunter$$2$x$', "CREATE USER u PASSWORD '***'"],
  ["CREATE USER u PASSWORD -- 'hunter1'\n 'hunter2'", "CREATE USER u PASSWORD '***'\n '***'"],
  ["CREATE USER u PASSWORD /* hunter1 */ 'hunter2'", "CREATE USER u PASSWORD '***' '***'"],
  ["CREATE USER u PASSWORD = 'hunter2'", "CREATE USER u PASSWORD = '***'"],
  ["CREATE USER u PASSWORD 'hunter' '2'", "CREATE USER u PASSWORD '***' '***'"],
  ["CREATE USER u IDENTIFIED BY 'hunter2'", "CREATE USER u IDENTIFIED BY '***'"],
  ["CREATE SECRET s (TOKEN 'hunter2')", "CREATE SECRET s (TOKEN '***')"],
  ["ALTER USER u PASSWORD 'hunter2'; SELECT 'shown'", "ALTER USER u PASSWORD '***'; SELECT 'shown'"],
  ["PLAN $$ CREATE USER u PASSWORD 'hunter2' $$", "PLAN $$ CREATE USER u PASSWORD '***' $$"],
  ['PLAN $a$ ALTER USER u PASSWORD $$hunter2$$ $a$', "PLAN $a$ ALTER USER u PASSWORD '***' $a$"],
  ["PLAN $a$ $b$ $c$ PASSWORD 'hunter2' $c$ $b$ $a$", 'PLAN $a$ $b$ $c$***$c$ $b$ $a$'],
  ["FOO PASSWORD 'hunter2' ) nonsense", "FOO PASSWORD '***' ) nonsense"],
])('%s is kept as %s', (sql, kept) => {
  expect(redactSecrets(sql)).toBe(kept);
});

test.each(["SELECT 'a'", "SELECT 'password'", "SELECT a AS passwords, 'shown' FROM t", "SELECT 'a"])(
  '%s is kept as it is',
  (sql) => {
    expect(redactSecrets(sql)).toBe(sql);
  },
);

test.each(["ALTER USER u PASSWORD 'hunter2", 'ALTER USER u PASSWORD /* hunter2', "ALTER USER `u PASSWORD 'hunter2'"])(
  '%s cannot be read, mentions a secret, and is hidden whole',
  (sql) => {
    expect(redactSecrets(sql)).toBe('<redacted>');
  },
);

test('a password is never in the text that is kept, however it is quoted and whatever stands around it', () => {
  const secret = 'hunter2';
  const quoted = fc.constantFrom(
    `'${secret}'`,
    `E'${secret}'`,
    `e'\\'${secret}'`,
    `$$${secret}$$`,
    `$q$${secret}$q$`,
    `'''${secret}'`,
  );
  const between = fc.constantFrom(
    ' ',
    '\n',
    '\t',
    '/**/',
    '/* /* */ */',
    '--x\n',
    ' = ',
    ` /* ${secret} */ `,
    ` -- ${secret}\r\n`,
  );
  const before = fc.constantFrom(
    '',
    "SELECT ';';",
    "CREATE USER `a;'b` ",
    'ALTER USER "x" WITH ',
    '/* PASSWORD */ X ',
    'nonsense ( ',
  );
  const after = fc.constantFrom('', ';', ' ATTRIBUTES (a = 1)', ' )))', " 'open", ' /* open');
  fc.assert(
    fc.property(before, between, quoted, after, (start, gap, password, end) => {
      expect(redactSecrets(`${start}PASSWORD${gap}${password}${end}`)).not.toContain(secret);
    }),
    { numRuns: 500 },
  );
});
