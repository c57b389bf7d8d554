import { StreamError } from '../core/stream-error.ts';

/** One thing wrong with a topology: where, what, and what to do about it. */
export interface Mistake {
  /** Id of the operator, or what else the mistake is about. */
  readonly place: string;
  readonly problem: string;
  readonly remedy: string;
}

/** All mistakes in one error, a numbered line each. */
export function graphInvalid(job: string, mistakes: readonly Mistake[]): StreamError {
  const lines = mistakes.map(
    ({ place, problem, remedy }, index) => `\n  ${String(index + 1)}. ${place}: ${problem}. ${remedy}`,
  );
  const count = mistakes.length === 1 ? 'one mistake' : `${String(mistakes.length)} mistakes`;
  return new StreamError('GRAPH_INVALID', `${count} in the topology:${lines.join('')}`, { job });
}
