// The HTTP port: routing and limits only. Today it answers health checks; REST and sharing hang their routes here.
import Fastify from 'fastify';

export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startHttpServer(options: { readonly host: string; readonly port: number }): Promise<HttpServer> {
  const server = Fastify({ logger: false, routerOptions: { maxParamLength: 1_000 }, bodyLimit: 1_048_576 });
  server.get('/health', () => ({ status: 'ok' }));
  await server.listen({ host: options.host, port: options.port });
  const address = server.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () => server.close(),
  };
}
