import type { AvroSchema } from './avro-schema.ts';
import type { Incompatibility } from './compatibility.ts';

/** Where schemas are shared between programs. Ids are global: one id is one schema for ever, so callers may cache them. */
export interface SchemaRegistryPort {
  /** The id of a schema under a subject; registers it if it is new. Throws CONTRACT_INCOMPATIBLE. */
  idFor(subject: string, schema: AvroSchema): Promise<number>;
  /** Throws SCHEMA_UNKNOWN. */
  byId(id: number): Promise<AvroSchema>;
  /** Why a schema may not be registered under a subject; empty: it may. */
  check(subject: string, schema: AvroSchema): Promise<readonly Incompatibility[]>;
}
