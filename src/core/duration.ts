import { StreamError } from './stream-error.ts';

type Unit = 'ms' | 's' | 'm' | 'h' | 'd';

/** Milliseconds, or text such as `'250ms'`, `'10s'`, `'5m'`, `'1h'`, `'7d'`. */
export type Duration = number | `${number}${Unit}`;

const unitMs: Readonly<Record<Unit, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration in milliseconds; `what` names the setting in the error. */
export function toMs(duration: Duration, what = 'duration'): number {
  if (typeof duration === 'number') {
    if (Number.isFinite(duration) && duration >= 0) return duration;
  } else {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration);
    if (match !== null) return Number(match[1]) * unitMs[match[2] as Unit];
  }
  throw new StreamError('DURATION_INVALID', `${what} is ${JSON.stringify(duration)}`, {
    remedy: "Give milliseconds as a number, or text like '250ms', '10s', '5m', '1h', '7d'.",
  });
}
