/**
 * The binary Avro encoding of a contract by avsc: the definition that the generated code of avro-codec.ts agrees with, and
 * what reads the bytes of other schemas. What avsc does differently from the JSON encoding is levelled here:
 * - a `long` is a number and anything beyond 2^53 - 1 is refused (avsc refuses 2^53 - 1 itself and may round others);
 * - decoded records are plain objects, not instances of generated classes;
 * - null of an optional field is read as undefined, and lengths of tuples and finite numbers are checked.
 */
import type avro from 'avsc';
import type { ByteWriter } from '../core/byte-writer.ts';
import { onDemand } from '../core/on-demand.ts';
import { StreamError } from '../core/stream-error.ts';
import type { AvroSchema } from './avro-schema.ts';
import { resolvableSchema } from './canonical-form.ts';
import { conform } from './conform.ts';
import type { RecordShape } from './shape.ts';

const avsc = onDemand('avsc') as () => typeof avro;

type Schema = Parameters<typeof avro.Type.forSchema>[0];

/** A long as eight little-endian bytes, as avsc hands them on. */
let long: avro.Type | undefined;
const exactLong = (): avro.Type =>
  (long ??= avsc().types.LongType.__with({
    fromBuffer: (bytes: Buffer) => {
      const value = bytes.readInt32LE(4) * 0x1_0000_0000 + bytes.readUInt32LE(0);
      if (!Number.isSafeInteger(value)) {
        throw new StreamError('DECODE_FAILED', `expected an integer below 2^53, got ${bytes.readBigInt64LE()}`);
      }
      return value;
    },
    toBuffer: (value: number) => {
      const bytes = Buffer.allocUnsafe(8);
      bytes.writeBigInt64LE(BigInt(value));
      return bytes;
    },
    fromJSON: Number,
    toJSON: (value: unknown) => value,
    isValid: Number.isSafeInteger,
    compare: (a: number, b: number) => Math.sign(a - b),
  }));

export type AvroDecoder = (bytes: Buffer, start: number, end: number) => unknown;

export class AvscCodec {
  readonly #shape: RecordShape;
  readonly #type: avro.Type;
  /** Decodes what this contract wrote. */
  readonly decode: AvroDecoder;

  constructor(shape: RecordShape) {
    this.#shape = shape;
    this.#type = typeOf(resolvableSchema(shape));
    this.decode = this.#decoder(undefined);
  }

  /** Throws ENCODE_FAILED with the path of the wrong field. */
  encode(value: unknown, out: ByteWriter): void {
    let checked: unknown;
    try {
      checked = conform(this.#shape, value, '');
    } catch (thrown) {
      const { reason, place } = StreamError.from(thrown, 'ENCODE_FAILED');
      throw new StreamError('ENCODE_FAILED', reason, place);
    }
    out.ensure(64);
    let end = this.#type.encode(checked, out.buffer, out.length);
    if (end < 0) {
      // The value did not fit; minus `end` bytes are missing.
      out.ensure(out.buffer.length - out.length - end);
      end = this.#type.encode(checked, out.buffer, out.length);
    }
    out.length = end;
  }

  /** A decoder for what another schema wrote; resolving costs about a thousand records, so keep it. */
  decoderFor(writer: AvroSchema): AvroDecoder {
    try {
      return this.#decoder(this.#type.createResolver(typeOf(writer)));
    } catch (cause) {
      throw StreamError.from(cause, 'CONTRACT_INCOMPATIBLE', {
        remedy: 'Give new fields a default, and removed or renamed ones an alias.',
      });
    }
  }

  #decoder(
    resolver: avro.Type['createResolver'] extends (type: avro.Type) => infer R ? R | undefined : never,
  ): AvroDecoder {
    return (bytes, start, end) => {
      let result: { value: unknown; offset: number };
      try {
        result = this.#type.decode(bytes, start, resolver);
      } catch (cause) {
        throw StreamError.from(cause, 'DECODE_FAILED');
      }
      if (result.offset !== end) {
        const what = result.offset < 0 || result.offset > end ? 'end too early' : 'go on after the value';
        throw new StreamError('DECODE_FAILED', `the Avro bytes ${what}`);
      }
      return conform(this.#shape, result.value, '');
    };
  }
}

function typeOf(schema: AvroSchema): avro.Type {
  try {
    return avsc().Type.forSchema(schema as Schema, { registry: { long: exactLong() }, wrapUnions: 'auto' });
  } catch (cause) {
    throw StreamError.from(cause, 'CONTRACT_INVALID');
  }
}
