/**
 * Calls over a MessagePort, in both directions at once.
 *
 *   { call, name, args } ->   <- { answer: call, value } or { answer: call, error }
 *
 * A StreamError keeps its code and place on the way. When the port closes, open calls fail with LOG_CLOSED.
 */
import type { MessagePort, Transferable } from 'node:worker_threads';
import type { ErrorCode } from '../../core/error-codes.ts';
import { messageOf, StreamError, type ErrorPlace, type Reaction } from '../../core/stream-error.ts';

/** A result whose buffers move instead of being copied. */
export class Moved<T> {
  readonly value: T;
  readonly buffers: readonly Transferable[];

  constructor(value: T, buffers: readonly Transferable[]) {
    this.value = value;
    this.buffers = buffers;
  }
}

/** Functions by name, as the asking side sees them. */
type Calls<C> = { readonly [N in keyof C]: (...args: never[]) => unknown };

/** The same as the answering side writes them. */
export type Handlers<C extends Calls<C>> = {
  readonly [N in keyof C]: (...args: Parameters<C[N]>) => Result<ReturnType<C[N]>> | Promise<Result<ReturnType<C[N]>>>;
};
type Result<T> = T | Moved<T>;

export interface SentError {
  readonly code: ErrorCode | undefined;
  readonly reason: string;
  readonly reaction: Reaction;
  readonly remedy: string | undefined;
  readonly place: ErrorPlace;
}

interface Question {
  readonly call: number;
  readonly name: string;
  readonly args: readonly never[];
}

interface Answer {
  readonly answer: number;
  readonly value?: unknown;
  readonly error?: SentError;
}

interface OpenCall {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** `Mine`: what this side answers, `Theirs`: what the other side does. */
export class PortCalls<Mine extends Calls<Mine>, Theirs extends Calls<Theirs>> {
  readonly #port: MessagePort;
  readonly #handlers: Handlers<Mine>;
  readonly #open = new Map<number, OpenCall>();
  #calls = 0;
  #closed = false;

  constructor(port: MessagePort, handlers: Handlers<Mine>, onClose: () => void) {
    this.#port = port;
    this.#handlers = handlers;
    port.on('message', (message: Question | Answer) => {
      if ('answer' in message) this.#settle(message);
      else void this.#answer(message);
    });
    port.on('messageerror', () => {
      port.close(); // what cannot be read is never answered: better an end than to wait for good
    });
    port.on('close', () => {
      this.close();
      onClose();
    });
  }

  call<N extends keyof Theirs & string>(
    name: N,
    args: Parameters<Theirs[N]>,
    buffers: readonly Transferable[] = [],
  ): Promise<ReturnType<Theirs[N]>> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.#closed) {
        reject(closed());
        return;
      }
      const call = ++this.#calls;
      this.#open.set(call, { resolve, reject });
      this.#port.postMessage({ call, name, args } satisfies Question, buffers);
    }) as Promise<ReturnType<Theirs[N]>>;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#port.close();
    for (const { reject } of this.#open.values()) reject(closed());
    this.#open.clear();
  }

  #settle({ answer, value, error }: Answer): void {
    const open = this.#open.get(answer);
    this.#open.delete(answer);
    if (error === undefined) open?.resolve(value);
    else open?.reject(receivedError(error));
  }

  async #answer({ call, name, args }: Question): Promise<void> {
    try {
      const handler = this.#handlers[name as keyof Mine] as (...args: readonly never[]) => unknown;
      const result = await handler(...args);
      if (this.#closed) return;
      if (result instanceof Moved)
        this.#port.postMessage({ answer: call, value: result.value as unknown }, result.buffers);
      else this.#port.postMessage({ answer: call, value: result });
    } catch (error) {
      if (!this.#closed) this.#port.postMessage({ answer: call, error: sentError(error) });
    }
  }
}

function closed(): StreamError {
  return new StreamError('LOG_CLOSED', 'the connection to the log was closed');
}

export function sentError(thrown: unknown): SentError {
  if (!StreamError.is(thrown)) {
    return { code: undefined, reason: messageOf(thrown), reaction: 'fail-job', remedy: undefined, place: {} };
  }
  const { code, reason, reaction, remedy, place } = thrown;
  return { code, reason, reaction, remedy, place };
}

export function receivedError({ code, reason, reaction, remedy, place }: SentError): StreamError {
  return new StreamError(code ?? 'IO_FAILED', reason, {
    ...place,
    reaction,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
