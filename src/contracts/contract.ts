import type { ByteWriter } from '../core/byte-writer.ts';
import type { Codec } from '../core/codec.ts';
import { StreamError } from '../core/stream-error.ts';
import { AvroCodec } from './avro-codec.ts';
import type { AvroDecoder } from './avro-codec.ts';
import type { AvroSchema } from './avro-schema.ts';
import { fingerprintOf } from './canonical-form.ts';
import { checkCompatibility } from './compatibility.ts';
import { compileJsonDecoder } from './json-decoder.ts';
import { compileJsonEncoder } from './json-encoder.ts';
import { parseSchema } from './parse-schema.ts';
import type { FieldShape, RecordShape } from './shape.ts';

export type Encoding = 'json' | 'avro';

/** A codec with a schema: it decodes only what the schema declares, and says which field is wrong when it refuses. */
export interface Contract<T> extends Codec<T> {
  readonly schema: AvroSchema;
  readonly encoding: Encoding;
  /** SHA-256 of the canonical schema, in hexadecimal. */
  readonly fingerprint: string;
  readonly fields: readonly FieldShape[];
  withEncoding(encoding: Encoding): Contract<T>;
}

export interface ContractOptions {
  /** Default: JSON. */
  readonly encoding?: Encoding;
  /** The schemas of versions 1, 2, ... before this one. Each must be readable by the current schema. */
  readonly history?: readonly AvroSchema[];
  /** Number of this version; if given it must be one more than the history has. */
  readonly version?: number;
}

/**
 * A contract from the Avro schema of a record. `T` is what the schema describes; `npm run generate` writes both from
 * `schemas/*.avsc`. Throws CONTRACT_INVALID, or CONTRACT_INCOMPATIBLE when an older version cannot be read.
 */
export function contract<T>(schema: AvroSchema, options: ContractOptions = {}): Contract<T> {
  const { encoding = 'json', history = [], version = history.length + 1 } = options;
  const shape = parseSchema(schema);
  if (version !== history.length + 1) {
    throw new StreamError(
      'CONTRACT_INVALID',
      `${shape.name} is version ${version}, its history has ${history.length}`,
      {
        remedy: 'Keep the schema of every older version in the history, oldest first.',
      },
    );
  }
  history.forEach((older, i) => {
    const problems = checkCompatibility(schema, older).map(({ path, reason }) => `${path} ${reason}`);
    if (problems.length === 0) return;
    throw new StreamError(
      'CONTRACT_INCOMPATIBLE',
      `${shape.name} cannot read version ${i + 1}: ${problems.join('; ')}`,
    );
  });
  const definition = { schema, shape, history, version };
  return encoding === 'json' ? new JsonContract<T>(definition) : new AvroContract<T>(definition);
}

interface Definition {
  readonly schema: AvroSchema;
  readonly shape: RecordShape;
  readonly history: readonly AvroSchema[];
  readonly version: number;
}

abstract class BaseContract<T> implements Contract<T> {
  abstract readonly encoding: Encoding;
  abstract readonly name: string;
  readonly version: number;
  readonly schema: AvroSchema;
  readonly fingerprint: string;
  readonly fields: readonly FieldShape[];
  readonly #definition: Definition;

  constructor(definition: Definition) {
    this.#definition = definition;
    this.version = definition.version;
    this.schema = definition.schema;
    this.fields = definition.shape.fields;
    this.fingerprint = fingerprintOf(definition.shape);
  }

  abstract encode(value: T, out: ByteWriter): void;
  abstract decode(bytes: Buffer, start: number, end: number, version?: number): T;

  withEncoding(encoding: Encoding): Contract<T> {
    if (encoding === this.encoding) return this;
    return encoding === 'json' ? new JsonContract<T>(this.#definition) : new AvroContract<T>(this.#definition);
  }

  /** The version that some bytes were written with, if this build can read it. */
  protected known(version: number): number {
    if (version >= 1 && version <= this.version) return version;
    throw new StreamError(
      'STATE_CODEC_MISMATCH',
      `${this.name} was written as version ${version}, this build knows up to ${this.version}`,
      { remedy: 'Start the newer build, or restore a savepoint taken before it.' },
    );
  }
}

/** Older versions need no decoder of their own: names, aliases and defaults resolve them. */
class JsonContract<T> extends BaseContract<T> {
  readonly encoding = 'json';
  readonly name: string;
  readonly #decode: (bytes: Buffer, start: number, end: number) => unknown;
  readonly #encode: (value: unknown, out: ByteWriter) => void;

  constructor(definition: Definition) {
    super(definition);
    this.name = definition.shape.name;
    this.#decode = compileJsonDecoder(definition.shape);
    this.#encode = compileJsonEncoder(definition.shape);
  }

  encode(value: T, out: ByteWriter): void {
    this.#encode(value, out);
  }

  decode(bytes: Buffer, start: number, end: number, version = this.version): T {
    if (version !== this.version) this.known(version);
    return this.#decode(bytes, start, end) as T;
  }
}

class AvroContract<T> extends BaseContract<T> {
  readonly encoding = 'avro';
  readonly name: string;
  readonly #codec: AvroCodec;
  readonly #history: readonly AvroDecoder[];

  constructor(definition: Definition) {
    super(definition);
    this.name = `${definition.shape.name}.avro`; // stored rows of the two encodings must not be mistaken for each other
    this.#codec = new AvroCodec(definition.shape);
    this.#history = definition.history.map((older) => this.#codec.decoderFor(older));
  }

  encode(value: T, out: ByteWriter): void {
    this.#codec.encode(value, out);
  }

  decode(bytes: Buffer, start: number, end: number, version = this.version): T {
    const decode = version === this.version ? this.#codec.decode : this.#history[this.known(version) - 1]!;
    return decode(bytes, start, end) as T;
  }
}
