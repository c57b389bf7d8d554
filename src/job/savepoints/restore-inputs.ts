import type { Log } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { Plan } from '../../plan/plan.ts';
import type { SavepointPart } from './savepoint-part.ts';

/**
 * Checks that the inputs are those that the savepoint has positions in: the very topics, or copies of them where the user
 * says so. Fails with SAVEPOINT_INVALID.
 */
export async function checkInputs(plan: Plan, log: Log, part: SavepointPart, copiedTopics: boolean): Promise<void> {
  const names = plan.inputTopics.map(({ name }) => name).filter((name) => part.topics?.[name] !== undefined);
  const found = await log.topics.describe(names);
  for (const [i, name] of names.entries()) {
    const now = found[i];
    if (now?.id === part.topics![name]!.id) continue;
    if (now === undefined) {
      throw misfit(
        plan,
        name,
        'it does not exist here',
        'Restore beside the topics of the savepoint, or copies of them.',
      );
    }
    if (!copiedTopics) {
      const remedy = 'If it has the same records at the same offsets, say so: --copied-topics, or copiedTopics: true.';
      throw misfit(plan, name, 'the savepoint was taken beside another topic of this name', remedy);
    }
    await checkEnds(plan, log, part, now);
  }
}

async function checkEnds(
  plan: Plan,
  log: Log,
  { offsets }: SavepointPart,
  topic: { readonly name: string; readonly partitions: number },
): Promise<void> {
  const own = offsets.filter((offset) => offset.topic === topic.name);
  const remedy = 'Copy the whole topic, offsets included, or start the job anew without the savepoint.';
  for (const { partition, offset } of own) {
    if (partition < topic.partitions) continue;
    const reason = `it has ${String(topic.partitions)} partitions, the savepoint is at ${String(offset)} of ${String(partition)}`;
    throw misfit(plan, topic.name, reason, remedy);
  }
  for (const [i, { end }] of (await log.topics.bounds(own)).entries()) {
    const { partition, offset } = own[i]!;
    if (offset <= end) continue;
    const reason = `partition ${String(partition)} ends at ${String(end)}, the savepoint is at ${String(offset)}`;
    throw misfit(plan, topic.name, reason, remedy);
  }
}

function misfit({ graph: { job } }: Plan, topic: string, reason: string, remedy: string): StreamError {
  return new StreamError('SAVEPOINT_INVALID', `the input ${topic} does not fit: ${reason}`, { job, topic, remedy });
}
