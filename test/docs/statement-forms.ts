// The forms of docs/sql-reference.md ([optional], {one | other}, a, …) as statements: the shortest reading, and for each option
// and each alternative one that has it.

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'choice'; readonly ways: readonly (readonly Part[])[]; readonly optional: boolean };

/** What the words of the forms stand for. The first that fits is taken. */
const meanings: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\bPLAN statement/g, 'PLAN GRANT SELECT ON TABLE t TO p'],
  [/(?<before>[|[] ?)n \|/g, '$<before>3 |'],
  [/\bSELECT …/g, 'SELECT 1'],
  [/AS \(…\)/g, 'AS (SELECT 1)'],
  [/VALUES \(…, DEFAULT\), …/g, 'VALUES (1, DEFAULT)'],
  [/VALUES \(…\)/g, 'VALUES (1)'],
  [/(AND|WHERE) …/g, '$1 true'],
  [/(FROM|USING) …/g, '$1 x'],
  [/RETURNING …/g, 'RETURNING 1'],
  [/UPDATE SET …/g, 'UPDATE SET c = 1'],
  [/ON …/g, 'ON TABLE t'],
  [/AS OF …/g, 'AS OF VERSION 1'],
  [/,? …/g, ''],
  [/\bon condition\b/gi, 'ON true'],
  [/\bcondition\b/g, "has_tag('k')"],
  [/\b(ADD|COLUMN|COLUMNS \(|col) ?(col )?type\b/g, '$1 $2INT'],
  [/\btype\b/g, 'INT'],
  [/\b(expression|e)\b/g, '1'],
  [/\bprivilege\b/g, 'SELECT'],
  [/\bON securable\b/g, 'ON TABLE t'],
  [/\bprincipal\b/g, 'p'],
  [/\b(name) = value\b/g, "TimeZone = 'UTC'"],
  [/= value\b/g, '= v'],
  [/\b(NEXT|ALL|FORWARD|FETCH|MOVE|ROWS|IN) n\b/g, '$1 3'],
];

/** Statements of one block, each in its readings. */
export function readings(block: string): readonly string[] {
  const plain = block
    .replaceAll(/--.*$/gm, '')
    .replaceAll('$$ statement; … $$', '$q$ GRANT SELECT ON TABLE t TO p $q$');
  return splitForms(plain).flatMap((form) => {
    const meant = meanings.reduce((text, [pattern, instead]) => text.replaceAll(pattern, instead), form);
    return variants(parseForm(meant));
  });
}

function splitForms(block: string): readonly string[] {
  return block
    .split(';')
    .map((form) => form.trim())
    .filter((form) => form !== '');
}

const tokens = /[[\]{}|]|[^[\]{}|]+/g;

function parseForm(form: string): readonly Part[] {
  const words = form.match(tokens) ?? [];
  let at = 0;
  const sequence = (end: string | undefined): readonly (readonly Part[])[] => {
    const ways: Part[][] = [[]];
    while (at < words.length) {
      const word = words[at] ?? '';
      at += 1;
      if (word === end) return ways;
      if (word === '|') ways.push([]);
      else if (word === '[') ways.at(-1)?.push({ kind: 'choice', ways: sequence(']'), optional: true });
      else if (word === '{') ways.at(-1)?.push({ kind: 'choice', ways: sequence('}'), optional: false });
      else ways.at(-1)?.push({ kind: 'text', text: word });
    }
    if (end !== undefined) throw new TypeError(`no ${end} in ${form}`);
    return ways;
  };
  const [parts = [], ...others] = sequence(undefined);
  if (others.length > 0) throw new TypeError(`| outside of brackets: ${form}`);
  return parts;
}

/** The first is the shortest. */
function variants(parts: readonly Part[]): readonly string[] {
  const each = parts.map((part) => (part.kind === 'text' ? [part.text] : choices(part)));
  const base = each.map(([first = '']) => first);
  const others = each.flatMap((list, index) => list.slice(1).map((text) => base.with(index, text).join('')));
  return [base.join(''), ...others];
}

function choices({ ways, optional }: Extract<Part, { kind: 'choice' }>): readonly string[] {
  return [...(optional ? [''] : []), ...ways.flatMap(variants)];
}
