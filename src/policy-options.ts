// `portcullis policy …`: how to reach the server, from the command line and the variables that every PostgreSQL client reads.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { PolicyConfig } from './policy/policy-command.ts';
import { UsageError } from './usage-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const actions = {
  export: 'write the grants, policies, functions, tests and groups that the login manages as SQL files',
  plan: 'show how the server differs from the files, and what a change would make visible; exit 2 when it differs',
  apply: 'make the server be as the files say, if every access test holds then',
} as const;

export function addPolicy(program: Command, env: Environment, sink: (config: PolicyConfig) => void): void {
  const policy = program.command('policy').description('policies as files');
  for (const action of ['export', 'plan', 'apply'] as const) {
    policy
      .command(action)
      .argument('<dir>', 'directory of policy files')
      .description(actions[action])
      .option('--url <url>', 'postgresql://user@host:port/system [PGHOST, PGPORT, PGUSER, PGPASSWORD]')
      .option('--json', 'for programs')
      .action((dir: string, options: { url?: string; json?: boolean }) => {
        const connection = connectionOf(options.url, env);
        sink({ action, directory: resolve(dir), connection, json: options.json === true });
      });
  }
}

function connectionOf(url: string | undefined, env: Environment): PolicyConfig['connection'] {
  const password = env['PGPASSWORD'];
  const secret = password === undefined || password === '' ? {} : { password };
  if (url !== undefined) {
    if (!/^postgres(?:ql)?:\/\//.test(url) || !URL.canParse(url)) {
      throw new UsageError('--url is like postgresql://admin@127.0.0.1:5433/system');
    }
    return { ...secret, connectionString: url };
  }
  return {
    ...secret,
    host: env['PGHOST'] ?? '127.0.0.1',
    port: Number(env['PGPORT'] ?? '5433'),
    user: env['PGUSER'] ?? 'admin',
    database: 'system',
  };
}
