// The built server, stopped by SIGKILL at a step of the commit protocol: at the `STOP_COUNT`-th time it reaches STOP_STEP
// after a file `armed` has appeared in its data directory.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseCommand } from '../../dist/app/config.js';
import { serve } from '../../dist/app/main.js';

const { config } = parseCommand(process.argv.slice(2), process.env, 'test');
await serve(config, (step) => {
  if (step !== process.env.STOP_STEP || !existsSync(join(config.dataDirectory, 'armed'))) return;
  process.kill(process.pid, 'SIGKILL');
});
