import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SqlError } from '../../src/base/sql-error.ts';
import { type Frame, Framer } from '../../src/wire/frame.ts';
import { decodeFrontend } from '../../src/wire/frontend.ts';
import { decodeStartup } from '../../src/wire/startup.ts';
import { thrownBy } from '../support/thrown.ts';
import { bind, cstring, framed, int16, int32, parse, startupBody } from './client-messages.ts';

function framerAfterStartup(): Framer {
  const framer = new Framer();
  framer.enter('session');
  return framer;
}

/** Every frame of these pieces, in the order in which they become whole. */
function framesOf(framer: Framer, pieces: readonly Buffer[]): readonly Frame[] {
  const frames: Frame[] = [];
  for (const piece of pieces) {
    framer.push(piece);
    for (let frame = framer.next(); frame !== undefined; frame = framer.next()) frames.push(frame);
  }
  return frames;
}

function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

/** Nothing but SqlError may come out of what reads a client's bytes. */
function onlySqlErrors(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    expect(['08P01', '28000', '0A000']).toContain(error.sqlState);
  }
}

const bytes = fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array));

describe('frames', () => {
  test('any partition of the bytes gives the same frames', () => {
    const frame = fc.record({ code: fc.constantFrom('Q', 'P', 'B', 'S', 'p'), body: bytes });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 30 }), (frames, places) => {
        const all = Buffer.concat(frames.map(({ code, body }) => framed(code, body)));
        const found = framesOf(framerAfterStartup(), cut(all, places));
        expect(found).toEqual(frames);
      }),
    );
  });

  test('byte by byte gives the same frames too, and nothing stays behind', () => {
    const framer = framerAfterStartup();
    const all = Buffer.concat([framed('Q', cstring('SELECT 1')), framed('S', Buffer.alloc(0))]);
    const found = framesOf(
      framer,
      [...all].map((byte) => Buffer.from([byte])),
    );
    expect(found.map((frame) => frame.code)).toEqual(['Q', 'S']);
    expect(framer.buffered).toBe(0);
  });

  test('a startup packet has no letter', () => {
    const framer = new Framer();
    const body = startupBody({ user: 'a' });
    framer.push(Buffer.concat([int32(body.length + 4), body]));
    expect(framer.next()).toEqual({ code: undefined, body });
  });

  test.each([0, 3, -1, -2_147_483_648, 67_108_865, 2_147_483_647])(
    'a message that says it is %i bytes long is refused as soon as its head is there',
    (length) => {
      const framer = framerAfterStartup();
      framer.push(Buffer.concat([Buffer.from('Q'), int32(length)]));
      expect(thrownBy(() => framer.next()).sqlState).toBe('08P01');
    },
  );

  test.each([0, 3, -1, 10_001, 1_195_725_856])(
    'a startup packet that says it is %i bytes long is refused',
    (length) => {
      const framer = new Framer();
      framer.push(int32(length));
      expect(thrownBy(() => framer.next()).sqlState).toBe('08P01');
    },
  );

  test('a client that has not proved itself may send no long message', () => {
    const framer = new Framer();
    framer.enter('authentication');
    framer.push(Buffer.concat([Buffer.from('p'), int32(65_536)]));
    expect(thrownBy(() => framer.next()).sqlState).toBe('08P01');
  });

  test('random bytes give frames or a protocol violation, whatever the partition', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(), { maxLength: 9 }), fc.boolean(), (random, places, startup) => {
        const framer = startup ? new Framer() : framerAfterStartup();
        onlySqlErrors(() => framesOf(framer, cut(random, places)));
      }),
      { numRuns: 1000 },
    );
  });
});

const sound: readonly Frame[] = [
  { code: 'Q', body: cstring('SELECT 1') },
  { code: 'P', body: parse('s', 'SELECT $1', [25, 0]) },
  { code: 'B', body: bind({ portal: 'p', statement: 's', values: ['a', undefined], resultFormats: [1] }) },
  { code: 'D', body: Buffer.concat([Buffer.from('S'), cstring('s')]) },
  { code: 'C', body: Buffer.concat([Buffer.from('P'), cstring('p')]) },
  { code: 'E', body: Buffer.concat([cstring('p'), int32(10)]) },
  { code: 'H', body: Buffer.alloc(0) },
  { code: 'S', body: Buffer.alloc(0) },
  { code: 'X', body: Buffer.alloc(0) },
  { code: 'p', body: Buffer.from('anything') },
  { code: 'd', body: Buffer.from('anything') },
  { code: 'F', body: Buffer.from('anything') },
];

