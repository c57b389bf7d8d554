/** An operator in a driver: feeds what a case says and collects what came out. */
import { defineTopology } from '../../../src/index.ts';
import { TopologyDriver } from '../../../src/testing/index.ts';
import type { Layout } from '../layouts.ts';
import { observe, type Observed } from './observe.ts';
import type { Operator } from './operators.ts';
import type { Stimulus } from './stimuli.ts';

export interface ElementStep {
  readonly value: unknown;
  /** Null: without a timestamp. */
  readonly ts: number | null;
  readonly port?: 1 | 2;
}

export interface WatermarkStep {
  readonly watermark: number;
  readonly port?: 1 | 2;
}

/** What came out: a result with its time, or the event time that was reached. */
export type Output =
  { readonly value: unknown; readonly side?: string; readonly ts: number | null } | { readonly watermark: number };

export class Bench {
  readonly driver: TopologyDriver;
  readonly #partitions: number;
  #sent = 0;
  #seen = 0;

  private constructor(driver: TopologyDriver, partitions: number) {
    this.driver = driver;
    this.#partitions = partitions;
  }

  /** `times`: watermarks of the case. */
  static async open(operator: Operator, times: readonly number[], layout: Layout): Promise<Bench> {
    const topology = defineTopology({ name: 'bench', build: (t) => observe(t, operator(t)) });
    const driver = await TopologyDriver.open(topology, { ...layout, start: 0 });
    const bench = new Bench(driver, layout.partitions);
    // A watermark is at least t and less than t + 1: the first is seen, the second must not be.
    await bench.#everywhere(
      'times',
      times.flatMap((time) => [time, time + 1]),
      0,
    );
    return bench;
  }

  async element({ value, ts, port = 1 }: ElementStep): Promise<void> {
    const options = { at: ts ?? NaN, partition: this.#sent++ % this.#partitions };
    await this.driver.input<Stimulus<unknown>>(`port${port}`).send({ value }, options);
  }

  async watermark({ watermark, port = 1 }: WatermarkStep): Promise<void> {
    await this.#everywhere(`port${port}`, { watermark }, watermark);
  }

  /** What came out since the last call. Of watermarks in a row the last one. */
  take(): readonly Output[] {
    const records = this.driver.output<Observed>('out').records().slice(this.#seen);
    this.#seen += records.length;
    const outputs = records.map(({ value, timestamp }): Output => {
      return 'watermark' in value ? value : { ...value, ts: Number.isNaN(timestamp) ? null : timestamp };
    });
    return outputs.filter((output, i) => !('watermark' in output && 'watermark' in (outputs[i + 1] ?? {})));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.driver.close();
  }

  async #everywhere(input: string, value: unknown, at: number): Promise<void> {
    for (let partition = 0; partition < this.#partitions; partition++) {
      await this.driver.input(input).send(value, { at, partition });
    }
  }
}
