/**
 * How the values of topics stand in the log, where that is not what the topology says: in another encoding, or, with a
 * schema registry, as Avro with the id of its schema in front. State and exchanges are not touched.
 */
import { connectRegistry } from '../contracts/confluent-registry.ts';
import type { Contract } from '../contracts/contract.ts';
import { registered, registeredReader } from '../contracts/registered.ts';
import type { RegistryOptions } from '../contracts/registry-options.ts';
import { subjectOf } from '../contracts/subject.ts';
import type { Codec } from '../core/codec.ts';
import { StreamError } from '../core/stream-error.ts';
import type { Topic } from '../core/topic.ts';
import type { Plan } from '../plan/plan.ts';
import type { TopicOverrides } from './options.ts';

export type TopicCodec = (topic: Topic<unknown>) => Codec<unknown>;

/** What of the options of `run` decides about it. Plain data: threads get it too. */
export interface TopicCoding {
  readonly registry?: RegistryOptions | undefined;
  readonly topics?: Readonly<Record<string, TopicOverrides>> | undefined;
  /** Names of topics that are generated: they are in no log. */
  readonly generated?: readonly string[];
}

/** A topic whose values are Avro, and the subject of its schema. */
export interface AvroTopic {
  readonly topic: Topic<unknown>;
  readonly contract: Contract<unknown>;
  readonly subject: string;
  /** The job writes it: its schema is ours to register. */
  readonly written: boolean;
}

/** Connects a registry when a topic needs one, and registers the schemas of the topics that the job writes. */
export async function topicCodecs(plan: Plan, coding: TopicCoding): Promise<TopicCodec> {
  const { topics = {}, generated = [] } = coding;
  const avro = avroTopics(plan, coding);
  const framed: { readonly topic: Topic<unknown>; readonly codec: Codec<unknown> }[] = [];
  if (coding.registry !== undefined && avro.length > 0) {
    const registry = await connectRegistry(coding.registry);
    for (const { topic, contract, subject, written } of avro) {
      const codec = written ? await registered(contract, registry, subject) : registeredReader(contract, registry);
      framed.push({ topic, codec });
    }
  }
  return (topic) => {
    if (generated.includes(topic.name)) return topic.codec;
    const known = framed.find((entry) => entry.topic.name === topic.name && entry.topic.codec === topic.codec);
    return known?.codec ?? encodedAs(topic, topics[topic.name]?.encoding);
  };
}

/** The topics of a job that stand as Avro in the log. */
export function avroTopics(plan: Plan, { registry, topics = {}, generated = [] }: TopicCoding): readonly AvroTopic[] {
  const all = new Map([...plan.inputTopics, ...plan.outputTopics].map((topic) => [topic, topic.name]));
  const written = new Set(plan.outputTopics.map(({ name }) => name));
  return [...all].flatMap(([topic, name]) => {
    const codec = encodedAs(topic, topics[name]?.encoding);
    if (generated.includes(name) || !isContract(codec) || codec.encoding !== 'avro') return [];
    const subject = subjectOf(registry?.subjects ?? 'topic', name, codec.schema);
    return [{ topic, contract: codec, subject, written: written.has(name) }];
  });
}

function encodedAs({ name, codec }: Topic<unknown>, encoding: TopicOverrides['encoding']): Codec<unknown> {
  if (encoding === undefined) return codec;
  if (isContract(codec)) return codec.withEncoding(encoding);
  throw new StreamError('CONFIG_INVALID', `topics.${name}.encoding is ${encoding}, and its codec is ${codec.name}`, {
    topic: name,
    remedy: 'Only topics with a contract can be encoded in another way.',
  });
}

function isContract(codec: Codec<unknown>): codec is Contract<unknown> {
  return 'schema' in codec && 'withEncoding' in codec;
}
