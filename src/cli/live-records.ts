/**
 * Shows the records of a job while it runs. A job asks for it with a second export beside its topology:
 *
 *   export const live = { topic: 'merged-detections', line: (record) => `camera ${record.cameraId}: ...` };
 *
 * With --json each record is one line of JSON instead.
 */
import type { JobModule } from '../job/load-topology.ts';
import type { LiveView, RunRequest } from './engine.ts';
import type { OutputStream } from './io.ts';
import type { LiveLine } from './live-line.ts';

export interface LiveOutput {
  readonly json: boolean;
  readonly stdout: OutputStream;
  readonly line: LiveLine;
  /** Nobody reads standard output any more. */
  readonly onGone: () => void;
}

export function liveRecords({ exports }: JobModule, { json, stdout, line, onGone }: LiveOutput): RunRequest['live'] {
  const { live } = exports;
  if (!isLiveView(live)) return undefined;
  // Where both streams are one terminal, the record must not land in the middle of the live line.
  const together = stdout.isTTY === true && line.isLive;
  return {
    topic: live.topic,
    onRecord: (record) => {
      const text = json ? JSON.stringify(record) : live.line(record);
      if (together) line.print(text);
      else stdout.write(`${text}\n`).catch(onGone);
    },
  };
}

function isLiveView(value: unknown): value is LiveView {
  return typeof value === 'object' && value !== null && 'topic' in value && 'line' in value;
}
