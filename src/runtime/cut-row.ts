/**
 * The cut row: everything about a task's place in its inputs that must match its state. It is written in the same batch
 * as the state rows (and changelogged like them), so state and position can never disagree.
 */
import { StreamError, messageOf } from '../core/stream-error.ts';

export interface InputCut {
  readonly topic: string;
  readonly partition: number;
  /** Next offset to process. */
  readonly position: number;
  /** Identity of the topic's incarnation. */
  readonly topicId: string;
  /** Read by every task: not among the group's committed offsets. */
  readonly broadcast: boolean;
  /** Event time per upstream: one for a source's partition, one per upstream task for an exchange. */
  readonly times: readonly number[];
  /** Which of `times` belong to somebody who was idle. */
  readonly idle: readonly number[];
  /** Event time reached from this input, which may be ahead of an upstream that came back from idleness. */
  readonly reached: number;
}

export interface Cut {
  readonly epoch: number;
  readonly fingerprint: string;
  readonly inputs: readonly InputCut[];
}

const format = 1;

export function encodeCut(cut: Cut): Buffer {
  const inputs = cut.inputs.map((input) => ({
    ...input,
    times: input.times.map(timeText),
    reached: timeText(input.reached),
  }));
  return Buffer.from(JSON.stringify({ format, ...cut, inputs }));
}

export function decodeCut(bytes: Buffer, task: string): Cut {
  let parsed: {
    format: number;
    epoch: number;
    fingerprint: string;
    inputs: (Omit<InputCut, 'times' | 'reached'> & { times: (number | string)[]; reached: number | string })[];
  };
  try {
    parsed = JSON.parse(bytes.toString()) as typeof parsed;
  } catch (cause) {
    throw new StreamError('STATE_CORRUPT', `the cut row is not readable: ${messageOf(cause)}`, {
      task,
      cause,
      remedy: 'Restore a savepoint, or delete the data folder to start again.',
    });
  }
  if (parsed.format !== format) {
    throw new StreamError(
      'STATE_CODEC_MISMATCH',
      `the cut row has format ${String(parsed.format)}, this build knows ${String(format)}`,
      {
        task,
        remedy: 'Start the build that wrote it, or a newer one.',
      },
    );
  }
  return {
    epoch: parsed.epoch,
    fingerprint: parsed.fingerprint,
    inputs: parsed.inputs.map((input) => ({
      ...input,
      times: input.times.map(timeOf),
      reached: timeOf(input.reached),
    })),
  };
}

// JSON has no infinities.
function timeText(time: number): number | string {
  return Number.isFinite(time) ? time : time > 0 ? 'max' : 'min';
}

function timeOf(text: number | string): number {
  return text === 'max' ? Infinity : text === 'min' ? -Infinity : Number(text);
}
