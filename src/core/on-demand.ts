import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

/** A package that is loaded when it is first used. For those that take a tenth of a second which most runs do not need. */
export function onDemand(name: string): () => unknown {
  return () => load(name) as unknown;
}
