import type { Counters } from './counters.ts';
import type { Input } from './input.ts';
import type { OperatorHost } from './host.ts';
import { AtomicInvocation, rejectPromise, userError, type InvocationOptions } from './invocation.ts';

/** An async function returns a promise every time: looking at the first values is enough, and free later on. */
const promiseChecks = 8;

/** Stateless one-to-many: map, filter, flatMap, split branches. */
export class FlatMap implements Input {
  readonly #id: string;
  readonly #host: OperatorHost;
  readonly #counters: Counters;
  readonly #transform: (value: unknown, emit: (value: unknown) => void) => void;
  readonly #out: Input;
  readonly #emit: (value: unknown) => void;
  readonly #atomic: AtomicInvocation | undefined;

  constructor(
    options: InvocationOptions,
    transform: (value: unknown, emit: (value: unknown) => void) => void,
    out: Input,
  ) {
    this.#id = options.id;
    this.#host = options.host;
    this.#counters = options.counters;
    this.#transform = transform;
    this.#out = out;
    const atomic = options.policy.kind === 'fail' ? undefined : new AtomicInvocation(options);
    this.#atomic = atomic;
    const { counters, id, host } = options;
    const send = (value: unknown): void => {
      if (counters.recordsOut++ < promiseChecks) rejectPromise(value, id, host);
      out.process(value);
    };
    this.#emit =
      atomic === undefined
        ? send
        : (value) => {
            atomic.hold(() => {
              send(value);
            });
          };
  }

  process(value: unknown): void {
    this.#counters.recordsIn++;
    if (this.#atomic !== undefined) {
      this.#atomic.run(
        () => {
          this.#transform(value, this.#emit);
        },
        value,
        0,
      );
      return;
    }
    try {
      this.#transform(value, this.#emit);
    } catch (thrown) {
      throw userError(thrown, this.#id, this.#host, value);
    }
  }

  onTime(time: number, idle: boolean): void {
    this.#out.onTime(time, idle);
  }
}
