// Clients that send anything: sound, mutated, lying and random frames, in any order and partition, before and after login, over
// real sockets into the whole product. Nothing may crash, hang, or stay behind.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Framer } from '../../src/wire/frame.ts';
import { bind, cstring, framed, int32, packet, parse, startupBody } from './client-messages.ts';

export interface WireFuzzCounts {
  frames: number;
  connections: number;
  bytes: number;
  /** Messages of the server after login: proof that what is sent gets somewhere. */
  answers: number;
  /** Of these ReadyForQuery. */
  ready: number;
}

/** mulberry32: small, fast, and the same everywhere for a seed. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  nat(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  }

  pick<T>(options: readonly [T, ...T[]]): T {
    return options[this.nat(options.length)] ?? options[0];
  }

  bytes(atMost: number): Buffer {
    const bytes = Buffer.alloc(this.nat(atMost + 1));
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = this.nat(256);
    return bytes;
  }
}

const texts = [
  'SELECT 1',
  'SELECT $1::INTEGER AS a',
  'SELECT * FROM range(10)',
  "SELECT 'x",
  '',
  ';',
  'SELECT 1; SELECT 2',
  'BEGIN',
  'COMMIT',
  'ROLLBACK',
  'SHOW TimeZone',
  "SET application_name = 'f'",
  'SELECT * FROM nowhere',
  'DEALLOCATE ALL',
] as const;
const names = ['', 'a', 'b', 'c'] as const;
const letters = 'QPBDCEHSXpdcfFZ?\0v';

/** A body that a sound client could have sent. */
function sound(dice: Dice): readonly [code: string, body: Buffer] {
  const name = cstring(dice.pick(names));
  switch (dice.nat(11)) {
    case 0:
      return ['Q', cstring(dice.pick(texts))];
    case 1:
    case 2:
      return [
        'P',
        parse(dice.pick(names), dice.pick(texts), dice.nat(3) === 0 ? [dice.pick([0, 23, 25, 705, 16])] : []),
      ];
    case 3:
    case 4: {
      const values = Array.from({ length: dice.nat(3) }, () => dice.pick(['1', 'x', undefined, '\0\0\0\x07']));
      const formats = dice.nat(2) === 0 ? [] : [dice.nat(2)];
      const resultFormats = dice.nat(2) === 0 ? [] : [dice.nat(2)];
      return ['B', bind({ portal: dice.pick(names), statement: dice.pick(names), formats, values, resultFormats })];
    }
    case 5:
      return ['D', Buffer.concat([Buffer.from(dice.pick(['S', 'P'])), name])];
    case 6:
      return ['C', Buffer.concat([Buffer.from(dice.pick(['S', 'P'])), name])];
    case 7:
    case 8:
      return ['E', Buffer.concat([name, int32(dice.pick([0, 1, 3, 2_147_483_647]))])];
    case 9:
      return ['S', Buffer.alloc(0)];
    default:
      return [dice.pick(['H', 'd', 'c', 'f', 'p']), dice.nat(2) === 0 ? Buffer.alloc(0) : dice.bytes(40)];
  }
}

function mutated(dice: Dice, body: Buffer): Buffer {
  const copy = Buffer.from(body);
  for (let edits = dice.nat(4); edits >= 0; edits -= 1)
    if (copy.length > 0) copy[dice.nat(copy.length)] = dice.nat(256);
  if (dice.nat(4) === 0) return copy.subarray(0, dice.nat(copy.length + 1));
  return dice.nat(4) === 0 ? Buffer.concat([copy, dice.bytes(20)]) : copy;
}

interface Drawn {
  readonly bytes: Buffer;
  /** Its length is what follows: the frames behind it are still frames. */
  readonly isFramed: boolean;
}

