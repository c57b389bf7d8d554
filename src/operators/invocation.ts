/**
 * How an operator calls a user function. With policy `fail` nothing stands between function and downstream: the worker
 * rolls back as a whole. With any other policy the invocation is atomic: outputs are held until the function returns, and
 * state is put back when it throws.
 */
import { StreamError, messageOf, preview } from '../core/stream-error.ts';
import { ByteWriter } from '../core/byte-writer.ts';
import type { Codec } from '../core/codec.ts';
import type { Counters } from './counters.ts';
import type { FiredTimer, OperatorHost } from './host.ts';

/** The shape of graph/ErrorPolicy that operators act on. */
export type Policy =
  | { readonly kind: 'fail' }
  | { readonly kind: 'skip' }
  | { readonly kind: 'retry'; readonly attempts: number; readonly then: Policy }
  | { readonly kind: 'deadLetter' };

/** State that can be put back: OperatorState, or nothing for stateless operators. */
export interface Undoable {
  begin(): void;
  accept(): void;
  revert(): void;
}

export const stateless: Undoable = Object.freeze({
  begin() {
    // no state to remember
  },
  accept() {
    // no state to keep
  },
  revert() {
    // no state to put back
  },
});

export interface InvocationOptions {
  readonly id: string;
  readonly host: OperatorHost;
  readonly policy: Policy;
  readonly counters: Counters;
  readonly undo: Undoable;
  /** Codecs of the inputs, for dead letters. */
  readonly inputCodecs: readonly (Codec<unknown> | undefined)[];
}

/** Wraps what a user function threw; errors of operators further down pass as they are. */
export function userError(thrown: unknown, id: string, host: OperatorHost, value: unknown): StreamError {
  const { cursor } = host;
  const place = {
    job: host.job,
    operator: id,
    task: host.task,
    topic: cursor.topic === '' ? undefined : cursor.topic,
    partition: cursor.topic === '' ? undefined : cursor.partition,
    offset: cursor.offset < 0 ? undefined : cursor.offset,
  };
  if (StreamError.is(thrown)) return thrown.at(place);
  return new StreamError('USER_FUNCTION_FAILED', messageOf(thrown), {
    ...place,
    value: preview(value),
    cause: thrown,
    remedy: `Fix the function, or give the operator an onError policy (skip, retry, deadLetter).`,
  });
}

/** A sync function returned something: fine unless it is a promise, whose work would escape the commit. */
export function rejectPromise(result: unknown, id: string, host: OperatorHost): void {
  if (typeof result === 'object' && result !== null && typeof (result as PromiseLike<unknown>).then === 'function') {
    void Promise.resolve(result as PromiseLike<unknown>).catch(() => undefined); // its failure is replaced by ours
    throw new StreamError('PROMISE_RETURNED', 'the function of a synchronous operator returned a Promise', {
      job: host.job,
      operator: id,
      task: host.task,
      remedy: 'Call asynchronous functions with asyncMap.',
    });
  }
}

/** The bytes of a dead letter. A value that cannot be written has none: its letter still says where it came from. */
export function encodedInput(codec: Codec<unknown> | undefined, value: unknown): Uint8Array {
  const out = new ByteWriter(256);
  try {
    codec?.encode(value, out);
  } catch {
    out.clear(); // what failed first is the reason of the letter
  }
  return out.take();
}

/** Runs functions atomically under a policy other than `fail`, with outputs held back. */
export class AtomicInvocation {
  readonly #options: InvocationOptions;
  readonly #held: (() => void)[] = [];

  constructor(options: InvocationOptions) {
    this.#options = options;
  }

  /** Called by contexts instead of emitting at once. */
  hold(emission: () => void): void {
    this.#held.push(emission);
  }

  /** `input`: which one `value` came by. `timer`: the call is that of a timer, there is no value. */
  run(call: () => unknown, value: unknown, input: number, timer?: FiredTimer): void {
    const { undo, policy } = this.#options;
    let rest = policy;
    let attempts = policy.kind === 'retry' ? policy.attempts : 1;
    for (;;) {
      undo.begin();
      try {
        rejectPromise(call(), this.#options.id, this.#options.host);
        undo.accept();
        break;
      } catch (thrown) {
        undo.revert();
        this.#held.length = 0;
        if (--attempts > 0) {
          this.#options.counters.retries++;
          continue;
        }
        if (rest.kind === 'retry') rest = rest.then;
        this.#giveUp(thrown, rest, value, input, timer);
        return;
      }
    }
    // Emissions run outside of the guarded call: what fails further down is not this operator's failure.
    const held = this.#held.splice(0);
    for (const emission of held) emission();
  }

  #giveUp(thrown: unknown, policy: Policy, value: unknown, input: number, timer: FiredTimer | undefined): void {
    const { id, host, counters } = this.#options;
    const error = userError(thrown, id, host, timer === undefined ? value : { timer: timer.time });
    switch (policy.kind) {
      case 'fail':
        throw error;
      case 'skip':
        counters.skipped++;
        return;
      case 'retry': // nested retry: its attempts were meant as one more round of the same
        this.#giveUp(thrown, policy.then, value, input, timer);
        return;
      case 'deadLetter': {
        const codec = this.#options.inputCodecs[input];
        if (codec === undefined && timer === undefined) throw error;
        counters.deadLetters++;
        host.deadLetter({ operator: id, error, raw: encodedInput(codec, value), input, timer });
        return;
      }
    }
  }
}
