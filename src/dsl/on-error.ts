import type { ErrorPolicy } from '../graph/nodes.ts';

/**
 * What to do when a function throws: `fail` stops the job, `skip` drops the element and counts it, `deadLetter` keeps it
 * in the job's dead-letter topic, `{ retry: 3, then: 'skip' }` repeats the invocation first (3 attempts in all).
 */
export type OnError =
  'fail' | 'skip' | 'deadLetter' | { readonly retry: number; readonly then?: 'fail' | 'skip' | 'deadLetter' };

export function errorPolicy(onError: OnError): ErrorPolicy {
  if (typeof onError === 'string') return Object.freeze({ kind: onError });
  return Object.freeze({ kind: 'retry', attempts: onError.retry, then: errorPolicy(onError.then ?? 'fail') });
}