function frame(dice: Dice): Drawn {
  const [code, body] = sound(dice);
  const way = dice.nat(40);
  if (way < 30) return { bytes: framed(code, body), isFramed: true };
  if (way < 37) return { bytes: framed(code, mutated(dice, body)), isFramed: true };
  if (way < 38) return { bytes: framed(letters[dice.nat(letters.length)] ?? 'Q', dice.bytes(60)), isFramed: true };
  if (way < 39) return { bytes: dice.bytes(60), isFramed: false };
  const lie = dice.pick([0, 3, -1, 5, 100, 65_536, 67_108_863, 67_108_865, 2_147_483_647, -2_147_483_648]);
  return { bytes: Buffer.concat([Buffer.from(code), int32(lie), body]), isFramed: false };
}

function startupFrame(dice: Dice): Drawn {
  const settings = { user: 'admin', database: 'system', options: '-c a=b\\ c --d=e', '_pq_.x': '1' };
  const bodies = [
    startupBody(settings, dice.nat(4)),
    int32(80_877_103),
    int32(80_877_104),
    Buffer.concat([int32(80_877_102), dice.bytes(40)]),
  ] as const;
  const body = dice.pick(bodies);
  switch (dice.nat(4)) {
    case 0:
      return { bytes: packet(body), isFramed: true };
    case 1:
      return { bytes: packet(mutated(dice, body)), isFramed: true };
    case 2:
      return { bytes: dice.bytes(60), isFramed: false };
    default:
      return { bytes: Buffer.concat([int32(dice.pick([0, 4, -1, 10_001, 369_098_752])), body]), isFramed: false };
  }
}

export interface WireFuzzOptions {
  readonly port: number;
  readonly seed: number;
  readonly frames: number;
  /** Clients side by side. */
  readonly clients: number;
  /** How long the server may take to end what the client has ended. */
  readonly hangMs: number;
  readonly counts: WireFuzzCounts;
  readonly onProgress: (counts: WireFuzzCounts) => void;
}

/** @throws Error naming the connection's seed when the server hangs */
export async function wireFuzz(options: WireFuzzOptions): Promise<void> {
  const { counts } = options;
  let next = options.seed;
  const client = async (): Promise<void> => {
    while (counts.frames < options.frames) {
      next = (next + 1) >>> 0;
      await oneConnection(next, options);
      options.onProgress(counts);
    }
  };
  await Promise.all(Array.from({ length: options.clients }, client));
}

async function oneConnection(seed: number, { port, hangMs, counts }: WireFuzzOptions): Promise<void> {
  const dice = new Dice(seed);
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  counts.connections += 1;
  const logsIn = dice.nat(5) > 0;
  if (logsIn) countAnswers(socket, counts);
  else socket.resume();
  const drawn = Array.from({ length: 1 + dice.nat(30) }, () => (logsIn ? frame(dice) : startupFrame(dice)));
  const login = logsIn ? [packet(startupBody({ user: 'admin', database: 'system' })), framed('p', cstring('any'))] : [];
  counts.frames += drawn.length + login.length;
  // Frames behind one whose length lies may be waited for: then it is the client that hangs up.
  const isFramed = logsIn && drawn.every((each) => each.isFramed);
  const bytes = Buffer.concat([...login, ...drawn.map((each) => each.bytes), ...(isFramed ? [framed('X')] : [])]);
  counts.bytes += bytes.length;
  await writeInPieces(dice, socket, bytes);
  if (!isFramed) socket.end();
  if (!(await inTime(closed, hangMs))) {
    throw new TypeError(`the server did not end the connection of seed ${String(seed)} within ${String(hangMs)} ms`);
  }
}

function countAnswers(socket: Socket, counts: WireFuzzCounts): void {
  const framer = new Framer();
  framer.enter('session');
  socket.on('data', (bytes: Buffer) => {
    framer.push(bytes);
    for (let answer = framer.next(); answer !== undefined; answer = framer.next()) {
      counts.answers += 1;
      if (answer.code === 'Z') counts.ready += 1;
    }
  });
}

async function writeInPieces(dice: Dice, socket: Socket, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length && !socket.destroyed; ) {
    const size = dice.nat(6) === 0 ? 1 + dice.nat(8) : 1 + dice.nat(4_000);
    if (!socket.write(bytes.subarray(at, at + size)))
      await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    at += size;
    if (dice.nat(3) === 0) await new Promise(setImmediate);
  }
}

async function inTime(work: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const done = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return done;
}
