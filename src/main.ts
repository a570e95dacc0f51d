// The program: reads the command, starts what it asks for, stops on signals. The bootstrap (main.cts) calls it after it has
// sized the thread pool.
import { pino } from 'pino';
import { exportEvents } from './audit/export.ts';
import { verifyLog } from './audit/verify.ts';
import { type Command, parseCommand, type ServeConfig } from './config.ts';
import { lockDataDirectory } from './data-lock.ts';
import { loadDemo } from './demo/load-demo.ts';
import { startServer } from './server.ts';

export async function main(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const command: Command = parseCommand(argv, env);
  switch (command.kind) {
    case 'serve':
      await serve(command.config);
      return;
    default:
      return;
  }
}

async function serve(config: ServeConfig): Promise<void> {
  const log = pino(process.stdout.isTTY ? { transport: { target: 'pino-pretty' } } : {});
  const unlock = lockDataDirectory(config.dataDirectory);
  const server = await startServer(config, log);
  if (config.demo) await loadDemo(server.services, config.adminPassword ?? 'demo', log);
  log.info({ pgPort: server.pgPort, httpPort: server.httpPort }, 'ready');
  const stop = (): void => {
    void server.close().then(() => {
      unlock();
      process.exit(0);
    });
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

export { exportEvents, verifyLog };
