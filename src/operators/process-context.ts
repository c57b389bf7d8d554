/** The contexts that user functions see. One object per operator, reused for every invocation. */
import type { Key } from '../core/partitioner.ts';
import type { ElementContext, TimeDomain, TimerContext, Timers } from '../core/process-function.ts';
import { StreamError } from '../core/stream-error.ts';
import type { OperatorState, TimerState } from '../state/backend.ts';
import type { Counters } from './counters.ts';
import type { OperatorHost } from './host.ts';
import type { Input } from './input.ts';
import type { AtomicInvocation } from './invocation.ts';

type Values = Record<string, unknown>;

export interface Outputs {
  readonly main: Input;
  readonly side: ReadonlyMap<string, Input>;
}

/** Where the operator stands in event time. */
export interface EventTime {
  readonly watermark: number;
}

export interface ContextOptions {
  readonly id: string;
  readonly host: OperatorHost;
  readonly outputs: Outputs;
  readonly counters: Counters;
  readonly time: EventTime;
  /** Set when outputs are held until the invocation has succeeded. */
  readonly atomic: AtomicInvocation | undefined;
}

export class ProcessContext implements ElementContext<unknown, Values> {
  readonly #options: ContextOptions;

  constructor(options: ContextOptions) {
    this.#options = options;
  }

  get timestamp(): number {
    return this.#options.host.cursor.timestamp;
  }

  get watermark(): number {
    return this.#options.time.watermark;
  }

  get processingTime(): number {
    return this.#options.host.clock.now();
  }

  emit(value: unknown): void {
    const { atomic, counters, outputs } = this.#options;
    if (atomic === undefined) {
      counters.recordsOut++;
      outputs.main.process(value);
    } else {
      atomic.hold(() => {
        counters.recordsOut++;
        outputs.main.process(value);
      });
    }
  }

  output(name: string, value: unknown): void {
    const { atomic, outputs, id } = this.#options;
    const input = outputs.side.get(name);
    if (input === undefined) {
      throw new StreamError('SIDE_OUTPUT_UNKNOWN', `side output ${JSON.stringify(name)} is not declared`, {
        operator: id,
        remedy: `Declare it in sideOutputs of ${id}; declared are: ${[...outputs.side.keys()].join(', ') || 'none'}.`,
      });
    }
    if (atomic === undefined) input.process(value);
    else {
      atomic.hold(() => {
        input.process(value);
      });
    }
  }
}

class TimerHandle implements Timers {
  readonly #timers: TimerState;
  readonly #id: string;

  constructor(timers: TimerState, id: string) {
    this.#timers = timers;
    this.#id = id;
  }

  #check(time: number): number {
    if (typeof time === 'number' && !Number.isNaN(time)) return time;
    throw new StreamError('TIMESTAMP_INVALID', `a timer needs a time in milliseconds, got ${String(time)}`, {
      operator: this.#id,
      remedy: 'Elements without event time have timestamp NaN: give the source a watermark strategy.',
    });
  }

  registerEventTime(time: number): void {
    this.#timers.register('event', this.#check(time));
  }

  registerProcessingTime(time: number): void {
    this.#timers.register('processing', this.#check(time));
  }

  deleteEventTime(time: number): void {
    this.#timers.delete('event', this.#check(time));
  }

  deleteProcessingTime(time: number): void {
    this.#timers.delete('processing', this.#check(time));
  }
}

export class KeyedProcessContext extends ProcessContext implements TimerContext<Key, unknown, unknown, Values> {
  readonly #operatorState: OperatorState;
  readonly state: never;
  readonly timers: Timers;
  /** Read-only on the keyed side; see BroadcastElementContext. */
  readonly broadcast: Readonly<Record<string, unknown>>;
  domain: TimeDomain = 'event';

  constructor(options: ContextOptions, state: OperatorState, broadcast: Readonly<Record<string, unknown>> = {}) {
    super(options);
    this.#operatorState = state;
    this.state = state.handles as never; // the DSL typed the handles by their specs
    this.timers = new TimerHandle(state.timers, options.id);
    this.broadcast = broadcast;
  }

  get key(): Key {
    return this.#operatorState.key;
  }

  // A context that was kept has no key, and what it emitted would belong to no commit: asking for the key fails then.
  override emit(value: unknown): void {
    const { key: _ } = this.#operatorState;
    super.emit(value);
  }

  override output(name: string, value: unknown): void {
    const { key: _ } = this.#operatorState;
    super.output(name, value);
  }

  clearState(): void {
    this.#operatorState.clearKey();
  }
}

/** Context of the broadcast side: it may write the broadcast state. */
export class BroadcastContext extends ProcessContext {
  readonly broadcast: Readonly<Record<string, unknown>>;

  constructor(options: ContextOptions, broadcast: Readonly<Record<string, unknown>>) {
    super(options);
    this.broadcast = broadcast;
  }
}
