/**
 * Operators with keyed state and timers: keyedProcess (one input), coProcess (two), broadcastProcess (a keyed and a
 * broadcast one). Time flows like this:
 *
 *   onTime(input, t) -> minimum over inputs moved? -> due timers? --no--> forward now
 *                                                             `--yes--> schedule: advance() fires a bounded number per
 *                                                                       call, forwards the watermark after the last
 *
 * While it is scheduled the worker feeds no input, so timers see the state as of their time. A commit may fall between
 * any two firings: fired timers are gone from the state, the rest fires after a restore.
 */
import type { Key } from '../core/partitioner.ts';
import type { TimeDomain } from '../core/process-function.ts';
import type { OperatorState } from '../state/backend.ts';
import type { Counters } from './counters.ts';
import { EventClock } from './event-clock.ts';
import type { Advancer, OperatorHost } from './host.ts';
import type { Input } from './input.ts';
import { AtomicInvocation, rejectPromise, userError, type InvocationOptions } from './invocation.ts';
import { BroadcastContext, KeyedProcessContext, type ContextOptions, type Outputs } from './process-context.ts';

/** Timers fired before the worker may look at other work. */
const firingsPerCall = 256;

/** A user function with its context bound by the caller; returns what the function returned. */
export type ElementFunction = (value: unknown, ctx: KeyedProcessContext) => unknown;
export type TimerFunction = (time: number, ctx: KeyedProcessContext) => unknown;
export type BroadcastElementFunction = (value: unknown, ctx: BroadcastContext) => unknown;

export interface KeyedOperatorOptions extends Omit<InvocationOptions, 'undo'> {
  readonly state: OperatorState;
  readonly outputs: Outputs;
  /** One function per keyed input. */
  readonly elements: readonly ElementFunction[];
  readonly onTimer: TimerFunction | undefined;
  readonly broadcast?: {
    readonly handles: Readonly<Record<string, unknown>>;
    readonly onElement: BroadcastElementFunction;
  };
}

export class KeyedOperator implements Advancer {
  readonly id: string;
  readonly counters: Counters;
  /** Inputs in node order; a broadcast input comes last. */
  readonly inputs: readonly Input[];
  readonly #host: OperatorHost;
  readonly #state: OperatorState;
  readonly #outputs: Outputs;
  readonly #onTimer: TimerFunction | undefined;
  readonly #clock: EventClock;
  readonly #context: KeyedProcessContext;
  readonly #broadcastContext: BroadcastContext | undefined;
  readonly #atomic: AtomicInvocation | undefined;

