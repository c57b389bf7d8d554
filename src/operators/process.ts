import { EventClock } from './event-clock.ts';
import type { Input } from './input.ts';
import {
  AtomicInvocation,
  rejectPromise,
  stateless,
  userError,
  type InvocationOptions,
  type Undoable,
} from './invocation.ts';
import { BroadcastContext, ProcessContext, type Outputs } from './process-context.ts';

export interface ProcessOptions<C extends ProcessContext> extends Omit<InvocationOptions, 'undo'> {
  readonly outputs: Outputs;
  /** One function per input. */
  readonly elements: readonly ((value: unknown, ctx: C) => unknown)[];
  /** Broadcast state by input: read by the first, written by the second. */
  readonly broadcast?: Readonly<Record<string, unknown>>;
  /** Puts broadcast state back. */
  readonly undo?: Undoable;
}

/** Process functions without keyed state: side outputs, time, and broadcast state where connected to a broadcast. */
export class Process {
  readonly inputs: readonly Input[];

  constructor(options: ProcessOptions<BroadcastContext>) {
    const { id, host, counters, outputs, elements } = options;
    const clock = new EventClock(elements.length);
    const atomic =
      options.policy.kind === 'fail'
        ? undefined
        : new AtomicInvocation({ ...options, undo: options.undo ?? stateless });
    const context = new BroadcastContext({ id, host, counters, outputs, atomic, time: clock }, options.broadcast ?? {});
    const outs = [outputs.main, ...outputs.side.values()];
    this.inputs = elements.map((call, index) => ({
      process: (value: unknown) => {
        counters.recordsIn++;
        if (host.cursor.timestamp <= clock.watermark) counters.late++;
        if (atomic !== undefined) {
          atomic.run(() => call(value, context), value, index);
          return;
        }
        try {
          const result = call(value, context);
          if (result !== undefined) rejectPromise(result, id, host);
        } catch (thrown) {
          throw userError(thrown, id, host, value);
        }
      },
      onTime: (time: number, idle: boolean) => {
        if (!clock.update(index, time, idle)) return;
        clock.arrive();
        for (const out of outs) out.onTime(clock.watermark, clock.idle);
      },
    }));
  }
}
