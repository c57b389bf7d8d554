import { readFileSync } from 'node:fs';
import { Gauge, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { DurationHistogram, durationBuckets } from '../../src/observability/duration-histogram.ts';
import { engineMetrics } from '../../src/observability/engine-metrics.ts';
import type { MetricFamily, MetricsSink, MetricsSource } from '../../src/observability/metric-family.ts';
import { MetricsRegistry } from '../../src/observability/metrics-registry.ts';

function source(collect: (sink: MetricsSink) => void): MetricsSource {
  return { families: Object.values(engineMetrics), collect };
}

test('shows the current value of plain fields, read only on scrape', async () => {
  const registry = new MetricsRegistry();
  const counters = { recordsIn: 0 };
  let reads = 0;
  registry.add(
    source((sink) => {
      reads++;
      sink.value(engineMetrics.recordsIn, counters.recordsIn, { job: 'j', operator: 'o' });
    }),
  );
  counters.recordsIn = 41;
  counters.recordsIn++;
  expect(reads).toBe(0);
  expect(await registry.render()).toContain('millrace_records_in_total{job="j",operator="o"} 42\n');
  expect(await registry.render()).toContain('millrace_records_in_total{job="j",operator="o"} 42\n');
});

test('adds up the tasks of an operator; for lags the slowest counts', async () => {
  const registry = new MetricsRegistry();
  for (const value of [3, 4]) {
    registry.add(
      source((sink) => {
        sink.value(engineMetrics.recordsOut, value, { job: 'j', operator: 'o' });
        sink.value(engineMetrics.watermarkLag, value, { job: 'j', operator: 'o' });
      }),
    );
  }
  const text = await registry.render();
  expect(text).toContain('millrace_records_out_total{job="j",operator="o"} 7\n');
  expect(text).toContain('millrace_watermark_lag_seconds{job="j",operator="o"} 4\n');
  expect(registry.read(engineMetrics.recordsOut)).toEqual([{ labels: { job: 'j', operator: 'o' }, value: 7 }]);
});

test('forgets a source that was taken out', async () => {
  const registry = new MetricsRegistry();
  const remove = registry.add(source((sink) => sink.value(engineMetrics.tasks, 3, { job: 'j' })));
  remove();
  expect(await registry.render()).not.toContain('millrace_tasks{');
});

test('writes cumulative buckets, sum and count of a histogram', async () => {
  const registry = new MetricsRegistry();
  const commits = new DurationHistogram();
  for (const seconds of [0.0005, 0.002, 0.002, 100]) commits.observe(seconds);
  registry.add(source((sink) => sink.histogram(engineMetrics.commitDuration, commits, { job: 'j' })));
  const text = await registry.render();
  expect(text).toContain('millrace_commit_duration_seconds_bucket{job="j",le="0.0005"} 1\n');
  expect(text).toContain('millrace_commit_duration_seconds_bucket{job="j",le="0.0025"} 3\n');
  expect(text).toContain('millrace_commit_duration_seconds_bucket{job="j",le="60"} 3\n');
  expect(text).toContain('millrace_commit_duration_seconds_bucket{job="j",le="+Inf"} 4\n');
  expect(text).toContain('millrace_commit_duration_seconds_count{job="j"} 4\n');
  expect(text).toContain(`millrace_commit_duration_seconds_sum{job="j"} ${String(commits.sum)}\n`);
});

test('stands beside other metrics in a registry of the embedding program', async () => {
  const mine = new Registry();
  new Gauge({ name: 'mine', help: 'mine', registers: [mine] }).set(1);
  new MetricsRegistry(mine).add(source((sink) => sink.value(engineMetrics.tasks, 2, { job: 'j' })));
  const text = await mine.metrics();
  expect(text).toContain('mine 1\n');
  expect(text).toContain('millrace_tasks{job="j"} 2\n');
});

test('takes the metrics of a product under their own names', async () => {
  const detections: MetricFamily = {
    name: 'detection_total',
    type: 'counter',
    help: 'Detections.',
    labels: ['camera_id'],
  };
  const registry = new MetricsRegistry();
  registry.add({ families: [detections], collect: (sink) => sink.value(detections, 5, { camera_id: 1 }) });
  expect(await registry.render()).toContain('detection_total{camera_id="1"} 5\n');
});

test('leaves out values that are no numbers yet', async () => {
  const registry = new MetricsRegistry();
  registry.add(source((sink) => sink.value(engineMetrics.watermarkLag, Infinity, { job: 'j', operator: 'o' })));
  expect(await registry.render()).not.toContain('millrace_watermark_lag_seconds{');
});

test('a histogram puts a duration into the first bucket whose bound it does not pass', () => {
  const histogram = new DurationHistogram();
  histogram.observe(durationBuckets[3]!);
  expect(histogram.counts.indexOf(1)).toBe(3);
  expect(histogram).toMatchObject({ count: 1, sum: durationBuckets[3] });
});

test('engine metrics carry the prefix and their unit, and docs/cli.md lists each of them', () => {
  const docs = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
  for (const { name, type } of Object.values(engineMetrics)) {
    expect(name).toMatch(/^(millrace_|kafka_consumer_lag$)/);
    if (type === 'counter') expect(name).toMatch(/_total$/);
    if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    expect(docs).toContain(`\`${name}\``);
  }
});
