import { toMs, type Duration } from '../../core/duration.ts';
import type { StateOptions } from '../../core/state-spec.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { Mistake } from '../mistake.ts';
import { traitsOf } from '../node-traits.ts';
import type { ErrorPolicy } from '../nodes.ts';
import { nodeOf } from '../walk.ts';
import type { Check } from './check.ts';

/** Durations, counts, and settings that need one another. */
export const checkSettings: Check = (graph, nodes) =>
  nodes.flatMap((node) => {
    const { state, broadcastState, durations, counts, time, keyedInputs } = traitsOf(node);
    const place = node.id;
    const mistakes: Mistake[] = [];
    const states = [...Object.entries(state), ...Object.entries(broadcastState)];
    for (const [name, spec] of states) mistakes.push(...duration(place, `ttl of '${name}'`, ttlOf(spec.options)));
    for (const [name, value] of Object.entries(durations)) mistakes.push(...duration(place, name, value));
    for (const [name, [least, value]] of Object.entries(counts)) mistakes.push(...count(place, name, least, value));
    for (const tries of attempts(node.onError)) mistakes.push(...count(place, 'retry', 1, tries));
    if (time.whenIdle === 'advance' && time.idleAfter === undefined) {
      const remedy = 'Say after how long without records the stream is idle.';
      mistakes.push({ place, problem: "whenIdle 'advance' has no idleAfter", remedy });
    }
    const asked = keyedInputs.flatMap((id) => traitsOf(nodeOf(graph, id)).partitions ?? []);
    if (new Set(asked).size > 1) {
      const remedy = 'Inputs that meet by key need equal partition counts.';
      mistakes.push({ place, problem: `its inputs ask for ${asked.join(' and ')} partitions`, remedy });
    }
    return mistakes;
  });

function ttlOf({ ttl }: StateOptions): Duration | undefined {
  return typeof ttl === 'object' ? ttl.after : ttl;
}

function duration(place: string, what: string, value: Duration | undefined): readonly Mistake[] {
  if (value === undefined) return [];
  try {
    if (toMs(value, what) > 0) return [];
    return [{ place, problem: `${what} is zero`, remedy: "Give text like '250ms', '10s', '5m'." }];
  } catch (error) {
    if (!StreamError.is(error)) throw error;
    return [{ place, problem: error.reason, remedy: error.remedy ?? '' }];
  }
}

function count(place: string, what: string, least: number, value: number | undefined): readonly Mistake[] {
  if (value === undefined || (Number.isInteger(value) && value >= least)) return [];
  const remedy = `Give a whole number of at least ${String(least)}.`;
  return [{ place, problem: `${what} is ${String(value)}`, remedy }];
}

function attempts(policy: ErrorPolicy): readonly number[] {
  return policy.kind === 'retry' ? [policy.attempts, ...attempts(policy.then)] : [];
}
