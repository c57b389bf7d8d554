/**
 * Timers of one operator and time domain, as a queue in memory with rows under it. Only timers before the horizon are in
 * memory; the rows beyond it are read by an asynchronous scan when the queue has run empty.
 *
 *      queue (memory)       │ horizon      rows only
 *   ────t──t──t──t──t───────┼────r────r───────r─────r──────> (time, key text)
 *                           │    far: changes beyond it that the store does not have yet
 *
 * Laws: a timer before the horizon is in the queue exactly if it is set. Beyond it, `far` overrules the rows, newest
 * epoch first. A scan may have read a snapshot older than a commit that was confirmed while it ran, so confirmed changes
 * stay in `far` until the scan is over.
 *
 * The memory backend has no horizon and no rows; it puts timers back by its undo log.
 */
import { compareText } from '../core/compare-text.ts';
import type { Key } from '../core/partitioner.ts';
import { checkKey, keyText } from '../core/partitioner.ts';
import type { RowBatch } from '../core/row-batch.ts';
import { prefixEnd } from '../core/store.ts';
import { StreamError } from '../core/stream-error.ts';
import { TimerQueue } from '../time/timer-queue.ts';
import type { KeyScope } from './key-scope.ts';
import { keyPart } from './row-keys.ts';
import type { TaskContext } from './task-context.ts';
import { MAX_TIME, parseTime, timeText } from './time-text.ts';
import type { UndoLog, Undoable } from './undo-log.ts';

/** Marks in the queue: the store has no row of the timer yet, or it has one (or will with the commit in flight). */
const FRESH = 0;
const STORED = 1;

/** Beyond all timers: nothing is left in rows. */
const END = '\u{10ffff}';

export class TimerRows {
  readonly prefix: string;
  readonly #context: TaskContext;
  readonly #parse: (keyText: string) => Key;
  readonly #scopeUndo: UndoLog | undefined;
  readonly #queue = new TimerQueue();
  /** Key part of the first row that is not in memory. */
  #horizon = END;
  #horizonTime = Infinity;
  /** Registered and deleted since the last collect, before the horizon: parallel arrays. */
  #addedTimes: number[] = [];
  #addedKeys: Key[] = [];
  #deletedTimes: number[] = [];
  #deletedKeys: Key[] = [];
  /** Key part -> set or not: changed since the last collect; in flight; confirmed while a scan runs. */
  #far = new Map<string, boolean>();
  #farFlying = new Map<string, boolean>();
  #farConfirmed = new Map<string, boolean>();
  #loading: Promise<void> | undefined;
  /** A scan that began before a rollback is void. */
  #generation = 0;

