export function told(step, got) {
  const plain = (_, value) => (typeof value === 'bigint' ? `${value}n` : value);
  process.stdout.write(`${JSON.stringify({ step, got }, plain)}\n`);
}

export function version(text) {
  process.stdout.write(`${JSON.stringify({ version: text })}\n`);
}
