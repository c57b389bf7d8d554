/**
 * Compares the committed records of a sink with what the model expects. Records never disappear from a log, so a record
 * too many, or out of order, is wrong at once; missing ones are wrong when time is up.
 */
import { ByteWriter } from '../../core/byte-writer.ts';
import { keyText, partitionOf } from '../../core/partitioner.ts';
import type { Topic } from '../../core/topic.ts';
import { preview } from '../../core/stream-error.ts';
import type { StoredRecord } from './sim-partition.ts';

/** `key`: records of a key in the model's order. `any`: as a multiset. */
export type OutputOrder = 'key' | 'any';

interface Expected {
  readonly text: string;
  readonly value: unknown;
}

export class OutputChecker {
  readonly #sink: string;
  readonly #topic: Topic<unknown>;
  readonly #order: OutputOrder;
  readonly #expected = new Map<string, Expected[]>();
  readonly #size: number;
  #seen = 0;

  constructor(sink: string, topic: Topic<unknown>, order: OutputOrder, expected: readonly unknown[]) {
    this.#sink = sink;
    this.#topic = topic;
    this.#order = topic.options.key === undefined ? 'any' : order;
    this.#size = expected.length;
    for (const value of expected) {
      const key = this.#keyOf(value) ?? '';
      const list = this.#expected.get(key);
      const entry = { text: this.#textOf(value), value };
      if (list === undefined) this.#expected.set(key, [entry]);
      else list.push(entry);
    }
  }

  /** What is wrong already, whatever comes later. */
  wrong(partitions: readonly (readonly StoredRecord[])[]): string | undefined {
    this.#seen = 0;
    const left = new Map([...this.#expected].map(([key, list]) => [key, [...list]]));
    for (const [partition, records] of partitions.entries()) {
      for (const record of records) {
        this.#seen++;
        const found = this.#wrongRecord(record, partition, partitions.length, left);
        if (found !== undefined) return `sink ${this.#sink}: ${found}`;
      }
    }
    return undefined;
  }

  /** True when the last look found everything. */
  get complete(): boolean {
    return this.#seen === this.#size;
  }

  /** What is missing as of the last look. */
  missing(partitions: readonly (readonly StoredRecord[])[]): string {
    const left = new Map([...this.#expected].map(([key, list]) => [key, [...list]]));
    for (const [partition, records] of partitions.entries()) {
      for (const record of records) this.#wrongRecord(record, partition, partitions.length, left);
    }
    const values = [...left.values()].flat().map(({ value }) => preview(value));
    return `sink ${this.#sink}: ${values.length} of ${this.#size} records are missing: ${values.slice(0, 5).join(', ')}`;
  }

  #wrongRecord(
    record: StoredRecord,
    partition: number,
    count: number,
    left: ReadonlyMap<string, Expected[]>,
  ): string | undefined {
    const text = record.value?.latin1Slice() ?? '';
    const key = record.key?.toString() ?? '';
    const shown = `record ${record.offset} of partition ${partition}, key ${JSON.stringify(key)}, ${this.#shown(record)}`;
    if (this.#topic.options.key !== undefined && partitionOf(key, count) !== partition) {
      return `${shown}, belongs to partition ${partitionOf(key, count)}`;
    }
    const list = left.get(key) ?? [];
    const at = this.#order === 'key' ? 0 : list.findIndex((expected) => expected.text === text);
    if (list[at]?.text === text) {
      list.splice(at, 1);
      return undefined;
    }
    const next = list[0] === undefined ? 'no more of this key' : preview(list[0].value);
    return this.#order === 'key' ? `${shown}, where the model has ${next}` : `${shown}, is not, or no longer, expected`;
  }

  #shown(record: StoredRecord): string {
    if (record.value === undefined) return 'null';
    return preview(this.#topic.codec.decode(record.value, 0, record.value.length));
  }

  #keyOf(value: unknown): string | undefined {
    const { key } = this.#topic.options;
    return key === undefined ? undefined : keyText(key(value));
  }

  #textOf(value: unknown): string {
    const out = new ByteWriter(256);
    this.#topic.codec.encode(value, out);
    return out.buffer.latin1Slice(0, out.length);
  }
}
