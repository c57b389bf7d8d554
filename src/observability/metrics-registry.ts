/**
 * All metric sources of a process behind one prom-client registry. Values are collected when the registry is read;
 * between scrapes it holds nothing. Pass your own prom-client registry to find the engine's metrics beside yours.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { durationBuckets, DurationHistogram } from './duration-histogram.ts';
import type { MetricFamily, MetricLabels, MetricsSink, MetricsSource } from './metric-family.ts';

export interface MetricSample {
  readonly labels: MetricLabels;
  readonly value: number;
}

interface HistogramSample {
  readonly labels: MetricLabels;
  readonly histogram: DurationHistogram;
}

export class MetricsRegistry {
  readonly #registry: Registry;
  readonly #sources = new Set<MetricsSource>();
  readonly #families = new Set<string>();

  constructor(registry: Registry = new Registry()) {
    this.#registry = registry;
  }

  /** Adds a source; the returned function takes it out again. */
  add(source: MetricsSource): () => void {
    this.#sources.add(source);
    for (const family of source.families) this.#register(family);
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
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #collect(sink: MetricsSink): void {
    for (const source of this.#sources) source.collect(sink);
  }

  #register(family: MetricFamily): void {
    if (this.#families.has(family.name)) return;
    this.#families.add(family.name);
    const { name, help } = family;
    const registers = [this.#registry];
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
        new CollectedHistogram(family, this.#registry, () => this.#histograms(family));
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
class CollectedHistogram extends Histogram {
  readonly #samples: () => readonly HistogramSample[];
  readonly #empty: Histogram;

  constructor({ name, help, labels }: MetricFamily, registry: Registry, samples: () => readonly HistogramSample[]) {
    const labelNames = [...labels];
    super({ name, help, labelNames, registers: [registry] });
    this.#samples = samples;
    this.#empty = new Histogram({ name, help, labelNames, registers: [] });
  }

  override async get(): Promise<HistogramObject> {
    const empty = await this.#empty.get(); // super.get() would call getForPromString below
    return { ...empty, values: this.#samples().flatMap((sample) => bucketValues(empty.name, sample)) };
  }

  getForPromString(): Promise<HistogramObject> {
    return this.get();
  }
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
