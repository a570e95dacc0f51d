{{
const simpleTypes = new Map(Object.entries({
  boolean: 'BOOLEAN', bool: 'BOOLEAN', tinyint: 'TINYINT', byte: 'TINYINT', smallint: 'SMALLINT', short: 'SMALLINT',
  integer: 'INTEGER', int: 'INTEGER', int4: 'INTEGER', bigint: 'BIGINT', long: 'BIGINT', int8: 'BIGINT', int2: 'SMALLINT',
  hugeint: 'HUGEINT', utinyint: 'UTINYINT', usmallint: 'USMALLINT', uinteger: 'UINTEGER', ubigint: 'UBIGINT', uhugeint: 'UHUGEINT',
  float: 'FLOAT', real: 'FLOAT', float4: 'FLOAT', double: 'DOUBLE', float8: 'DOUBLE', blob: 'BLOB', binary: 'BLOB', bytea: 'BLOB',
  bit: 'BIT', uuid: 'UUID', json: 'JSON', date: 'DATE', time: 'TIME', timetz: 'TIMETZ', timestamp: 'TIMESTAMP', datetime: 'TIMESTAMP',
  timestamp_ntz: 'TIMESTAMP', timestamp_s: 'TIMESTAMP_S', timestamp_ms: 'TIMESTAMP_MS', timestamp_ns: 'TIMESTAMP_NS',
  timestamptz: 'TIMESTAMPTZ', interval: 'INTERVAL',
}));
function quoted(name) { return '"' + name.replaceAll('"', '""') + '"'; }
}}
{
function span(text) { return { text, offset: offset() }; }
function trimmedSpan(text) {
  const start = text.length - text.trimStart().length;
  return { text: text.trim(), offset: offset() + start };
}
/** Of transaction modes; undefined: they do not say. */
function readOnlyOf(modes) { return modes.includes('read only') ? true : modes.includes('read write') ? false : undefined; }
function optional(fields) { return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined)); }
function once(clauses, kinds) {
  const found = {};
  for (const clause of clauses) for (const [key, value] of Object.entries(clause)) {
    if (key in found) error('clause ' + key.toUpperCase() + ' is given twice');
    found[key] = value;
  }
  return found;
}
}
