// codecs and contracts
export { boolean, bytes, json, number, string } from './core/codec.ts';
export type { Codec, Decoded, JsonOptions } from './core/codec.ts';
export type { AvroComplex, AvroField, AvroSchema } from './contracts/avro-schema.ts';
export { checkCompatibility, checkEvolution } from './contracts/compatibility.ts';
export type { CompatibilityLevel, Incompatibility } from './contracts/compatibility.ts';
export { contract } from './contracts/contract.ts';
export type { Contract, ContractOptions, Encoding } from './contracts/contract.ts';
export { MemoryRegistry } from './contracts/memory-registry.ts';
export { registered } from './contracts/registered.ts';
export type { RegisteredCodec } from './contracts/registered.ts';
export type { SchemaRegistryPort } from './contracts/schema-registry-port.ts';
export type { FieldShape, Shape } from './contracts/shape.ts';
export { taggedUnion } from './contracts/tagged-union.ts';
export type { TaggedValue, UnionMembers } from './contracts/tagged-union.ts';