describe('frontend messages', () => {
  test('each is read as what it says', () => {
    expect(sound.map(decodeFrontend)).toEqual([
      { kind: 'query', text: 'SELECT 1' },
      { kind: 'parse', name: 's', text: 'SELECT $1', typeOids: [25, 0] },
      {
        kind: 'bind',
        portal: 'p',
        statement: 's',
        parameters: [
          { format: 'text', bytes: Buffer.from('a') },
          { format: 'text', bytes: undefined },
        ],
        resultFormats: ['binary'],
      },
      { kind: 'describe', what: 'statement', name: 's' },
      { kind: 'close', what: 'portal', name: 'p' },
      { kind: 'execute', portal: 'p', maxRows: 10 },
      { kind: 'flush' },
      { kind: 'sync' },
      { kind: 'terminate' },
      { kind: 'password', body: Buffer.from('anything') },
      { kind: 'copyData', bytes: Buffer.from('anything') },
      { kind: 'functionCall' },
    ]);
  });

  test('one parameter format counts for all, several for one each', () => {
    const formatsOf = (formats: readonly number[]): unknown => {
      const message = decodeFrontend({ code: 'B', body: bind({ values: ['a', 'b'], formats }) });
      return message.kind === 'bind' ? message.parameters.map((parameter) => parameter.format) : message;
    };
    expect(formatsOf([])).toEqual(['text', 'text']);
    expect(formatsOf([1])).toEqual(['binary', 'binary']);
    expect(formatsOf([0, 1])).toEqual(['text', 'binary']);
    expect(thrownBy(() => formatsOf([0, 1, 0])).sqlState).toBe('08P01');
    expect(thrownBy(() => formatsOf([2])).sqlState).toBe('08P01');
  });

  test('a message with bytes left over, or with too few, is refused', () => {
    for (const { code, body } of sound.slice(0, 6)) {
      const longer = { code, body: Buffer.concat([body, Buffer.from([0])]) };
      const shorter = { code, body: body.subarray(0, -1) };
      expect(thrownBy(() => decodeFrontend(longer)).sqlState).toBe('08P01');
      expect(thrownBy(() => decodeFrontend(shorter)).sqlState).toBe('08P01');
    }
  });

  test('counts that the bytes cannot hold are refused before anything is made of them', () => {
    const huge = Buffer.concat([cstring(''), cstring(''), int16(0), int16(65_535), Buffer.alloc(8)]);
    expect(thrownBy(() => decodeFrontend({ code: 'B', body: huge })).sqlState).toBe('08P01');
  });

  test.each(['Z', '\0', 'R', 'ÿ'])('a message of the unknown type %j is refused', (code) => {
    expect(thrownBy(() => decodeFrontend({ code, body: Buffer.alloc(0) })).sqlState).toBe('08P01');
  });

  test('random and mutated bytes give messages or a protocol violation', () => {
    const random = fc.record({ code: fc.constantFrom(...'QPBDCEHSXpdcfFZ'), body: bytes });
    const mutated = fc
      .tuple(fc.constantFrom(...sound), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }))
      .map(([{ code, body }, edits]): Frame => {
        const copy = Buffer.from(body);
        for (const [place, byte] of edits) if (copy.length > 0) copy[place % copy.length] = byte;
        return { code, body: copy };
      });
    fc.assert(
      fc.property(fc.oneof(random, mutated), (frame) => {
        onlySqlErrors(() => decodeFrontend(frame));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('startup packets', () => {
  test('requests for TLS and GSS and for a cancel are told apart', () => {
    expect(decodeStartup(int32(80_877_103))).toEqual({ kind: 'sslRequest' });
    expect(decodeStartup(int32(80_877_104))).toEqual({ kind: 'gssRequest' });
    const cancel = Buffer.concat([int32(80_877_102), int32(7), int32(-9)]);
    expect(decodeStartup(cancel)).toEqual({ kind: 'cancel', key: { processId: 7, secret: int32(-9) } });
  });

  test('user and database are the login, all else are settings', () => {
    const options = '-c search_path=a\\ b --statement-timeout=5 -cTimeZone=UTC';
    const packet = decodeStartup(
      startupBody({ user: 'a', database: 'd', application_name: 'x', options, '_pq_.new': '1', replication: 'false' }),
    );
    expect(packet).toEqual({
      kind: 'startup',
      minor: 0,
      user: 'a',
      database: 'd',
      settings: new Map([
        ['application_name', 'x'],
        ['search_path', 'a b'],
        ['statement_timeout', '5'],
        ['TimeZone', 'UTC'],
      ]),
      unknownOptions: ['_pq_.new'],
    });
  });

  test.each([
    ['another major version', int32(2 << 16), '08P01'],
    ['no user', startupBody({ database: 'd' }), '28000'],
    ['an empty user', startupBody({ user: '' }), '28000'],
    ['no end', startupBody({ user: 'a' }).subarray(0, -1), '08P01'],
    ['bytes behind its end', Buffer.concat([startupBody({ user: 'a' }), Buffer.from('x')]), '08P01'],
    ['nothing in it', Buffer.alloc(0), '08P01'],
    ['replication asked for', startupBody({ user: 'a', replication: 'database' }), '0A000'],
    ['bytes behind a TLS request', Buffer.concat([int32(80_877_103), Buffer.from('x')]), '08P01'],
    ['a cancel key that is too short', Buffer.concat([int32(80_877_102), int32(7), Buffer.alloc(3)]), '08P01'],
    ['a cancel key that is too long', Buffer.concat([int32(80_877_102), int32(7), Buffer.alloc(257)]), '08P01'],
  ])('one with %s is refused', (_, body, state) => {
    expect(thrownBy(() => decodeStartup(body)).sqlState).toBe(state);
  });

  test('random and mutated bytes give a packet or a refusal', () => {
    const base = startupBody({ user: 'alice', database: 'd', options: '-c a=b\\ c --d=e' });
    const mutated = fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { maxLength: 4 }).map((edits) => {
      const copy = Buffer.from(base);
      for (const [place, byte] of edits) copy[place] = byte;
      return copy;
    });
    fc.assert(
      fc.property(fc.oneof(bytes, mutated), (body) => {
        onlySqlErrors(() => decodeStartup(body));
      }),
      { numRuns: 1000 },
    );
  });
});
