// Listens for PostgreSQL clients.
import { createServer, type Server } from 'node:net';
import { limits } from '../base/limits.ts';
import type { Door } from '../session/door.ts';
import { CancelRegistry } from './cancel-registry.ts';
import { Connection } from './connection.ts';
import type { TlsIdentity } from './tls-identity.ts';
import type { WireLog } from './wire-log.ts';

export interface WireServerOptions {
  readonly door: Door;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly log: WireLog;
  /** Undefined: TLS is not offered. */
  readonly tls?: TlsIdentity | undefined;
  /** Nobody logs in in the clear. */
  readonly requireTls?: boolean;
  readonly connectionsMax?: number;
  /** For TLS and login together. */
  readonly authenticationTimeoutMs?: number;
  /** How long busy connections may go on after close(). */
  readonly graceMs?: number;
}

export interface WireServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startWireServer(options: WireServerOptions): Promise<WireServer> {
  const connections = new Set<Connection>();
  const cancels = new CancelRegistry();
  const max = options.connectionsMax ?? limits.connectionsMax;
  const server = createServer((socket) => {
    if (connections.size >= max + limits.connectionsOverMax) {
      socket.destroy();
      return;
    }
    const { door, log, tls, requireTls = false } = options;
    const refused = connections.size >= max;
    const authenticationTimeoutMs = options.authenticationTimeoutMs ?? limits.authenticationTimeoutMs;
    const connection = new Connection({
      socket,
      door,
      cancels,
      log,
      tls,
      requireTls,
      authenticationTimeoutMs,
      refused,
    });
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });
  const port = await listening(server, options);
  return { port, close: () => closed(server, connections, options.graceMs ?? limits.shutdownGraceMs) };
}

function listening(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Idle connections go at once, busy ones when they are done or the grace is over. */
function closed(server: Server, connections: ReadonlySet<Connection>, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timers: NodeJS.Timeout[] = [];
    const finish = (): void => {
      for (const timer of timers) clearTimeout(timer);
      resolve();
    };
    server.close(finish);
    const sweep = (): void => {
      for (const connection of connections) connection.shutDown();
    };
    sweep();
    timers.push(setInterval(sweep, 50));
    timers.push(
      setTimeout(() => {
        for (const connection of connections) connection.terminate();
      }, graceMs),
    );
  });
}
