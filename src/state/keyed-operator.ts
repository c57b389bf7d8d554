import type { Key } from '../core/partitioner.ts';
import type { RowBatch } from '../core/row-batch.ts';
import type { StateSpec } from '../core/state-spec.ts';
import { StreamError } from '../core/stream-error.ts';
import type { OperatorState } from './backend.ts';
import { Garbage } from './garbage.ts';
import { Incarnations } from './incarnations.ts';
import { KeyScope } from './key-scope.ts';
import { KeyedState } from './keyed-state.ts';
import { OperatorMeta } from './operator-meta.ts';
import { OperatorTimers } from './operator-timers.ts';
import { META_ROWS } from './row-keys.ts';
import type { TaskContext } from './task-context.ts';
import { TimerRows } from './timer-rows.ts';

/** Keyed state and timers of one operator in one task. */
export class KeyedOperator implements OperatorState {
  readonly id: string;
  readonly scope: KeyScope;
  readonly meta: OperatorMeta;
  readonly handles: Record<string, unknown> = {};
  /** What was declared so far. */
  readonly specs: Record<string, StateSpec> = {};
  readonly timers: OperatorTimers;
  readonly #prefixOf: (name: string) => string;
  readonly #context: TaskContext;
  readonly #states = new Map<string, KeyedState>();
  readonly #timerRows: readonly TimerRows[];
  readonly #incarnations = new Incarnations();
  readonly #garbage: Garbage;

  /** `prefixOf` gives the row prefix of a name within the operator ('': the operator itself). */
  constructor(id: string, prefixOf: (name: string) => string, context: TaskContext) {
    const { job, partition } = context.address;
    this.id = id;
    this.#prefixOf = prefixOf;
    this.#context = context;
    this.scope = new KeyScope({ job, operator: id, task: String(partition) });
    this.meta = new OperatorMeta(META_ROWS + prefixOf(''), id, context, this.scope, this.#incarnations);
    this.#garbage = new Garbage(prefixOf('#garbage'), context.durable ? context.store : undefined);
    const parse = (text: string): Key => this.scope.parse(text);
    const event = new TimerRows(prefixOf('#event'), context, parse, this.scope);
    const processing = new TimerRows(prefixOf('#processing'), context, parse, this.scope);
    this.#timerRows = [event, processing];
    this.timers = new OperatorTimers(this.scope, event, processing);
  }

  /** Declares what was not declared yet. */
  declare(specs: Readonly<Record<string, StateSpec>>): void {
    for (const [name, spec] of Object.entries(specs)) {
      if (this.#states.has(name)) continue;
      const prefix = this.#prefixOf(name);
      const indexPrefix = this.#prefixOf(`#expiry/${name}`);
      const { scope, meta } = this;
      const shared = { scope, meta, context: this.#context, incarnations: this.#incarnations, garbage: this.#garbage };
      const state = new KeyedState({ name, spec, prefix, indexPrefix, ...shared });
      this.#states.set(name, state);
      this.handles[name] = state.handle;
      this.specs[name] = spec;
    }
  }

  get key(): Key {
    const { key } = this.scope;
    if (key === undefined) throw this.scope.noKey();
    return key;
  }

  setKey(key: Key): void {
    this.scope.set(key);
  }

  leaveKey(): void {
    this.scope.leave();
  }

  clearKey(): void {
    for (const state of this.#states.values()) state.handle.clear();
  }

  begin(): void {
    this.scope.undo.active = true;
  }

  accept(): void {
    const { undo, key, place } = this.scope;
    try {
      undo.check();
    } catch (thrown) {
      throw StreamError.from(thrown, 'ENCODE_FAILED', { ...place, ...(key === undefined ? {} : { key: String(key) }) });
    }
    undo.active = false;
    undo.clear();
  }

  revert(): void {
    this.scope.undo.revert();
  }

  states(): IterableIterator<KeyedState> {
    return this.#states.values();
  }

  get dirtyBytes(): number {
    let bytes = 0;
    for (const state of this.#states.values()) bytes += state.dirtyBytes;
    for (const timers of this.#timerRows) bytes += timers.dirtyBytes;
    return bytes;
  }

  async load(): Promise<void> {
    this.meta.load();
    await this.#garbage.load();
    for (const state of this.#states.values()) await state.load();
    for (const timers of this.#timerRows) await timers.load();
  }

  sweep(): void {
    for (const state of this.#states.values()) state.sweep();
  }

  collect(rows: RowBatch): void {
    for (const state of this.#states.values()) state.collect(rows);
    for (const timers of this.#timerRows) timers.collect(rows);
    if (!this.#context.durable) return;
    this.#garbage.collect(rows);
    this.meta.collect(rows);
  }

  committed(): void {
    for (const state of this.#states.values()) state.committed();
    for (const timers of this.#timerRows) timers.committed();
  }

  rollback(): void {
    this.scope.undo.active = false;
    this.scope.undo.clear();
    for (const state of this.#states.values()) state.rollback();
    for (const timers of this.#timerRows) timers.rollback();
  }

  /** Makes `other` hold what this one holds in memory. */
  copyTo(other: KeyedOperator): void {
    other.scope.keyType = this.scope.keyType;
    for (const [name, state] of this.#states) state.copyTo(other.#states.get(name)!);
    for (const [i, timers] of this.#timerRows.entries()) timers.copyTo(other.#timerRows[i]!);
  }
}
