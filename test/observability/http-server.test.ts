import { afterEach, beforeEach, expect, test } from 'vitest';
import { engineMetrics } from '../../src/observability/engine-metrics.ts';
import { HealthMonitor } from '../../src/observability/health-monitor.ts';
import { serveHttp, type HttpServer } from '../../src/observability/http-server.ts';
import { MetricsRegistry } from '../../src/observability/metrics-registry.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

const part = { name: 'worker 0', lastTurn: 0, notReady: 'restoring' as string | undefined };
let clock: ManualClock;
let server: HttpServer;

beforeEach(async () => {
  clock = new ManualClock();
  part.notReady = 'restoring';
  const health = new HealthMonitor(clock);
  health.add(part);
  const metrics = new MetricsRegistry();
  metrics.add({ families: [engineMetrics.tasks], collect: (sink) => sink.value(engineMetrics.tasks, 4, { job: 'j' }) });
  server = await serveHttp({ port: 0, host: '127.0.0.1', metrics, health, status: () => ({ job: 'j' }) });
});

afterEach(() => server.close());

test('serves metrics in the Prometheus format', async () => {
  const response = await fetch(`${server.url}/metrics`);
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  expect(await response.text()).toContain('millrace_tasks{job="j"} 4');
});

test('/healthz is /livez, and readiness is another question', async () => {
  const codes = async (): Promise<number[]> =>
    Promise.all(['/livez', '/healthz', '/readyz'].map(async (path) => (await fetch(server.url + path)).status));
  expect(await codes()).toEqual([200, 200, 503]);
  part.notReady = undefined;
  expect(await codes()).toEqual([200, 200, 200]);
  await clock.advance('31s');
  expect(await codes()).toEqual([503, 503, 200]);
});

test('says why it is not ready', async () => {
  expect(await (await fetch(`${server.url}/readyz`)).json()).toEqual({ ok: false, reasons: ['worker 0: restoring'] });
});

test('shows the status as JSON, knows no other page, and only reads', async () => {
  expect(await (await fetch(`${server.url}/status`)).json()).toEqual({ job: 'j' });
  expect((await fetch(`${server.url}/`)).status).toBe(404);
  expect((await fetch(`${server.url}/status`, { method: 'POST' })).status).toBe(405);
});

test('a port in use is a coded error', async () => {
  const port = Number(new URL(server.url).port);
  const second = serveHttp({
    port,
    host: '127.0.0.1',
    metrics: new MetricsRegistry(),
    health: new HealthMonitor(clock),
    status: () => ({}),
  });
  await expect(second).rejects.toMatchObject({ code: 'IO_FAILED' });
});

test('close is idempotent and frees the port', async () => {
  await server.close();
  await server.close();
  await expect(fetch(`${server.url}/livez`)).rejects.toThrow();
});