  constructor(options: KeyedOperatorOptions) {
    this.id = options.id;
    this.counters = options.counters;
    this.#host = options.host;
    this.#state = options.state;
    this.#outputs = options.outputs;
    this.#onTimer = options.onTimer;
    const inputCount = options.elements.length + (options.broadcast === undefined ? 0 : 1);
    this.#clock = new EventClock(inputCount);
    const atomic =
      options.policy.kind === 'fail' ? undefined : new AtomicInvocation({ ...options, undo: options.state });
    this.#atomic = atomic;
    const context: ContextOptions = { ...options, time: this.#clock, atomic };
    this.#context = new KeyedProcessContext(context, options.state, options.broadcast?.handles);
    const inputs: Input[] = options.elements.map((call, index) => new KeyedInput(this, call, index));
    if (options.broadcast !== undefined) {
      this.#broadcastContext = new BroadcastContext(context, options.broadcast.handles);
      inputs.push(new BroadcastInput(this, options.broadcast.onElement, inputs.length));
    }
    this.inputs = inputs;
  }

  get watermark(): number {
    return this.#clock.watermark;
  }

  /** Time of the earliest processing-time timer, ms; Infinity: none. */
  get nextProcessingTimer(): number {
    return this.#state.timers.next('processing');
  }

  /** The worker is about to wait: a context that somebody kept must not reach the state of the last key. */
  leave(): void {
    this.#state.leaveKey();
  }

  element(call: ElementFunction, input: number, value: unknown): void {
    const { cursor } = this.#host;
    this.counters.recordsIn++;
    if (cursor.timestamp <= this.#clock.watermark) this.counters.late++;
    this.#state.setKey(cursor.key);
    if (this.#atomic !== undefined) {
      this.#atomic.run(() => call(value, this.#context), value, input);
      return;
    }
    try {
      const result = call(value, this.#context);
      if (result !== undefined) rejectPromise(result, this.id, this.#host);
    } catch (thrown) {
      throw userError(thrown, this.id, this.#host, value);
    }
  }

  broadcastElement(call: BroadcastElementFunction, input: number, value: unknown): void {
    this.counters.recordsIn++;
    const context = this.#broadcastContext!;
    if (this.#atomic !== undefined) {
      this.#atomic.run(() => call(value, context), value, input);
      return;
    }
    try {
      const result = call(value, context);
      if (result !== undefined) rejectPromise(result, this.id, this.#host);
    } catch (thrown) {
      throw userError(thrown, this.id, this.#host, value);
    }
  }

  inputTime(input: number, time: number, idle: boolean): void {
    const clock = this.#clock;
    if (!clock.update(input, time, idle)) return;
    if (clock.target === clock.watermark) {
      this.#forward();
      return;
    }
    const due = this.#onTimer !== undefined && this.#state.timers.next('event') <= clock.target;
    if (due || this.#host.advancing) this.#host.schedule(this);
    else this.#arrive();
  }

  // All timers up to the target have fired: event time goes on.
  #arrive(): void {
    this.#clock.arrive();
    this.#forward();
  }

  #forward(): void {
    const { watermark, idle } = this.#clock;
    this.#outputs.main.onTime(watermark, idle);
    for (const side of this.#outputs.side.values()) side.onTime(watermark, idle);
  }

  /** Asks for the processing-time timers that are due; the worker calls it when `nextProcessingTimer` has come. */
  wake(): void {
    this.#host.schedule(this);
  }

  advance(): boolean | Promise<void> {
    let budget = firingsPerCall;
    const { timers } = this.#state;
    const now = this.#host.clock.now();
    while (timers.next('processing') <= now) {
      const due = timers.takeDue('processing', now);
      if (due === 'loading') return timers.ready();
      if (!due) break;
      this.#fire('processing', timers.takenTime);
      if (--budget === 0) return false;
    }
    if (this.#clock.target > this.#clock.watermark) {
      while (this.#onTimer !== undefined) {
        const due = timers.takeDue('event', this.#clock.target);
        if (due === 'loading') return timers.ready();
        if (!due) break;
        this.#fire('event', timers.takenTime);
        if (--budget === 0) return false;
      }
      this.#arrive();
    }
    return true;
  }

  /** Calls the function of a timer that failed before. */
  refire(key: Key, domain: TimeDomain, time: number): void {
    if (this.#onTimer === undefined) return; // the graph has changed since
    this.#state.setKey(key);
    this.#fire(domain, time);
  }

  #fire(domain: TimeDomain, time: number): void {
    const { cursor } = this.#host;
    cursor.detach();
    cursor.topic = ''; // no record: the lineage of a timer is its key and time
    cursor.partition = 0;
    cursor.timestamp = domain === 'event' ? time : NaN;
    cursor.key = this.#state.key;
    this.counters.timersFired++;
    const context = this.#context;
    context.domain = domain;
    const onTimer = this.#onTimer!;
    if (this.#atomic !== undefined) {
      this.#atomic.run(() => onTimer(time, context), undefined, -1, { domain, time });
      return;
    }
    try {
      const result = onTimer(time, context);
      if (result !== undefined) rejectPromise(result, this.id, this.#host);
    } catch (thrown) {
      throw userError(thrown, this.id, this.#host, { timer: time, domain, key: this.#state.key });
    }
  }
}

class KeyedInput implements Input {
  readonly #operator: KeyedOperator;
  readonly #call: ElementFunction;
  readonly #index: number;

  constructor(operator: KeyedOperator, call: ElementFunction, index: number) {
    this.#operator = operator;
    this.#call = call;
    this.#index = index;
  }

  process(value: unknown): void {
    this.#operator.element(this.#call, this.#index, value);
  }

  onTime(time: number, idle: boolean): void {
    this.#operator.inputTime(this.#index, time, idle);
  }
}

class BroadcastInput implements Input {
  readonly #operator: KeyedOperator;
  readonly #call: BroadcastElementFunction;
  readonly #index: number;

  constructor(operator: KeyedOperator, call: BroadcastElementFunction, index: number) {
    this.#operator = operator;
    this.#call = call;
    this.#index = index;
  }

  process(value: unknown): void {
    this.#operator.broadcastElement(this.#call, this.#index, value);
  }

  onTime(time: number, idle: boolean): void {
    this.#operator.inputTime(this.#index, time, idle);
  }
}
