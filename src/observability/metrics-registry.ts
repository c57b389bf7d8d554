/**
 * All metric sources of a process behind one prom-client registry. Values are collected when the registry is read;
 * between scrapes it holds nothing. prom-client is loaded by the first reading, or with a registry of your own. Pass your own prom-client registry to find the engine's metrics beside yours.
 */
import type { Histogram, Registry } from 'prom-client';
import { onDemand } from '../core/on-demand.ts';
import { durationBuckets, DurationHistogram } from './duration-histogram.ts';
import type { MetricFamily, MetricLabels, MetricsSink, MetricsSource } from './metric-family.ts';

const prometheus = onDemand('prom-client') as () => typeof import('prom-client');

export interface MetricSample {
  readonly labels: MetricLabels;
  readonly value: number;
}

interface HistogramSample {
  readonly labels: MetricLabels;
  readonly histogram: DurationHistogram;
}

export class MetricsRegistry {
  #registry: Registry | undefined;
  readonly #sources = new Set<MetricsSource>();
  readonly #families = new Map<string, MetricFamily>();

  constructor(registry?: Registry) {
    this.#registry = registry;
  }

  /** Adds a source; the returned function takes it out again. */
  add(source: MetricsSource): () => void {
    this.#sources.add(source);
    for (const family of source.families) {
      if (this.#families.has(family.name)) continue;
      this.#families.set(family.name, family);
      if (this.#registry !== undefined) this.#register(family, this.#registry);
    }
    return () => this.#sources.delete(source);
  }

  /** The current samples of a counter or gauge. */
  read(family: MetricFamily): readonly MetricSample[] {
    const samples = new Map<string, { labels: MetricLabels; value: number }>();
    this.#collect({
      value: (of, value, labels = {}) => {
        if (of.name !== family.name || !Number.isFinite(value)) return;
        const id = labelId(family, labels);
        const sample = samples.get(id);
        if (sample === undefined) samples.set(id, { labels, value });
        else sample.value = family.combine === 'max' ? Math.max(sample.value, value) : sample.value + value;
      },
      histogram: () => undefined,
    });
    return [...samples.values()];
  }

  /** Everything in the Prometheus text format. */
  render(): Promise<string> {
    return this.#ready().metrics();
  }

  get contentType(): string {
    return this.#ready().contentType;
  }

  #collect(sink: MetricsSink): void {
    for (const source of this.#sources) source.collect(sink);
  }

  #ready(): Registry {
    if (this.#registry === undefined) {
      this.#registry = new (prometheus().Registry)();
      for (const family of this.#families.values()) this.#register(family, this.#registry);
    }
    return this.#registry;
  }

  #register(family: MetricFamily, registry: Registry): void {
    const { Counter, Gauge } = prometheus();
    const { name, help } = family;
    const registers = [registry];
    const labelNames = [...family.labels];
    const read = (): readonly MetricSample[] => this.read(family);
    switch (family.type) {
      case 'counter':
        new Counter({
          name,
          help,
          labelNames,
          registers,
          collect() {
            this.reset();
            for (const { labels, value } of read()) this.inc(labels, value);
          },
        });
        break;
      case 'gauge':
        new Gauge({
          name,
          help,
          labelNames,
          registers,
          collect() {
            this.reset();
            for (const { labels, value } of read()) this.set(labels, value);
          },
        });
        break;
      case 'histogram':
        collectedHistogram(family, registry, () => this.#histograms(family));
        break;
    }
  }

  #histograms(family: MetricFamily): readonly HistogramSample[] {
    const samples = new Map<string, HistogramSample>();
    this.#collect({
      value: () => undefined,
      histogram: (of, histogram, labels = {}) => {
        if (of.name !== family.name) return;
        const id = labelId(family, labels);
        const sample = samples.get(id) ?? { labels, histogram: new DurationHistogram() };
        sample.histogram.add(histogram);
        samples.set(id, sample);
      },
    });
    return [...samples.values()];
  }
}

function labelId(family: MetricFamily, labels: MetricLabels): string {
  return JSON.stringify(family.labels.map((name) => labels[name]));
}

type HistogramObject = Awaited<ReturnType<Histogram['get']>>;

/** A prom-client histogram whose counts come from outside. prom-client prints `getForPromString` and reads `get`. */
function collectedHistogram(
  { name, help, labels }: MetricFamily,
  registry: Registry,
  samples: () => readonly HistogramSample[],
): void {
  const { Histogram } = prometheus();
  const labelNames = [...labels];
  const empty = new Histogram({ name, help, labelNames, registers: [] });
  const get = async (): Promise<HistogramObject> => {
    const head = await empty.get();
    return { ...head, values: samples().flatMap((sample) => bucketValues(head.name, sample)) };
  };
  Object.assign(new Histogram({ name, help, labelNames, registers: [registry] }), { get, getForPromString: get });
}

function bucketValues(name: string, { labels, histogram }: HistogramSample): HistogramObject['values'] {
  let below = 0;
  const buckets = [...durationBuckets, '+Inf'].map((le, index) => {
    below += histogram.counts[index]!;
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: histogram.sum },
    { metricName: `${name}_count`, labels, value: histogram.count },
  ];
}
