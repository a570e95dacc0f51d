// The HTTP port: routing and limits only.
import Fastify from 'fastify';
import type { Door } from '../session/door.ts';
import { lineageRoutes } from './lineage-routes.ts';

export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly door: Door;
}

export async function startHttpServer({ host, port, door }: HttpServerOptions): Promise<HttpServer> {
  const server = Fastify({ logger: false, routerOptions: { maxParamLength: 1_000 }, bodyLimit: 1_048_576 });
  server.get('/', () => ({ name: 'Portcullis', health: '/health', api: '/api/2.0/lineage-tracking' }));
  server.get('/health', () => ({ status: 'ok' }));
  lineageRoutes(server, door);
  await server.listen({ host, port });
  const address = server.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => server.close(),
  };
}
