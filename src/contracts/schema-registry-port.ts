import type { AvroSchema } from './avro-schema.ts';
import type { Incompatibility } from './compatibility.ts';

export interface SubjectVersion {
  readonly id: number;
  /** Counts from 1 in each subject. */
  readonly version: number;
  readonly schema: AvroSchema;
}

/** Where schemas are shared between programs. Ids are global: one id is one schema for ever, so callers may cache them. */
export interface SchemaRegistryPort {
  /** The id of a schema under a subject; registers it if it is new. Throws CONTRACT_INCOMPATIBLE. */
  idFor(subject: string, schema: AvroSchema): Promise<number>;
  /** The same without registering; undefined: the subject does not have it. */
  find(subject: string, schema: AvroSchema): Promise<number | undefined>;
  /** Throws SCHEMA_UNKNOWN. */
  byId(id: number): Promise<AvroSchema>;
  /** The newest schema of a subject; undefined: the subject is not there. */
  latest(subject: string): Promise<SubjectVersion | undefined>;
  /** Why a schema may not be registered under a subject; empty: it may. */
  check(subject: string, schema: AvroSchema): Promise<readonly Incompatibility[]>;
}
