/**
 * One asynchronous call per element, a bounded number at a time, results in order or as they come.
 *
 *   element -> in-flight log (state) -> waits for a slot -> call (attempt 1..n, each with a timeout) -> result queue -> out
 *
 * A commit never waits for calls: input positions pass elements that are in flight, the log holds them. A restore calls
 * them again with the same id. Every element makes exactly one terminal transition: result, skip, dead letter or failure;
 * whatever a call does after that is ignored.
 */
import { callId } from '../async/call-id.ts';
import type { InFlight, InFlightElement } from '../async/in-flight.ts';
import { ResultQueue, type QueueEntry } from '../async/result-queue.ts';
import { ByteWriter } from '../core/byte-writer.ts';
import type { Timer } from '../core/clock.ts';
import type { Codec } from '../core/codec.ts';
import { StreamError, preview } from '../core/stream-error.ts';
import type { TaskRows } from '../state/backend.ts';
import { MAX_VALUE_BYTES, tooLarge } from '../state/value-limit.ts';
import type { Counters } from './counters.ts';
import type { Advancer, OperatorHost } from './host.ts';
import type { Input } from './input.ts';
import { encodedInput, userError, type Policy } from './invocation.ts';

export interface Call {
  readonly id: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
}

export interface AsyncMapOptions {
  readonly id: string;
  readonly host: OperatorHost;
  readonly policy: Policy;
  readonly counters: Counters;
  readonly call: (value: unknown, call: Call) => Promise<unknown>;
  readonly mode: 'ordered' | 'unordered';
  readonly slots: number;
  readonly waiting: number;
  readonly attemptTimeoutMs: number;
  readonly inputCodec: Codec<unknown>;
  readonly rows: TaskRows<InFlight>;
}

/** Results emitted before the worker may look at other work. */
const emissionsPerCall = 256;

interface Running {
  readonly abort: AbortController;
  timer: Timer;
}

export class AsyncMap implements Input, Advancer {
  readonly id: string;
  readonly counters: Counters;
  readonly #options: AsyncMapOptions;
  readonly #out: Input;
  readonly #queue: ResultQueue<unknown>;
  readonly #waiting: { entry: QueueEntry<unknown>; element: InFlightElement }[] = [];
  readonly #running = new Map<number, Running>();
  readonly #elements = new Map<number, InFlightElement>();
  readonly #encoded = new ByteWriter(1024);
  /** Row 0 holds the last watermark that was forwarded; the in-flight log starts at 1. */
  #sequence = 1;
  /** Event time of the input, and the time that was forwarded: what is in flight holds it back. */
  #time = -Infinity;
  #idle = false;
  #forwardedTime = -Infinity;
  #forwardedIdle = false;
  #lineage = '';
  #index = 0;
  #closed = false;
  #failure: StreamError | undefined;

  constructor(options: AsyncMapOptions, out: Input) {
    this.id = options.id;
    this.counters = options.counters;
    this.#options = options;
    this.#out = out;
    this.#queue = new ResultQueue(options.mode);
  }

