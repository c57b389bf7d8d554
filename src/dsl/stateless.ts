/** The stateless steps as the one primitive that they all are: a function that emits. */
import { StreamError } from '../core/stream-error.ts';
import type { FlatMapNode, Value } from '../graph/nodes.ts';

type Transform = FlatMapNode['transform'];

export function mapTransform(map: (value: Value) => Value): Transform {
  return (value, emit) => {
    const result = map(value);
    if (result instanceof Promise) throw promiseReturned();
    emit(result);
  };
}

export function filterTransform(test: (value: Value) => boolean): Transform {
  return (value, emit) => {
    if (passes(test, value)) emit(value);
  };
}

export function flatMapTransform(expand: (value: Value) => Iterable<Value>): Transform {
  return (value, emit) => {
    const results = expand(value);
    if (Array.isArray(results)) {
      for (let i = 0; i < results.length; i++) emit(results[i]);
    } else {
      if (results instanceof Promise) throw promiseReturned();
      for (const result of results) emit(result);
    }
  };
}

/** One branch of a split: what `test` takes and no earlier branch did. Without a test: what is left. */
export function branchTransform(
  earlier: readonly ((value: Value) => boolean)[],
  test?: (value: Value) => boolean,
): Transform {
  return (value, emit) => {
    for (let i = 0; i < earlier.length; i++) if (passes(earlier[i]!, value)) return;
    if (test === undefined || passes(test, value)) emit(value);
  };
}

// A Promise is truthy: an async predicate would silently take everything.
function passes(test: (value: Value) => unknown, value: Value): boolean {
  const answer = test(value);
  if (typeof answer === 'boolean') return answer;
  if (answer instanceof Promise) throw promiseReturned();
  return Boolean(answer);
}

function promiseReturned(): StreamError {
  return new StreamError('PROMISE_RETURNED', 'the function returned a Promise', {
    remedy: 'This step is synchronous: use asyncMap for calls that take time.',
  });
}
