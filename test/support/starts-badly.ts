/** A job whose first worker thread never gets to run. What the second one does is in its config. */
import { isMainThread, workerData } from 'node:worker_threads';
import { defineTopology, json, topic } from '../../src/index.ts';

interface Config {
  readonly second: 'fails' | 'hangs';
}

if (!isMainThread) {
  const { settings, config } = workerData as { settings: { transactionalId: string }; config: Config };
  const isFirst = settings.transactionalId.endsWith('-0');
  if (!isFirst && config.second === 'fails') throw new RangeError('no second worker');
  setInterval(() => undefined, 1_000); // else a thread that waits for nothing ends
  await new Promise(() => undefined);
}

export default defineTopology({
  name: 'starts-badly',
  config: { parse: (value: unknown) => value as Config },
  build(t) {
    t.source('in', topic('in', json<number>('number'))).sinkTo('out', topic('out', json<number>('number')));
  },
});
