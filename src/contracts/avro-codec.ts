/**
 * The binary Avro encoding of a contract. What its own schema writes is written and read by generated code. What older or
 * other schemas wrote, and what the generated code does not take (wrong values and broken bytes, but also rare forms that
 * are right, like absent fields with a default), goes to avsc.
 */
import type { ByteWriter } from '../core/byte-writer.ts';
import { StreamError } from '../core/stream-error.ts';
import { avroDecoderSource } from './avro-decoder-source.ts';
import { avroEncoderSource } from './avro-encoder-source.ts';
import { AvroReader } from './avro-reader.ts';
import type { AvroSchema } from './avro-schema.ts';
import { mostExact, writeLong, writeText } from './avro-write.ts';
import { AvscCodec, type AvroDecoder } from './avsc-codec.ts';
import { fingerprintOf } from './canonical-form.ts';
import { compile } from './compile.ts';
import { wrongValue } from './json-write.ts';
import { parseSchema } from './parse-schema.ts';
import type { RecordShape } from './shape.ts';

export type { AvroDecoder };

/** Throws for a value that it does not take; it may have written a part of it then. */
export type AvroWriter = (out: ByteWriter, value: unknown) => void;

export function compileAvroWriter(shape: RecordShape): AvroWriter {
  const names = ['fail', 'long', 'text', 'mostExact'];
  return compile(names, [wrongValue, writeLong, writeText, mostExact], avroEncoderSource(shape)) as AvroWriter;
}

/** Throws DECODE_FAILED, or something else for bytes that it does not take. */
export type AvroWalk = (bytes: Buffer, start: number, reader: AvroReader) => unknown;

export function compileAvroReader(shape: RecordShape): AvroWalk {
  return compile([], [], avroDecoderSource(shape)) as AvroWalk;
}

const refused = Symbol('refused');
const reader = new AvroReader();

/** The value, or `refused`. Throws DECODE_FAILED. */
function walk(read: AvroWalk, bytes: Buffer, start: number, end: number): unknown {
  reader.start(end);
  try {
    const value = read(bytes, start, reader);
    return reader.at === end && !reader.doubtful ? value : refused;
  } catch (thrown) {
    if (StreamError.is(thrown)) throw thrown;
    return refused; // also where it is nested deeper than the stack
  }
}

/** Undefined: avsc reads more kinds of schemas than a contract can have. */
function shapeOf(schema: AvroSchema): RecordShape | undefined {
  try {
    return parseSchema(schema);
  } catch {
    return undefined;
  }
}

export class AvroCodec {
  readonly #shape: RecordShape;
  readonly #write: AvroWriter;
  readonly #read: AvroWalk;
  #byAvsc: AvscCodec | undefined;

  constructor(shape: RecordShape) {
    this.#shape = shape;
    this.#write = compileAvroWriter(shape);
    this.#read = compileAvroReader(shape);
  }

  /** Throws ENCODE_FAILED with the path of the wrong field. */
  encode(value: unknown, out: ByteWriter): void {
    const start = out.length;
    try {
      this.#write(out, value);
    } catch {
      out.length = start;
      this.#avsc().encode(value, out);
    }
  }

  /** Decodes what this contract wrote. Throws DECODE_FAILED. */
  readonly decode: AvroDecoder = (bytes, start, end) => {
    const value = walk(this.#read, bytes, start, end);
    return value === refused ? this.#avsc().decode(bytes, start, end) : value;
  };

  /** A decoder for what another schema wrote; resolving costs about a thousand records, so keep it. */
  decoderFor(writer: AvroSchema): AvroDecoder {
    const written = shapeOf(writer);
    if (written !== undefined && fingerprintOf(written) === fingerprintOf(this.#shape)) return this.decode;
    const decode = this.#avsc().decoderFor(writer);
    if (written === undefined) return decode;
    const read = compileAvroReader(written);
    return (bytes, start, end) => {
      walk(read, bytes, start, end); // for what it throws: see AvroReader
      return decode(bytes, start, end);
    };
  }

  #avsc(): AvscCodec {
    return (this.#byAvsc ??= new AvscCodec(this.#shape));
  }
}
