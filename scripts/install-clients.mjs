// npm run clients:install: real clients for test/clients, pinned, into .clients/. Python, Java and psqlODBC themselves must be there.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const attemptsMax = 3;
const python = [
  'psycopg==3.3.9',
  'psycopg-binary==3.3.9',
  'psycopg2-binary==2.9.13',
  'asyncpg==0.32.0',
  'SQLAlchemy==2.1.9',
  'pandas==3.1.1',
  'pyodbc==5.5.0',
];
const jdbc = '42.7.8';
const jar = `.clients/postgresql-${jdbc}.jar`;
const jarUrl = `https://repo1.maven.org/maven2/org/postgresql/postgresql/${jdbc}/postgresql-${jdbc}.jar`;

mkdirSync('.clients', { recursive: true });
await environment('python', python);
const registered =
  'import pyodbc, sys; sys.exit("PostgreSQL Unicode" not in pyodbc.drivers() and "no psqlODBC: install odbc-postgresql")';
run('.clients/python/bin/python', ['-c', registered]);
if (!existsSync(jar)) await retried(() => download(jarUrl, jar));
run('java', ['-version']);
console.info(`clients: ${python.join(', ')}, pgJDBC ${jdbc}`);

/** A Python environment of its own, made anew only where its list has changed. */
async function environment(name, packages) {
  const stamp = createHash('sha256').update(packages.join('\n')).digest('hex');
  const stampFile = `.clients/${name}.stamp`;
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  run('python3', ['-m', 'venv', `.clients/${name}`]);
  await retried(() => run(`.clients/${name}/bin/pip`, ['install', '--quiet', ...packages]));
  writeFileSync(stampFile, stamp);
}

function run(command, args) {
  execFileSync(command, args, { stdio: 'inherit' });
}

async function download(url, file) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  writeFileSync(file, Buffer.from(await response.arrayBuffer()));
}

/** Registries are sometimes slow to answer. */
async function retried(work) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (attempt === attemptsMax) throw error;
      console.warn(`${error.message}; trying again`);
    }
  }
}
