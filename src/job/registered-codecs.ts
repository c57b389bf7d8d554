/**
 * A job with a schema registry: topics whose contract is encoded as Avro are written with the id of their schema in front,
 * and read with the schema that each record names. State and exchanges stay as they are.
 */
import type { Contract } from '../contracts/contract.ts';
import { connectRegistry } from '../contracts/confluent-registry.ts';
import { registered, registeredReader } from '../contracts/registered.ts';
import type { RegistryOptions } from '../contracts/registry-options.ts';
import { subjectOf } from '../contracts/subject.ts';
import type { Codec } from '../core/codec.ts';
import type { Topic } from '../core/topic.ts';
import type { Plan } from '../plan/plan.ts';

type TopicCodec = (topic: Topic<unknown>) => Codec<unknown>;

/** Registers the schemas of the output topics. Undefined: without a registry topics are written as the topology says. */
export async function registeredCodecs(
  plan: Plan,
  options: RegistryOptions | undefined,
): Promise<TopicCodec | undefined> {
  if (options === undefined) return undefined;
  const registry = await connectRegistry(options);
  const codecs = new Map<string, Codec<unknown>>();
  for (const { name, codec } of plan.inputTopics) {
    if (isAvroContract(codec)) codecs.set(name, registeredReader(codec, registry));
  }
  for (const { name, codec } of plan.outputTopics) {
    if (!isAvroContract(codec)) continue;
    const subject = subjectOf(options.subjects ?? 'topic', name, codec.schema);
    codecs.set(name, await registered(codec, registry, subject));
  }
  return ({ name, codec }) => codecs.get(name) ?? codec;
}

/** A codec with a schema that is written as Avro. */
export function isAvroContract(codec: Codec<unknown>): codec is Contract<unknown> {
  return 'schema' in codec && 'encoding' in codec && codec.encoding === 'avro';
}
