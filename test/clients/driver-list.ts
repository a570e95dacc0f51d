// The drivers, and where what they get differs from PostgreSQL for a reason.

export interface Client {
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  /** Step to reason. */
  readonly differences: Readonly<Record<string, string>>;
}

const python = '.clients/python/bin/python';
const script = (name: string): readonly string[] => [`test/clients/drivers/${name}`];

const oneText = 'VARCHAR and TEXT are one type, told as text';

export const clients: readonly Client[] = [
  {
    name: 'node-postgres',
    command: process.execPath,
    arguments: script('node-pg.mjs'),
    differences: { fields: oneText },
  },
  {
    name: 'postgres.js',
    command: process.execPath,
    arguments: script('postgres-js.mjs'),
    differences: { columns: oneText },
  },
  { name: 'psycopg', command: python, arguments: script('psycopg3_.py'), differences: { types: oneText } },
  {
    name: 'psycopg2',
    command: python,
    arguments: script('psycopg2_.py'),
    differences: { types: oneText, 'parameter bytea': "put into the text as a literal, which is DuckDB's" },
  },
  { name: 'asyncpg', command: python, arguments: script('asyncpg_.py'), differences: { attributes: oneText } },
  { name: 'SQLAlchemy', command: python, arguments: script('sqlalchemy_.py'), differences: { columns: oneText } },
  { name: 'pandas', command: python, arguments: script('pandas_.py'), differences: {} },
  {
    name: 'psqlODBC',
    command: python,
    arguments: script('odbc_.py'),
    differences: { types: oneText, columns: oneText },
  },
  {
    name: 'pgJDBC',
    command: 'java',
    arguments: ['-cp', '.clients/postgresql-42.7.8.jar', 'test/clients/drivers/Driver.java'],
    differences: {
      'result metadata': oneText,
      columns: oneText,
      isolation: 'every transaction is repeatable read',
    },
  },
];
