// However the bytes of a conversation are cut, the server says the same: frames, messages and answers together.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Conversation } from '../../src/wire/conversation.ts';
import { type Frame, Framer } from '../../src/wire/frame.ts';
import { decodeFrontend } from '../../src/wire/frontend.ts';
import { bind, cstring, framed, int32, parse } from './client-messages.ts';
import { FakeSession } from './fake-door.ts';

const name = fc.constantFrom('', 'a', 'b');
const text = fc.constantFrom(
  'echo x',
  'count 3',
  'parameter',
  'notice n',
  'fail',
  'unparsable',
  '',
  'create t',
  'echo ü; fail',
);
const message = fc.oneof(
  text.map((sql) => framed('Q', cstring(sql))),
  fc.tuple(name, text).map(([statement, sql]) => framed('P', parse(statement, sql))),
  fc.tuple(name, name, fc.nat(1)).map(([portal, statement, format]) => {
    return framed('B', bind({ portal, statement, values: ['v'], resultFormats: [format] }));
  }),
  fc
    .tuple(fc.constantFrom('S', 'P'), name)
    .map(([what, of]) => framed('D', Buffer.concat([Buffer.from(what), cstring(of)]))),
  fc
    .tuple(fc.constantFrom('S', 'P'), name)
    .map(([what, of]) => framed('C', Buffer.concat([Buffer.from(what), cstring(of)]))),
  name.map((portal) => framed('E', Buffer.concat([cstring(portal), int32(0)]))),
  fc.constantFrom(framed('S'), framed('H'), framed('d', Buffer.from('x'))),
);

interface Heard {
  readonly answers: string;
  readonly calls: readonly string[];
}

async function heard(pieces: readonly Buffer[]): Promise<Heard> {
  const session = new FakeSession();
  const conversation = new Conversation(session, () => undefined);
  const framer = new Framer();
  framer.enter('session');
  const answers: Buffer[] = [];
  for (const piece of pieces) {
    framer.push(piece);
    for (let frame: Frame | undefined = framer.next(); frame !== undefined; frame = framer.next()) {
      for await (const bytes of conversation.answer(decodeFrontend(frame))) answers.push(bytes);
    }
  }
  return { answers: Buffer.concat(answers).toString('latin1'), calls: session.calls };
}

test('any partition of the bytes gives the same answers and the same calls', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(message, { maxLength: 12 }),
      fc.array(fc.nat(), { maxLength: 40 }),
      async (list, places) => {
        const all = Buffer.concat(list);
        const cuts = [0, ...places.map((place) => place % (all.length + 1)), all.length].toSorted((a, b) => a - b);
        const pieces = cuts.slice(1).map((end, index) => all.subarray(cuts[index], end));
        expect(await heard(pieces)).toEqual(await heard([all]));
      },
    ),
    { numRuns: 300 },
  );
});
