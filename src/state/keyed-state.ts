import type { Codec } from '../core/codec.ts';
import type { RowBatch } from '../core/row-batch.ts';
import { prefixEnd } from '../core/store.ts';
import type { StateSpec, ValueState } from '../core/state-spec.ts';
import { AggregatingHandle, ReducingHandle } from './combining-handles.ts';
import { ExpiringValueHandle } from './expiring-value-handle.ts';
import { ExpiryIndex } from './expiry-index.ts';
import { frozenCodec, frozenList, frozenMap, frozenValue } from './frozen-handles.ts';
import type { Garbage } from './garbage.ts';
import { indexExisting } from './index-existing.ts';
import type { Incarnations } from './incarnations.ts';
import type { KeyScope } from './key-scope.ts';
import { KeyedMapHandle } from './keyed-map-handle.ts';
import { KeyedTable } from './keyed-table.ts';
import { ListFormat } from './list-format.ts';
import { ListHandle } from './list-handle.ts';
import { MapFormat } from './map-format.ts';
import type { OperatorMeta, StateLayout } from './operator-meta.ts';
import type { TaskContext } from './task-context.ts';
import { TimeToLive } from './time-to-live.ts';
import { ValueCheck } from './value-check.ts';
import { ValueFormat } from './value-format.ts';
import { ValueHandle } from './value-handle.ts';

export interface KeyedStateParts {
  readonly name: string;
  readonly spec: StateSpec;
  readonly prefix: string;
  readonly indexPrefix: string;
  readonly scope: KeyScope;
  readonly context: TaskContext;
  readonly incarnations: Incarnations;
  readonly garbage: Garbage;
  readonly meta: OperatorMeta;
}

/** One state of an operator: its handle, its cells, and with TTL its expiry index. */
export class KeyedState {
  readonly handle: { clear(): void };
  readonly layout: StateLayout;
  readonly #name: string;
  readonly #indexPrefix: string;
  readonly #context: TaskContext;
  readonly #meta: OperatorMeta;
  readonly #scope: KeyScope;
  readonly #table: KeyedTable;
  readonly #ttl: TimeToLive | undefined;
  readonly #index: ExpiryIndex | undefined;
  #sweep: ((entry: string) => void) | undefined;

  constructor(parts: KeyedStateParts) {
    const { name, spec, prefix, indexPrefix, scope, context, meta } = parts;
    this.#name = name;
    this.#indexPrefix = indexPrefix;
    this.#context = context;
    this.#meta = meta;
    this.#scope = scope;
    this.#table = new KeyedTable(name, prefix, scope, context);
    this.#ttl = TimeToLive.of(spec.options, context.time);
    if (this.#ttl !== undefined) this.#index = new ExpiryIndex(indexPrefix, context, this.#ttl);
    this.layout = spec.kind === 'list' || spec.kind === 'map' ? spec.kind : 'value';
    this.handle = this.#createHandle(parts);
    meta.declare(name, this.layout, spec.codec as Codec<never>, this.#ttl !== undefined);
  }

  get size(): number {
    return this.#table.size;
  }

  get dirtyBytes(): number {
    return this.#table.dirtyBytes + (this.#index?.dirtyBytes ?? 0);
  }

  get cachedBytes(): number {
    return this.#table.cachedBytes;
  }

  async load(): Promise<void> {
    await this.#table.load();
    const { store, durable } = this.#context;
    if (
      store !== undefined &&
      this.#ttl !== undefined &&
      this.#index !== undefined &&
      this.#meta.lacksIndex(this.#name)
    ) {
      await indexExisting(store, this.layout, this.#table.prefix, this.#index.prefix, this.#ttl);
    }
    if (store !== undefined && durable && this.#ttl === undefined && this.#meta.hasIndex(this.#name)) {
      await store.deleteRange({ from: this.#indexPrefix, to: prefixEnd(this.#indexPrefix) });
    }
    await this.#index?.load();
  }

  /** Removes a bounded number of expired entries. */
  sweep(): void {
    if (this.#index === undefined || this.#sweep === undefined) return;
    this.#index.sweep(this.#sweep);
    this.#scope.invalidate();
  }

  collect(rows: RowBatch): void {
    this.#table.collect(rows);
    this.#index?.collect(rows);
  }

  committed(): void {
    this.#table.committed();
    this.#index?.committed();
  }

  rollback(): void {
    this.#table.rollback();
    this.#index?.rollback();
  }

  shrink(bytes: number): number {
    return this.#table.shrink(bytes);
  }

  close(): void {
    this.#table.close();
  }

  copyTo(other: KeyedState): void {
    this.#table.copyTo(other.#table);
  }

  #createHandle({ name, spec, prefix, context, incarnations, garbage, scope }: KeyedStateParts): { clear(): void } {
    const table = this.#table;
    const ttl = this.#ttl;
    const index = this.#index;
    const { store, epochs, durable, frozen } = context;
    const codec: Codec<unknown> = frozen ? frozenCodec(spec.codec) : spec.codec;
    const check = new ValueCheck(name, codec, ttl !== undefined);
    if (spec.kind === 'list') {
      const format = new ListFormat(name, prefix, codec, ttl, store, incarnations, garbage, check);
      table.format = format;
      const handle = new ListHandle(table, format, ttl, index);
      this.#sweep = (entry) => {
        handle.sweep(entry);
      };
      return frozen ? frozenList(handle) : handle;
    }
    if (spec.kind === 'map') {
      const journal = { epochs, scopeUndo: scope.undo, durable, check };
      const format = new MapFormat(name, prefix, codec, ttl, store, incarnations, garbage, journal);
      table.format = format;
      const handle = new KeyedMapHandle(table, format, ttl, index);
      this.#sweep = (entry) => {
        handle.sweep(entry);
      };
      return frozen ? frozenMap(handle) : handle;
    }
    table.format = new ValueFormat(prefix, codec, ttl, check);
    const value = this.#createValue(table, ttl, index);
    return combining(spec, frozen ? frozenValue(value) : value);
  }

  #createValue(table: KeyedTable, ttl: TimeToLive | undefined, index: ExpiryIndex | undefined): ValueState<unknown> {
    if (ttl === undefined || index === undefined) return new ValueHandle(table);
    const handle = new ExpiringValueHandle(table, ttl, index);
    this.#sweep = (entry) => {
      handle.sweep(entry);
    };
    return handle;
  }
}

function combining(spec: StateSpec, value: ValueState<unknown>): { clear(): void } {
  switch (spec.kind) {
    case 'reducing':
      return new ReducingHandle(value, (a, b) => spec.reduce(a, b));
    case 'aggregating':
      return new AggregatingHandle(value, spec.aggregator);
    case 'value':
    case 'list':
    case 'map':
      return value;
  }
}
