import type { Codec } from '../../../src/core/codec.ts';
import type { Log } from '../../../src/core/log.ts';
import { readTopic } from '../../support/read-topic.ts';
import { settled } from './settled.ts';

/** The committed values of a topic, per partition in order: of all that was written before the call. */
export async function readSettled<T>(log: Log, topic: string, codec: Codec<T>): Promise<T[][]> {
  await settled(log, topic);
  return await readTopic(log, topic, codec);
}
