/**
 * Writes log lines, one per call, in one of three formats:
 *
 *   pretty   10:30:45.123 WARN  restarted  job=pipeline attempt=2          colours, for a terminal
 *   plain    2026-01-01T10:30:45.123Z WARN restarted job=pipeline attempt=2
 *   json     {"time":"2026-01-01T10:30:45.123Z","level":"warn","message":"restarted","job":"pipeline","attempt":2}
 */
import type { Clock } from '../core/clock.ts';
import { messageOf, StreamError } from '../core/stream-error.ts';
import { logLevels, type LogFields, type Logger, type LogLevel } from './logger.ts';
import { redactor, type Redactor } from './redactor.ts';

export type LogFormat = 'pretty' | 'plain' | 'json';

export interface StructuredLoggerOptions {
  readonly clock: Clock;
  /** Gets one line without its line end. */
  readonly write: (line: string) => void;
  readonly format?: LogFormat;
  /** Lines below this level are not written. Default `info`. */
  readonly level?: LogLevel;
  readonly redact?: Redactor;
}

const colours: Readonly<Record<LogLevel, string>> = { debug: '\x1b[2m', info: '', warn: '\x1b[33m', error: '\x1b[31m' };
const dim = '\x1b[2m';
const reset = '\x1b[0m';

export function structuredLogger(options: StructuredLoggerOptions): Logger {
  const { clock, write, format = 'plain', level: lowest = 'info', redact = redactor() } = options;

  const line = (level: LogLevel, message: string, fields: LogFields): string => {
    const time = new Date(clock.now()).toISOString();
    const shown = describeFields(fields, redact);
    const text = redact.text(message);
    if (format === 'json') return JSON.stringify({ ...shown, time, level, message: text });
    const pairs = Object.entries(shown).map(([name, value]) => `${name}=${fieldText(value)}`);
    if (format === 'plain') return [time, level.toUpperCase(), oneLine(text), ...pairs].join(' ');
    const word = `${colours[level]}${level.toUpperCase().padEnd(5)}${reset}`;
    return [`${dim}${time.slice(11, 23)}${reset}`, word, text, ...pairs.map((pair) => `${dim}${pair}${reset}`)].join(
      ' ',
    );
  };

  const child = (bound: LogFields): Logger => {
    const log =
      (level: LogLevel) =>
      (message: string, fields: LogFields = {}): void => {
        if (logLevels.indexOf(level) >= logLevels.indexOf(lowest)) write(line(level, message, { ...bound, ...fields }));
      };
    return {
      debug: log('debug'),
      info: log('info'),
      warn: log('warn'),
      error: log('error'),
      with: (fields) => child({ ...bound, ...fields }),
    };
  };
  return child({});
}

function describeFields(fields: LogFields, redact: Redactor): Record<string, unknown> {
  const { error, ...rest } = fields;
  const shown: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined) shown[name] = redact.field(name, value);
  }
  if (error === undefined) return shown;
  if (StreamError.is(error)) {
    for (const [name, value] of Object.entries(error.place)) {
      if (value !== undefined) shown[name] ??= redact.field(name, value);
    }
    shown['code'] = error.code;
  }
  shown['error'] = redact.text(causes(error).map(messageOf).join(' <- '));
  return shown;
}

/** The error and its causes, outermost first. */
function causes(thrown: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let at = thrown; at !== undefined && chain.length < 8; at = at instanceof Error ? at.cause : undefined) {
    chain.push(at);
  }
  return chain;
}

function fieldText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' | ');
}
