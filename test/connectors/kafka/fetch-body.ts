import { RequestWriter } from '../../../src/connectors/kafka/protocol/request-writer.ts';
import type { PartitionAnswer } from '../../../src/connectors/kafka/protocol/fetch.ts';

export type AnswerFields = Partial<PartitionAnswer> & { readonly topic: string; readonly partition: number };

/** The body of a fetch response, version 11. */
export function fetchBody(answers: readonly AnswerFields[]): Buffer {
  return new RequestWriter()
    .int32(0)
    .int16(0)
    .int32(0)
    .array(answers, (answer, topic) =>
      topic.string(answer.topic).array([answer], (fields, out) =>
        out
          .int32(fields.partition)
          .int16(fields.errorCode ?? 0)
          .int64(fields.end ?? 0)
          .int64(fields.stable ?? fields.end ?? 0)
          .int64(fields.start ?? 0)
          .array(fields.aborted ?? null, ({ producerId, firstOffset }, each) =>
            each.int64(producerId).int64(firstOffset),
          )
          .int32(fields.preferredReplica ?? -1)
          .bytes(fields.records ?? Buffer.alloc(0)),
      ),
    )
    .finish();
}
