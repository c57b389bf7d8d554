/** Record batches and fetch responses by kafkajs's encoder and decoder, with all compressions. */
import { createRequire } from 'node:module';
import { zstd, lz4, snappy } from '../../../src/connectors/kafka/compression/native-codecs.ts';

const require = createRequire(import.meta.url);

interface KafkajsEncoder {
  readonly buffer: Buffer;
}

interface Codec {
  compress(encoder: KafkajsEncoder): Promise<Buffer>;
  decompress(packed: Buffer): Promise<Buffer>;
}

interface KafkajsMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | Buffer[]>>;
  readonly isControlRecord: boolean;
}

interface KafkajsFetch {
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      readonly highWatermark: string;
      readonly lastStableOffset: string;
      readonly abortedTransactions: readonly { producerId: string; firstOffset: string }[];
      readonly messages: readonly KafkajsMessage[];
    }[];
  }[];
}

export interface PlainRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
  readonly headers: readonly { readonly key: string; readonly value: Buffer }[];
}

const { Codecs } = require('kafkajs/src/protocol/message/compression/index.js') as {
  Codecs: Record<number, () => Codec>;
};
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0/index.js') as {
  RecordBatch: (fields: object) => Promise<KafkajsEncoder>;
};
const Record = require('kafkajs/src/protocol/recordBatch/record/v0/index.js') as (fields: object) => KafkajsEncoder;
const fetchResponse = require('kafkajs/src/protocol/requests/fetch/v11/response.js') as {
  decode: (body: Buffer) => Promise<KafkajsFetch>;
};

/** The framing of Java's producer, in blocks so small that there are several. */
async function xerial(records: Buffer): Promise<Buffer> {
  const parts: Buffer[] = [Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])];
  for (let at = 0; at < records.length; at += 100) {
    const block = await snappy().compress(records.subarray(at, at + 100));
    const size = Buffer.alloc(4);
    size.writeInt32BE(block.length);
    parts.push(size, block);
  }
  return Buffer.concat(parts);
}

Codecs[2] = () => ({
  compress: ({ buffer }) => xerial(buffer),
  decompress: async (packed) => snappy().uncompressSync(packed, { asBuffer: true }),
});
Codecs[3] = () => ({
  compress: ({ buffer }) => lz4().compressFrame(buffer),
  decompress: async (packed) => lz4().decompressFrameSync(packed),
});
Codecs[4] = () => ({
  compress: ({ buffer }) => zstd().compress(buffer),
  decompress: (packed) => zstd().decompress(packed),
});

/** `compression`: the number in the attributes. Offsets are dense from `firstOffset` on. */
export async function kafkajsBatch(
  records: readonly PlainRecord[],
  compression: number,
  firstOffset = 0,
  fields: object = {},
): Promise<Buffer> {
  const base = records[0]?.timestamp ?? 0;
  const encoder = await RecordBatch({
    compression,
    firstOffset,
    firstTimestamp: base,
    maxTimestamp: Math.max(base, ...records.map(({ timestamp }) => timestamp)),
    lastOffsetDelta: records.length - 1,
    records: records.map(({ key, value, timestamp, headers }, i) =>
      Record({
        offsetDelta: i,
        timestampDelta: timestamp - base,
        key,
        value,
        headers: Object.fromEntries(headers.map((header) => [header.key, header.value])),
      }),
    ),
    ...fields,
  });
  return encoder.buffer;
}

/** What kafkajs reads from the body of a fetch response, version 11. */
export function kafkajsFetch(body: Buffer): Promise<KafkajsFetch> {
  return fetchResponse.decode(body);
}
