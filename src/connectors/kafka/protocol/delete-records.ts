/** DeleteRecords v1: gives up records before an offset, asked of the leaders. */
import type { PartitionOffset } from '../../../core/log.ts';
import { byTopic } from './by-topic.ts';
import type { PartitionError } from './partition-error.ts';
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const deleteRecordsApi = { apiKey: 21, version: 1 } as const;

export function encodeDeleteRecordsRequest(before: readonly PartitionOffset[], timeoutMs: number): Buffer {
  return new RequestWriter()
    .array(byTopic(before), ({ topic, places }, out) => {
      out.string(topic).array(places, ({ partition, offset }) => out.int32(partition).int64(offset));
    })
    .int32(timeoutMs)
    .finish();
}

export function decodeDeleteRecordsResponse(body: Buffer): readonly PartitionError[] {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  return reader
    .array(() => {
      const topic = reader.string();
      return reader.array(() => {
        const partition = reader.int32();
        reader.int64(); // first offset left
        return { topic, partition, errorCode: reader.int16() };
      });
    })
    .flat();
}
