/**
 * Shows the records of a job while it runs. A job asks for it with two more exports beside its topology:
 *
 *   export const liveTopic = topics.mergedDetections;
 *   export function formatLive(record, { color, nowMs }) { return `camera ${record.cameraId}: ...`; }
 *
 * With --json each record is one line of JSON instead.
 */
import type { Clock } from '../core/clock.ts';
import type { Topic } from '../core/topic.ts';
import type { JobModule } from '../job/load-topology.ts';
import type { RunRequest } from './engine.ts';
import type { OutputStream } from './io.ts';
import type { LiveLine } from './live-line.ts';

export interface LiveOutput {
  readonly json: boolean;
  readonly stdout: OutputStream;
  readonly line: LiveLine;
  readonly clock: Clock;
  /** Nobody reads standard output any more. */
  readonly onGone: () => void;
}

export function liveRecords(
  { exports }: JobModule,
  { json, stdout, line, clock, onGone }: LiveOutput,
): RunRequest['live'] {
  const { liveTopic, formatLive } = exports;
  if (!isTopic(liveTopic)) return undefined;
  const color = stdout.isTTY === true;
  const format: FormatLive =
    typeof formatLive === 'function' && !json ? (formatLive as FormatLive) : (record) => JSON.stringify(record);
  // Where both streams are one terminal, the record must not land in the middle of the live line.
  const together = color && line.isLive;
  return {
    topic: liveTopic,
    onRecord: (record) => {
      const text = format(record, { color, nowMs: clock.now() });
      if (together) line.print(text);
      else stdout.write(`${text}\n`).catch(onGone);
    },
  };
}

type FormatLive = (record: unknown, options: { readonly color: boolean; readonly nowMs: number }) => string;

function isTopic(value: unknown): value is Topic<unknown> {
  return typeof value === 'object' && value !== null && 'name' in value && 'codec' in value;
}
