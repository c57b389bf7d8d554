import type { Codec } from '../core/codec.ts';
import type { RowBatch } from '../core/row-batch.ts';
import type { MapSpec, MapState, StateSpec } from '../core/state-spec.ts';
import { StreamError } from '../core/stream-error.ts';
import type { OperatorState, TaskAddress, TaskRows, TaskState } from './backend.ts';
import type { KeyedState } from './keyed-state.ts';
import { KeyedOperator } from './keyed-operator.ts';
import { frozenCodec, frozenMap } from './frozen-handles.ts';
import { cutKey, readCutRow, writeCutRow } from './cut-rows.ts';
import { META_ROWS, rowPrefix } from './row-keys.ts';
import type { TaskContext } from './task-context.ts';
import { TaskMap } from './task-map.ts';
import { TaskRowTable } from './task-row-table.ts';
import { ValueCheck } from './value-check.ts';

/** Gives the tag of a path of names, and fails when two paths have the same one. */
export type TagOf = (...path: readonly string[]) => string;

/** The state of one task. Both backends use it; what differs is in the context (`store`, `durable`). */
export class KeyedTask implements TaskState {
  readonly address: TaskAddress;
  readonly #context: TaskContext;
  readonly #tagOf: TagOf;
  readonly #operators = new Map<string, KeyedOperator>();
  readonly #maps = new Map<string, DeclaredMap>();
  readonly #rows = new Map<string, DeclaredRows>();
  readonly #cutKey: string;
  readonly #prefixes = new Set<string>();
  #cut: Buffer | undefined;
  /** Collected, not yet confirmed. */
  #nextCut: Buffer | undefined;
  #loaded = false;

  constructor(context: TaskContext, tagOf: TagOf) {
    this.address = context.address;
    this.#context = context;
    this.#tagOf = tagOf;
    this.#cutKey = cutKey(context.address, tagOf);
  }