  /** Calls running now. */
  get inFlight(): number {
    return this.#running.size;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** True when nothing is in flight: a drain may end. */
  get drained(): boolean {
    return this.#queue.length === 0;
  }

  /** Takes up the in-flight log of the last commit: what had started is called again, whatever the capacity. */
  restore(): void {
    let forwarded = -Infinity;
    for (const [sequence, entry] of this.#options.rows.entries()) {
      this.#sequence = Math.max(this.#sequence, sequence + 1);
      if (entry.kind === 'element') {
        this.#admit(sequence, entry);
        continue;
      }
      this.#time = Math.max(this.#time, entry.time);
      if (sequence === 0) forwarded = entry.time;
      else this.#queue.add(sequence, entry.time);
    }
    this.#fill();
    this.#regulate();
    if (this.#queue.length === 0) return; // the input repeats its time
    this.#forward(forwarded);
    this.#options.host.schedule(this);
  }

  process(value: unknown): void {
    const { host, rows, counters } = this.#options;
    const { cursor } = host;
    counters.recordsIn++;
    let id: string;
    try {
      id = this.#callId(value);
    } catch (thrown) {
      this.#giveUp(thrown, value); // the in-flight log could not hold it
      return;
    }
    const element: InFlightElement = {
      kind: 'element',
      value,
      key: cursor.key,
      timestamp: cursor.timestamp,
      callId: id,
      attempt: 0,
      firstStart: 0,
      topic: cursor.topic,
      partition: cursor.partition,
      offset: cursor.offset,
      trace: cursor.trace,
    };
    const sequence = this.#sequence++;
    rows.set(sequence, element);
    this.#admit(sequence, element);
    this.#fill();
    this.#regulate();
  }

  onTime(time: number, idle: boolean): void {
    this.#idle = idle;
    if (time > this.#time) {
      this.#time = time;
      if (this.#queue.length > 0) {
        const sequence = this.#sequence++;
        this.#options.rows.set(sequence, { kind: 'watermark', time });
        this.#queue.add(sequence, time);
      }
    }
    this.#forward(this.#queue.length === 0 ? this.#time : this.#forwardedTime);
  }

  advance(): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    const { host, rows, counters } = this.#options;
    const { cursor } = host;
    for (let i = 0; i < emissionsPerCall; i++) {
      const entry = this.#queue.take();
      if (entry === undefined) {
        this.#regulate();
        if (this.#queue.length === 0) this.#forward(this.#time);
        return true;
      }
      rows.delete(entry.sequence);
      if (entry.watermark !== undefined) {
        this.#forward(entry.watermark);
        // Timers that it triggered come before the next result.
        return this.#queue.length === 0;
      }
      const element = this.#elements.get(entry.sequence)!;
      this.#elements.delete(entry.sequence);
      if (entry.result === undefined) continue;
      cursor.detach();
      cursor.timestamp = element.timestamp;
      cursor.key = element.key;
      cursor.topic = element.topic;
      cursor.partition = element.partition;
      cursor.offset = element.offset;
      cursor.trace = element.trace;
      counters.recordsOut++;
      this.#out.process(entry.result.value);
      cursor.trace = undefined;
    }
    return false;
  }

  // Not idle while something is in flight: what comes of it must not be late.
  #forward(time: number): void {
    const idle = this.#idle && this.#queue.length === 0;
    if (time > this.#forwardedTime) {
      this.#forwardedTime = time;
      this.#options.rows.set(0, { kind: 'watermark', time });
    } else if (idle === this.#forwardedIdle) {
      return;
    }
    this.#forwardedIdle = idle;
    this.#out.onTime(this.#forwardedTime, idle);
  }

  close(): void {
    this.#closed = true;
    for (const { abort, timer } of this.#running.values()) {
      timer.cancel();
      abort.abort(new StreamError('ABORTED', 'the task was stopped', { operator: this.id }));
    }
    this.#running.clear();
  }

  #callId(value: unknown): string {
    const { host, inputCodec } = this.#options;
    const { cursor } = host;
    const key = String(cursor.key);
    const lineage = `${cursor.topic}/${String(cursor.partition)}/${String(cursor.offset)}/${String(cursor.timestamp)}/${key}`;
    this.#index = lineage === this.#lineage ? this.#index + 1 : 0;
    this.#lineage = lineage;
    this.#encoded.clear();
    inputCodec.encode(value, this.#encoded);
    if (this.#encoded.length > MAX_VALUE_BYTES) throw tooLarge(this.#encoded.length);
    return callId({
      operator: this.id,
      version: inputCodec.version,
      topic: cursor.topic,
      partition: cursor.partition,
      offset: cursor.offset,
      timestamp: cursor.timestamp,
      key,
      index: this.#index,
      input: this.#encoded.buffer.subarray(0, this.#encoded.length),
    });
  }

  #admit(sequence: number, element: InFlightElement): void {
    this.#elements.set(sequence, element);
    this.#waiting.push({ entry: this.#queue.add(sequence), element });
  }

  // Starts calls while slots are free.
  #fill(): void {
    while (this.#running.size < this.#options.slots) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#start(next.entry, next.element);
    }
  }

