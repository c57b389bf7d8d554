/**
 * The pages for operators, on node:http: /metrics (Prometheus), /livez, /readyz, /healthz (= /livez) and /status (JSON).
 * 503 with reasons when the answer is no.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, StreamError } from '../core/stream-error.ts';
import type { HealthMonitor, HealthReport } from './health-monitor.ts';
import type { MetricsRegistry } from './metrics-registry.ts';

export interface HttpServerOptions {
  /** 0: any free port, see `url`. */
  readonly port: number;
  /** Default: all interfaces, because probes and scrapers come from outside. */
  readonly host?: string;
  readonly metrics: MetricsRegistry;
  readonly health: HealthMonitor;
  /** What /status shows; must be JSON and free of secrets. */
  readonly status: () => unknown;
}

export interface HttpServer {
  readonly url: string;
  /** Idempotent. */
  close(): Promise<void>;
}

export async function serveHttp(options: HttpServerOptions): Promise<HttpServer> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      send(response, 405, 'text/plain', 'Only GET.\n');
      return;
    }
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    answer(pathname, options).then(
      ({ status, type, body }) => {
        send(response, status, type, request.method === 'HEAD' ? '' : body);
      },
      (error: unknown) => {
        send(response, 500, 'text/plain', `${messageOf(error)}\n`);
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new StreamError(
          'IO_FAILED',
          `cannot listen on ${options.host ?? ''}:${String(options.port)}: ${error.message}`,
          {
            cause: error,
            remedy: 'Choose another port or host, or stop the process that has it.',
          },
        ),
      );
    });
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  let closing: Promise<void> | undefined;
  return {
    url: `http://${options.host ?? 'localhost'}:${String(port)}`,
    close: () =>
      (closing ??= new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections(); // scrapers keep theirs open
      })),
  };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function answer(path: string, { metrics, health, status }: HttpServerOptions): Promise<Answer> {
  switch (path) {
    case '/metrics':
      return { status: 200, type: metrics.contentType, body: await metrics.render() };
    case '/livez':
    case '/healthz':
      return healthAnswer(health.live());
    case '/readyz':
      return healthAnswer(health.ready());
    case '/status':
      return json(200, status());
    default:
      return { status: 404, type: 'text/plain', body: 'There are /metrics, /livez, /readyz, /healthz and /status.\n' };
  }
}

function healthAnswer(report: HealthReport): Answer {
  return json(report.ok ? 200 : 503, report);
}

function json(status: number, value: unknown): Answer {
  return { status, type: 'application/json', body: `${JSON.stringify(value, undefined, 2)}\n` };
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(body);
}
