import { expect, test } from 'vitest';
import { StreamError } from '../../src/core/stream-error.ts';
import type { Logger } from '../../src/observability/logger.ts';
import { redactor } from '../../src/observability/redactor.ts';
import { structuredLogger, type StructuredLoggerOptions } from '../../src/observability/structured-logger.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

function capture(options: Partial<StructuredLoggerOptions> = {}): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const clock = new ManualClock(Date.UTC(2026, 0, 1, 10, 30, 45, 123));
  return { lines, logger: structuredLogger({ clock, write: (line) => lines.push(line), ...options }) };
}

test('writes plain lines with fields as name=value, quoting what needs it', () => {
  const { logger, lines } = capture();
  logger.with({ job: 'pipeline' }).warn('restarted', { operator: 'merge', partition: 3, text: 'two words' });
  expect(lines).toEqual([
    '2026-01-01T10:30:45.123Z WARN restarted job=pipeline operator=merge partition=3 text="two words"',
  ]);
});

test('keeps a plain line on one line whatever the message holds', () => {
  const { logger, lines } = capture();
  logger.info('first\n  second');
  expect(lines[0]).toContain('first | second');
});

test('writes JSON lines in which no field can replace time, level or message', () => {
  const { logger, lines } = capture({ format: 'json' });
  logger.info('started', { job: 'pipeline', level: 'x', big: 3n });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { time: '2026-01-01T10:30:45.123Z', level: 'info', message: 'started', job: 'pipeline', big: '3' },
  ]);
});

test('pretty lines carry the time of day and no date', () => {
  const { logger, lines } = capture({ format: 'pretty' });
  logger.info('started');
  expect(lines[0]).toContain('10:30:45.123');
  expect(lines[0]).not.toContain('2026');
});

test('leaves out lines below the level', () => {
  const { logger, lines } = capture({ level: 'warn' });
  logger.debug('a');
  logger.info('b');
  logger.warn('c');
  logger.error('d');
  expect(lines.map((line) => line.at(-1))).toEqual(['c', 'd']);
});

test('writes code, place and causes of an error', () => {
  const { logger, lines } = capture({ format: 'json' });
  const error = new StreamError('COMMIT_FAILED', 'no answer', {
    topic: 'out',
    partition: 2,
    cause: new TypeError('socket'),
  });
  logger.error('commit failed', { error });
  expect(JSON.parse(lines[0]!)).toMatchObject({
    code: 'COMMIT_FAILED',
    topic: 'out',
    partition: 2,
    error: 'COMMIT_FAILED (out-2): no answer. <- socket',
  });
});

test('never writes a secret: not in the message, not in a field, not in an error', () => {
  const secret = 'sk-live-0123456789';
  for (const format of ['plain', 'pretty', 'json'] as const) {
    const { logger, lines } = capture({ format, redact: redactor([secret]) });
    logger.error(`call with ${secret}`, {
      url: `https://u:${secret}@host`,
      apiKey: secret,
      nested: { list: [secret] },
      error: new Error('outer', { cause: new Error(`401 for ${secret}`) }),
    });
    expect(lines.join('')).not.toContain(secret);
    expect(lines.join('')).toContain('outer');
  }
});