  readonly #undoAdd: Undoable = { undo: (key, time) => this.delete(time as number, key as Key) };
  readonly #undoDelete: Undoable = { undo: (key, time) => this.add(time as number, key as Key) };
  readonly #undoFar: Undoable = {
    undo: (part, old) => {
      if (old === undefined) this.#far.delete(part as string);
      else this.#far.set(part as string, old as boolean);
    },
  };

  /** `scope` is undefined for the expiry index, which is no part of invocations. */
  constructor(prefix: string, context: TaskContext, parse: (keyText: string) => Key, scope?: KeyScope) {
    this.prefix = prefix;
    this.#context = context;
    this.#parse = parse;
    this.#scopeUndo = scope?.undo;
  }

  get size(): number {
    return this.#queue.size;
  }

  get takenTime(): number {
    return this.#queue.takenTime;
  }

  get takenKey(): Key {
    return this.#queue.takenKey;
  }

  /** Estimated bytes of changes not yet collected. */
  get dirtyBytes(): number {
    return (this.#addedTimes.length + this.#deletedTimes.length + this.#far.size) * 64;
  }

  /** Reads the first rows; nothing is in memory before. */
  async load(): Promise<void> {
    if (this.#context.store === undefined) return;
    this.#setHorizon('');
    do await this.#read();
    while (!this.#context.durable && this.#horizon !== END);
  }

  add(time: number, key: Key): void {
    const at = clamp(time);
    if (this.#isFar(at, key)) {
      this.#changeFar(timeText(at) + keyText(key), true);
      return;
    }
    if (!this.#queue.add(at, key, FRESH)) return;
    checkKey(key); // refuses keys that no row can have
    if (this.#context.durable) {
      this.#addedTimes.push(at);
      this.#addedKeys.push(key);
    }
    this.#remember(this.#undoAdd, at, key);
  }

  delete(time: number, key: Key): void {
    const at = clamp(time);
    if (this.#isFar(at, key)) {
      this.#changeFar(timeText(at) + keyText(key), false);
      return;
    }
    const mark = this.#queue.mark(at, key);
    if (mark === undefined) return;
    this.#queue.delete(at, key);
    this.#gone(at, key, mark);
  }

  /** Takes the earliest timer at or before `time`; `'loading'`: `ready()` must be awaited first. */
  take(time: number): boolean | 'loading' {
    if (this.#queue.take(time)) {
      this.#gone(this.#queue.takenTime, this.#queue.takenKey, this.#queue.takenMark);
      return true;
    }
    if (this.#horizonTime > time || this.#horizon === END) return false;
    this.#loading ??= this.#read();
    return 'loading';
  }

  async ready(): Promise<void> {
    await this.#loading;
  }

  /** Time of the earliest timer, or a lower bound of it; Infinity: none. */
  next(): number {
    return Math.min(this.#queue.next(), this.#horizonTime);
  }

  collect(rows: RowBatch): void {
    if (this.#context.durable) this.#encode(rows);
    this.#addedTimes = [];
    this.#addedKeys = [];
    this.#deletedTimes = [];
    this.#deletedKeys = [];
  }

  committed(): void {
    if (!this.#context.durable) return;
    if (this.#loading === undefined) this.#farFlying = new Map();
    else this.#settleFar();
    if (this.#queue.size > this.#context.timersInMemory && this.#loading === undefined) this.#cut();
  }

  /** The memory backend's timers were put back by then. */
  rollback(): void {
    this.#addedTimes = [];
    this.#addedKeys = [];
    this.#deletedTimes = [];
    this.#deletedKeys = [];
    if (!this.#context.durable) return;
    this.#generation++;
    this.#loading = undefined;
    this.#queue.clear();
    this.#far = new Map();
    this.#farFlying = new Map();
    this.#farConfirmed = new Map();
  }

  /** Makes `other` hold the timers of this one (savepoint of the memory backend, which has all of them in memory). */
  copyTo(other: TimerRows): void {
    for (const [time, key] of [...other.#queue.entries()]) {
      if (this.#queue.mark(time, key) === undefined) other.delete(time, key);
    }
    for (const [time, key] of this.#queue.entries()) other.add(time, key);
  }

  #encode(rows: RowBatch): void {
    const queue = this.#queue;
    for (let i = 0; i < this.#deletedTimes.length; i++) {
      const time = this.#deletedTimes[i]!;
      const key = this.#deletedKeys[i]!;
      if (queue.mark(time, key) === undefined) rows.delete(this.prefix + timeText(time) + String(key));
    }
    for (const [part, set] of this.#far) if (!set) rows.delete(this.prefix + part);
    for (let i = 0; i < this.#addedTimes.length; i++) {
      const time = this.#addedTimes[i]!;
      const key = this.#addedKeys[i]!;
      if (queue.mark(time, key) !== FRESH) continue;
      rows.closeKey(this.prefix + timeText(time), key, rows.values.length);
      queue.setMark(time, key, STORED);
    }
    for (const [part, set] of this.#far) if (set) rows.close(this.prefix + part, rows.values.length);
    this.#farFlying = this.#far;
    this.#far = new Map();
  }

  #gone(time: number, key: Key, mark: number): void {
    if (mark === STORED) {
      this.#deletedTimes.push(time);
      this.#deletedKeys.push(key);
    }
    this.#remember(this.#undoDelete, time, key);
  }

  #remember(how: Undoable, time: number, key: Key): void {
    if (this.#scopeUndo?.active === true) this.#scopeUndo.push(how, key, time);
    const { undo } = this.#context.epochs;
    if (undo.active) undo.push(how, key, time);
  }

  #isFar(time: number, key: Key): boolean {
    if (time < this.#horizonTime) return false;
    return time > this.#horizonTime || compareText(timeText(time) + keyText(key), this.#horizon) >= 0;
  }

  #changeFar(part: string, set: boolean): void {
    if (this.#scopeUndo?.active === true) this.#scopeUndo.push(this.#undoFar, part, this.#far.get(part));
    this.#far.set(part, set);
  }

  #setHorizon(part: string): void {
    this.#horizon = part;
    this.#horizonTime = part === END ? Infinity : part === '' ? -Infinity : parseTime(part).time;
  }

  /** Moves the horizon on by one portion of rows. */
  async #read(): Promise<void> {
    const generation = this.#generation;
    const portion = Math.max(1, Math.floor(this.#context.timersInMemory / 2));
    const parts: string[] = [];
    const { prefix } = this;
    try {
      const range = { from: prefix + this.#horizon, to: prefixEnd(prefix), limit: portion };
      for await (const rows of this.#context.store!.scan(range)) {
        if (generation !== this.#generation) return;
        for (const { key } of rows) parts.push(keyPart(key));
      }
    } finally {
      if (generation === this.#generation) this.#loading = undefined;
    }
    if (generation !== this.#generation) return;
    // The next row is not before the last one with the smallest character appended.
    this.#admit(parts, parts.length < portion ? END : `${parts.at(-1)!}\0`);
  }

  #admit(parts: readonly string[], horizon: string): void {
    const from = this.#horizon;
    this.#setHorizon(horizon);
    // What the store has, or will have with the commit in flight.
    const stored = new Set(parts);
    for (const changes of [this.#farConfirmed, this.#farFlying]) {
      for (const [part, set] of changes) {
        if (compareText(part, from) < 0 || compareText(part, horizon) >= 0) continue;
        if (set) stored.add(part);
        else stored.delete(part);
      }
    }
    for (const part of stored) if (this.#far.get(part) !== false) this.#enter(part, STORED);
    for (const [part, set] of this.#far) {
      if (!set || compareText(part, horizon) >= 0) continue;
      this.#far.delete(part);
      if (!stored.has(part)) this.#enter(part, FRESH);
    }
    this.#farConfirmed = new Map();
  }

  #enter(part: string, mark: number): void {
    const { time, rest } = parseTime(part);
    const key = this.#parse(rest);
    if (!this.#queue.add(time, key, mark) || mark === STORED) return;
    this.#addedTimes.push(time);
    this.#addedKeys.push(key);
  }

  #settleFar(): void {
    for (const [part, set] of this.#farFlying) this.#farConfirmed.set(part, set);
    this.#farFlying = new Map();
  }

  /** Too many in memory: the later half goes back to being rows only. All `STORED` ones are durable at this point. */
  #cut(): void {
    const fresh: string[] = [];
    let horizon = END;
    this.#queue.cut(Math.floor(this.#context.timersInMemory / 2), (time, key, mark) => {
      const part = timeText(time) + keyText(key);
      if (horizon === END) horizon = part;
      if (mark === FRESH) fresh.push(part);
    });
    if (horizon === END) return;
    this.#setHorizon(horizon);
    for (let i = 0; i < this.#deletedTimes.length; i++) {
      const part = timeText(this.#deletedTimes[i]!) + keyText(this.#deletedKeys[i]);
      if (compareText(part, horizon) >= 0) this.#far.set(part, false);
    }
    for (const part of fresh) this.#far.set(part, true);
  }
}

function clamp(time: number): number {
  if (Number.isNaN(time)) throw new StreamError('TIMESTAMP_INVALID', 'a timer needs a time, not NaN');
  return time > MAX_TIME ? MAX_TIME : time < -MAX_TIME ? -MAX_TIME : Math.ceil(time);
}
