/**
 * Avro with the id of its schema in front, as Confluent's clients write it:
 *
 *   byte 0   | bytes 1..4              | rest
 *   0 (magic)| schema id, big endian   | Avro of the value
 *
 * Decoding is synchronous, asking the registry is not. So a source calls `prepare` for each record before it hands a
 * batch on, and waits only when it gets a promise, which is once per schema. A schema that is unknown or cannot be read
 * by the contract fails the records that name it, each as it is decoded, and is asked for again with the next batch. A
 * registry that does not answer fails `prepare`: the records are as good as they were, and are read again.
 */
import type { ByteWriter } from '../core/byte-writer.ts';
import type { Codec } from '../core/codec.ts';
import { StreamError } from '../core/stream-error.ts';
import { AvroCodec } from './avro-codec.ts';
import type { AvroDecoder } from './avro-codec.ts';
import type { Contract } from './contract.ts';
import { parseSchema } from './parse-schema.ts';
import type { SchemaRegistryPort } from './schema-registry-port.ts';

const magic = 0;
const headerSize = 5;

export interface RegisteredCodec<T> extends Codec<T> {
  prepare(bytes: Buffer, start: number, end: number): Promise<void> | undefined;
}

/** Registers the schema of the contract (or finds its id) under a subject, usually `<topic>-value`. */
export async function registered<T>(
  contract: Contract<T>,
  registry: SchemaRegistryPort,
  subject: string,
): Promise<RegisteredCodec<T>> {
  return new FramedAvro<T>(contract, registry, await registry.idFor(subject, contract.schema));
}

/** For topics that others write: registers nothing, and encodes nothing. */
export function registeredReader<T>(contract: Contract<T>, registry: SchemaRegistryPort): RegisteredCodec<T> {
  return new FramedAvro<T>(contract, registry, undefined);
}

class FramedAvro<T> implements RegisteredCodec<T> {
  readonly name: string;
  readonly version: number;
  readonly #registry: SchemaRegistryPort;
  readonly #codec: AvroCodec;
  readonly #id: number | undefined;
  readonly #decoders = new Map<number, AvroDecoder>();
  /** Why schemas cannot be read. */
  readonly #failures = new Map<number, StreamError>();
  readonly #pending = new Map<number, Promise<void>>();

  constructor(contract: Contract<T>, registry: SchemaRegistryPort, id: number | undefined) {
    const shape = parseSchema(contract.schema);
    this.name = `${shape.name}.registered`;
    this.version = contract.version;
    this.#registry = registry;
    this.#codec = new AvroCodec(shape);
    this.#id = id;
    if (id !== undefined) this.#decoders.set(id, this.#codec.decode);
  }

  encode(value: T, out: ByteWriter): void {
    if (this.#id === undefined) throw new StreamError('ENCODE_FAILED', `${this.name} is here for reading only`);
    const start = out.length;
    out.byte(magic);
    out.uint32(this.#id);
    try {
      this.#codec.encode(value, out);
    } catch (thrown) {
      out.length = start;
      throw thrown;
    }
  }

  decode(bytes: Buffer, start: number, end: number): T {
    const id = schemaId(bytes, start, end);
    const decode = this.#decoders.get(id);
    if (decode === undefined) {
      const failure = this.#failures.get(id);
      if (failure !== undefined) throw failure;
      throw new StreamError('SCHEMA_UNKNOWN', `schema ${id} was not fetched`, { remedy: 'Await prepare() first.' });
    }
    return decode(bytes, start + headerSize, end) as T;
  }

  prepare(bytes: Buffer, start: number, end: number): Promise<void> | undefined {
    // A record without a frame has no schema to wait for: decode refuses it, so that it becomes a dead letter.
    if (!isFramed(bytes, start, end)) return undefined;
    const id = bytes.readUInt32BE(start + 1);
    if (this.#decoders.has(id)) return undefined;
    let pending = this.#pending.get(id);
    if (pending === undefined) {
      pending = this.#fetch(id).finally(() => this.#pending.delete(id));
      this.#pending.set(id, pending);
    }
    return pending;
  }

  async #fetch(id: number): Promise<void> {
    try {
      this.#decoders.set(id, this.#codec.decoderFor(await this.#registry.byId(id)));
    } catch (thrown) {
      const failure = StreamError.from(thrown, 'REGISTRY_UNAVAILABLE', { reaction: 'rollback' });
      if (!schemaFailures.has(failure.code)) throw failure;
      this.#failures.set(id, failure);
    }
  }
}

/** What is wrong with the schema and not with the registry. */
const schemaFailures: ReadonlySet<string> = new Set(['SCHEMA_UNKNOWN', 'CONTRACT_INCOMPATIBLE', 'CONTRACT_INVALID']);

function isFramed(bytes: Buffer, start: number, end: number): boolean {
  return end - start >= headerSize && bytes[start] === magic;
}

function schemaId(bytes: Buffer, start: number, end: number): number {
  if (isFramed(bytes, start, end)) return bytes.readUInt32BE(start + 1);
  throw new StreamError('DECODE_FAILED', 'the record does not start with a zero byte and a schema id', {
    remedy: 'Use the contract without a registry for topics that other programs write as plain JSON or Avro.',
  });
}