  #regulate(): void {
    this.#options.host.hold(this, this.#queue.length >= this.#options.slots + this.#options.waiting);
  }

  #start(entry: QueueEntry<unknown>, before: InFlightElement): void {
    const { host, rows, attemptTimeoutMs, call } = this.#options;
    const { sequence } = entry;
    const element: InFlightElement = {
      ...before,
      attempt: before.attempt + 1,
      firstStart: before.firstStart === 0 ? host.clock.now() : before.firstStart,
    };
    rows.set(sequence, element);
    this.#elements.set(sequence, element);
    const abort = new AbortController();
    const running: Running = {
      abort,
      timer: host.clock.schedule(attemptTimeoutMs, () => {
        const error = new StreamError(
          'CALL_TIMEOUT',
          `attempt ${String(element.attempt)} took over ${String(attemptTimeoutMs)} ms`,
          {
            operator: this.id,
            remedy: 'Raise attemptTimeout, or let onError retry, skip or deadLetter it.',
          },
        );
        abort.abort(error);
        this.#ended(entry, running, element, { error });
      }),
    };
    this.#running.set(sequence, running);
    let promise: Promise<unknown>;
    try {
      promise = call(element.value, { id: element.callId, attempt: element.attempt, signal: abort.signal });
    } catch (thrown) {
      promise = Promise.reject(StreamError.from(thrown, 'USER_FUNCTION_FAILED'));
    }
    Promise.resolve(promise).then(
      (value) => {
        this.#ended(entry, running, element, { value });
      },
      (error: unknown) => {
        this.#ended(entry, running, element, { error });
      },
    );
  }

  // First answer of an attempt: hop onto the worker's turn. A later answer (after the timeout) finds the attempt gone.
  #ended(entry: QueueEntry<unknown>, running: Running, element: InFlightElement, outcome: Outcome): void {
    if (this.#closed || this.#running.get(entry.sequence) !== running) return;
    running.timer.cancel();
    this.#running.delete(entry.sequence);
    this.#options.host.mail(() => {
      if (this.#closed) return;
      const { counters } = this.#options;
      if ('value' in outcome) {
        counters.attemptsDone++;
        this.#queue.finish(entry, { value: outcome.value });
      } else {
        if (StreamError.is(outcome.error) && outcome.error.code === 'CALL_TIMEOUT') counters.attemptsTimedOut++;
        else counters.attemptsFailed++;
        this.#failed(entry, element, outcome.error);
      }
      this.#fill();
      this.#options.host.schedule(this);
    });
  }

  #failed(entry: QueueEntry<unknown>, element: InFlightElement, thrown: unknown): void {
    const { host, counters, policy } = this.#options;
    if (policy.kind === 'retry' && element.attempt < policy.attempts) {
      counters.retries++;
      this.#waiting.unshift({ entry, element });
      return;
    }
    const { cursor } = host;
    cursor.topic = element.topic;
    cursor.partition = element.partition;
    cursor.offset = element.offset;
    cursor.timestamp = element.timestamp;
    cursor.key = element.key;
    cursor.trace = element.trace;
    try {
      this.#giveUp(thrown, element.value);
    } catch (error) {
      this.#failure = error as StreamError;
      return;
    } finally {
      cursor.trace = undefined;
    }
    this.#queue.finish(entry, undefined);
  }

  // The policy when no attempt is left; fails with policy `fail`.
  #giveUp(thrown: unknown, value: unknown): void {
    const { host, counters, inputCodec } = this.#options;
    let { policy } = this.#options;
    while (policy.kind === 'retry') policy = policy.then;
    const error = userError(thrown, this.id, host, value);
    if (policy.kind === 'fail') throw error;
    if (policy.kind === 'skip') {
      counters.skipped++;
      return;
    }
    counters.deadLetters++;
    host.deadLetter({
      operator: this.id,
      error: error.at({ value: preview(value) }),
      raw: encodedInput(inputCodec, value),
      input: 0,
    });
  }
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };
