import type { TopicPartition } from '../../core/log.ts';
import type { StreamError } from '../../core/stream-error.ts';
import { persistence, type KafkaContext } from './kafka-context.ts';
import { persist } from './persist.ts';
import { leaderFailure } from './leader-failure.ts';
import type { PartitionError } from './protocol/partition-error.ts';

export interface LeaderRequest<P extends TopicPartition, A extends PartitionError> {
  /** What it does, for messages: 'look-up of offsets'. */
  readonly what: string;
  readonly api: { readonly apiKey: number; readonly version: number };
  readonly encode: (places: readonly P[]) => Buffer;
  readonly decode: (body: Buffer) => readonly A[];
}

/**
 * Asks each partition's leader, one request per broker, and asks again where leaders move; answers in the order of
 * `places`. Fails with the first error that will not pass.
 */
export async function askLeaders<P extends TopicPartition, A extends PartitionError>(
  context: KafkaContext,
  places: readonly P[],
  request: LeaderRequest<P, A>,
): Promise<readonly A[]> {
  const answers = new Map<string, A>();
  await persist(persistence(context), async () => {
    const left = places.filter((place) => !answers.has(keyOf(place)));
    await askOnce(context, left, request, answers);
  });
  return places.map((place) => answers.get(keyOf(place))!);
}

async function askOnce<P extends TopicPartition, A extends PartitionError>(
  { transport }: KafkaContext,
  places: readonly P[],
  { what, api, encode, decode }: LeaderRequest<P, A>,
  answers: Map<string, A>,
): Promise<void> {
  const leaders = await Promise.all(places.map(({ topic, partition }) => transport.leader(topic, partition)));
  const byNode = new Map<number, P[]>();
  places.forEach((place, i) => {
    const { leader } = leaders[i]!;
    byNode.set(leader, [...(byNode.get(leader) ?? []), place]);
  });
  await Promise.all(
    [...byNode].map(async ([node, asked]) => {
      const body = await transport.send(node, 'control', api.apiKey, api.version, encode(asked));
      const failures: StreamError[] = [];
      for (const answer of decode(body)) {
        const { errorCode, topic } = answer;
        if (errorCode === 0) {
          answers.set(keyOf(answer), answer);
        } else {
          transport.invalidate({ topic });
          failures.push(leaderFailure(errorCode, `the ${what}`, answer));
        }
      }
      const failure = failures.find(({ code }) => code !== 'LOG_UNAVAILABLE') ?? failures[0];
      if (failure !== undefined) throw failure;
    }),
  );
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
