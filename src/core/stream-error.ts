/**
 * The one error class of the library. The runtime switches on `reaction`, people read `message`, and docs/errors.md has
 * one heading per code (checked both ways by a test).
 */
import type { ErrorCode } from './error-codes.ts';

/**
 * What the runtime does about an error.
 * - `retry`: the operation may succeed when repeated (back-off is the caller's).
 * - `rollback`: the worker goes back to its last commit and tries again.
 * - `fail-job`: stop the job.
 */
export type Reaction = 'retry' | 'rollback' | 'fail-job';

/** Where an error happened and with which value. The runtime fills in what the thrower could not know. */
export interface ErrorPlace {
  readonly job?: string | undefined;
  readonly operator?: string | undefined;
  readonly task?: string | undefined;
  readonly topic?: string | undefined;
  readonly partition?: number | undefined;
  readonly offset?: number | undefined;
  readonly key?: string | undefined;
  /** A short preview of the offending value; never a secret. */
  readonly value?: string | undefined;
  /** Path of the wrong field inside the value, like `trafficGroups[2].bbox`. */
  readonly path?: string | undefined;
}

export interface StreamErrorOptions extends ErrorPlace {
  readonly cause?: unknown;
  readonly reaction?: Reaction;
  /** What the reader should do now: one sentence. */
  readonly remedy?: string;
}

const brand = Symbol.for('millrace.StreamError');

export class StreamError extends Error {
  readonly code: ErrorCode;
  readonly reaction: Reaction;
  /** What went wrong, without place and remedy. */
  readonly reason: string;
  readonly remedy: string | undefined;
  readonly place: ErrorPlace;
  readonly [brand] = true;

  constructor(code: ErrorCode, reason: string, options: StreamErrorOptions = {}) {
    const { cause, reaction = 'fail-job', remedy, ...place } = options;
    super(formatMessage(code, reason, place, remedy), cause === undefined ? undefined : { cause });
    this.name = 'StreamError';
    this.code = code;
    this.reason = reason;
    this.reaction = reaction;
    this.remedy = remedy;
    this.place = place;
  }

  /** The same error with the place completed; what is already known is not overwritten. */
  at(place: ErrorPlace): StreamError {
    const { cause } = this;
    const known = Object.fromEntries(Object.entries(this.place).filter(([, v]) => v !== undefined)) as ErrorPlace;
    const error = new StreamError(this.code, this.reason, {
      ...place,
      ...known,
      reaction: this.reaction,
      ...(cause === undefined ? {} : { cause }),
      ...(this.remedy === undefined ? {} : { remedy: this.remedy }),
    });
    if (this.stack !== undefined) error.stack = this.stack.replace(this.message, error.message);
    return error;
  }

  /** The same error with another reaction. */
  reacting(reaction: Reaction): StreamError {
    return new StreamError(this.code, this.reason, {
      ...this.place,
      reaction,
      ...(this.cause === undefined ? {} : { cause: this.cause }),
      ...(this.remedy === undefined ? {} : { remedy: this.remedy }),
    });
  }

  /** True for errors of this class, also when two copies of the package are loaded. */
  static is(value: unknown): value is StreamError {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
  }

  /** Anything thrown, as a StreamError: foreign errors get `code` and keep themselves as cause. */
  static from(thrown: unknown, code: ErrorCode, options: StreamErrorOptions = {}): StreamError {
    if (StreamError.is(thrown)) return thrown.at(options);
    return new StreamError(code, messageOf(thrown), { ...options, cause: thrown });
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  return String(thrown);
}

// "CODE in job / operator, task 3 (topic-3 @ 17, key "a"): reason (at path). Remedy."
function formatMessage(code: string, reason: string, place: ErrorPlace, remedy: string | undefined): string {
  const names = [place.job, place.operator].filter((part) => part !== undefined).join(' / ');
  const record =
    place.topic === undefined
      ? ''
      : `${place.topic}${place.partition === undefined ? '' : `-${String(place.partition)}`}` +
        (place.offset === undefined ? '' : ` @ ${String(place.offset)}`);
  const details = [record, place.key === undefined ? '' : `key ${JSON.stringify(place.key)}`].filter(
    (part) => part !== '',
  );
  const where =
    (names === '' ? '' : ` in ${names}`) +
    (place.task === undefined ? '' : `, task ${place.task}`) +
    (details.length === 0 ? '' : ` (${details.join(', ')})`);
  const path = place.path === undefined || place.path === '' ? '' : ` at ${place.path}`;
  const value = place.value === undefined ? '' : `, value ${place.value}`;
  const what = `${reason}${path}${value}`;
  const end = /([.!?]|\n)$/.test(what) ? '' : '.';
  const next = remedy === undefined ? '' : `${what.endsWith('\n') ? '' : ' '}${remedy}`;
  return `${code}${where}: ${what}${end}${next}`;
}

/** At most `limit` characters of a value, for messages. */
export function preview(value: unknown, limit = 120): string {
  let text: string;
  try {
    const json: unknown = JSON.stringify(value);
    text = typeof json === 'string' ? json : String(value); // functions and undefined have no JSON
  } catch {
    text = String(value); // circular or a BigInt: any text is better than failing while reporting a failure
  }
  return text.length <= limit ? text : `${text.slice(0, limit)}... (${String(text.length)} characters)`;
}