  get rowPrefixes(): readonly string[] {
    return [...this.#prefixes, this.#cutKey];
  }

  get cut(): Buffer | undefined {
    return this.#cut;
  }

  operator(operatorId: string, specs: Readonly<Record<string, StateSpec>>): OperatorState {
    const operator = this.#operator(operatorId);
    operator.declare(specs);
    return operator;
  }

  taskMap<K extends string | number, V>(operatorId: string, name: string, spec: MapSpec<K, V>): MapState<K, V> {
    const operator = this.#operator(operatorId);
    if (spec.options.ttl !== undefined) {
      throw new StreamError('GRAPH_INVALID', `broadcast state '${name}' has a TTL`, {
        ...operator.scope.place,
        remedy: 'Remove the ttl; delete entries of broadcast state by records.',
      });
    }
    const id = `${operatorId}/${name}`;
    let declared = this.#maps.get(id);
    if (declared === undefined) {
      const { store, epochs, durable, frozen } = this.#context;
      const check = new ValueCheck(name, spec.codec, false);
      const journal = { epochs, scopeUndo: operator.scope.undo, durable, check };
      const codec = frozen ? frozenCodec(spec.codec) : spec.codec;
      const map = new TaskMap<K, V>(this.#prefix(operatorId, name), codec, store, journal);
      const handle = frozen ? frozenMap(map) : map;
      declared = { operatorId, name, spec, map, handle };
      this.#maps.set(id, declared);
      operator.meta.declare(name, 'taskMap', spec.codec as Codec<never>, false);
    }
    return declared.handle as unknown as MapState<K, V>;
  }

  taskRows<T>(operatorId: string, name: string, codec: Codec<T>): TaskRows<T> {
    const id = `${operatorId}/${name}`;
    let declared = this.#rows.get(id);
    if (declared === undefined) {
      const rows = new TaskRowTable(this.#prefix(operatorId, name), codec, this.#context);
      declared = { operatorId, name, codec, rows };
      this.#rows.set(id, declared);
      this.#operator(operatorId).meta.declare(name, 'taskRows', codec as Codec<never>, false);
    }
    return declared.rows as unknown as TaskRows<T>;
  }

  async load(): Promise<void> {
    if (this.#loaded && !this.#context.durable) return; // what a savepoint brought is read once
    this.#loaded = true;
    const bytes = this.#context.store?.get(this.#cutKey);
    if (bytes !== undefined) this.#cut = readCutRow(bytes).cut;
    else if (this.#context.durable) this.#cut = undefined;
    for (const part of this.#parts()) await part.load();
  }

  collect(rows: RowBatch, cut: Buffer): void {
    const { epochs, durable } = this.#context;
    if (epochs.inFlight) {
      throw new StreamError('COMMIT_FAILED', 'state was collected twice without a commit in between', {
        task: String(this.address.partition),
      });
    }
    for (const operator of this.#operators.values()) operator.sweep();
    for (const operator of this.#operators.values()) operator.collect(rows);
    for (const declared of this.#maps.values()) this.#collect(declared, declared.map, rows);
    for (const declared of this.#rows.values()) this.#collect(declared, declared.rows, rows);
    if (durable) {
      rows.put(this.#cutKey, (out) => {
        writeCutRow(out, this.address, cut);
      });
    }
    this.#nextCut = Buffer.from(cut);
    epochs.collect();
  }

  committed(): void {
    this.#context.epochs.confirm();
    this.#cut = this.#nextCut;
    for (const operator of this.#operators.values()) operator.committed();
  }

  async rollback(): Promise<void> {
    this.#discard();
    if (this.#context.durable) await this.load();
  }

  get dirtyBytes(): number {
    let bytes = this.#context.epochs.undo.size * 96;
    for (const part of this.#parts()) bytes += part.dirtyBytes;
    return bytes;
  }

  get cachedBytes(): number {
    let bytes = 0;
    for (const state of this.#states()) bytes += state.cachedBytes;
    return bytes;
  }

  shrink(targetBytes: number): void {
    const cached = this.cachedBytes;
    let excess = cached - targetBytes;
    if (excess <= 0) return;
    // Each state gives in proportion to its size; what one could not give, the next ones are asked for.
    let left = cached;
    for (const state of this.#states()) {
      const share = state.cachedBytes;
      if (left <= 0 || excess <= 0) break;
      excess -= state.shrink((excess * share) / left);
      left -= share;
    }
  }

  close(): void {
    for (const state of this.#states()) state.close();
    if (!this.#context.durable) this.#discard(); // opened again, the task goes on from its last commit
  }

  /** Declares all that `other` declared. */
  declareLike(other: KeyedTask): void {
    for (const [id, operator] of other.#operators) this.#operator(id).declare(operator.specs);
    for (const { operatorId, name, spec } of other.#maps.values()) this.taskMap(operatorId, name, spec);
    for (const { operatorId, name, codec } of other.#rows.values()) this.taskRows(operatorId, name, codec);
  }

  /** Makes `other` hold what this one holds in memory. `other` has the same declarations. */
  copyTo(other: KeyedTask): void {
    for (const [id, operator] of this.#operators) operator.copyTo(other.#operators.get(id)!);
    for (const [id, { map }] of this.#maps) map.copyTo(other.#maps.get(id)!.map);
    for (const [id, { rows }] of this.#rows) rows.copyTo(other.#rows.get(id)!.rows);
  }

  #collect({ operatorId, name }: Declared, part: Part, rows: RowBatch): void {
    try {
      part.collect(rows);
    } catch (thrown) {
      const { job, partition } = this.address;
      throw StreamError.from(thrown, 'ENCODE_FAILED', {
        job,
        operator: operatorId,
        task: String(partition),
        path: name,
      });
    }
  }

  #discard(): void {
    this.#context.epochs.rollback();
    this.#nextCut = undefined;
    for (const operator of this.#operators.values()) operator.rollback();
    for (const { rows } of this.#rows.values()) rows.rollback();
  }

  #operator(operatorId: string): KeyedOperator {
    let operator = this.#operators.get(operatorId);
    if (operator === undefined) {
      const prefixOf = (name: string): string => this.#prefix(operatorId, name);
      operator = new KeyedOperator(operatorId, prefixOf, this.#context);
      this.#operators.set(operatorId, operator);
    }
    return operator;
  }

  #prefix(operatorId: string, name: string): string {
    const { job, partition } = this.address;
    const prefix = rowPrefix(
      name === '' ? this.#tagOf(job, operatorId) : this.#tagOf(job, operatorId, name),
      partition,
    );
    this.#prefixes.add(name === '' ? META_ROWS + prefix : prefix);
    return prefix;
  }

  *#parts(): IterableIterator<Part> {
    yield* this.#operators.values();
    for (const { map } of this.#maps.values()) yield map;
    for (const { rows } of this.#rows.values()) yield rows;
  }

  *#states(): IterableIterator<KeyedState> {
    for (const operator of this.#operators.values()) yield* operator.states();
  }
}

interface Declared {
  readonly operatorId: string;
  readonly name: string;
}

interface DeclaredMap extends Declared {
  readonly spec: MapSpec<string | number, unknown>;
  readonly map: TaskMap<string | number, unknown>;
  readonly handle: MapState<string | number, unknown>;
}

interface DeclaredRows extends Declared {
  readonly codec: Codec<unknown>;
  readonly rows: TaskRowTable<unknown>;
}

interface Part {
  readonly dirtyBytes: number;
  load(): Promise<void>;
  collect(rows: RowBatch): void;
}
