/** The log port. The engine logs life cycle and trouble, never per record. */

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What a line is about. Field names are the words of the library; secrets are masked by the writer. */
export interface LogFields {
  readonly job?: string | undefined;
  readonly operator?: string | undefined;
  readonly task?: string | undefined;
  readonly topic?: string | undefined;
  readonly partition?: number | undefined;
  readonly offset?: number | undefined;
  /** Anything that was thrown: its code, message and causes are written. */
  readonly error?: unknown;
  readonly [field: string]: unknown;
}

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to every line. */
  with(fields: LogFields): Logger;
}

const nothing = (): void => undefined;

/** The default of everything that takes a logger. */
export const silentLogger: Logger = Object.freeze({
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  with: () => silentLogger,
});
