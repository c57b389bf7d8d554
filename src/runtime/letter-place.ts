/**
 * Which task takes in a dead letter that is sent back, where a stage may have other tasks than when it failed:
 *
 *   with a key               behind an exchange or a keyed source: the one that the key belongs to now
 *   without                  the one of then: it reads the same partition, and keeps no state that belongs to keys
 *   of a keyed source        which could not read it, and so not its key: the one of then, among as many
 *   of a broadcast           the one of then, among as many: every task has failed, or not, for itself
 */
import { keyText, partitionOf } from '../core/partitioner.ts';
import { StreamError } from '../core/stream-error.ts';
import { traitsOf } from '../graph/node-traits.ts';
import type { Graph } from '../graph/nodes.ts';
import { broadcastNodes, nodeOf } from '../graph/walk.ts';
import { keySpread } from '../plan/key-spread.ts';
import type { Layout, Plan } from '../plan/plan.ts';
import type { DeadLetterRecord } from './dead-letters.ts';

/** Undefined: the operator is gone. Fails with UNSUPPORTED when nothing says which task it is. */
export function letterPlace(plan: Plan, layout: Layout, letter: DeadLetterRecord): number | undefined {
  const { graph, subTopologies } = plan;
  const { operator, subTopology, taskPartition, key = '' } = letter;
  if (subTopologies.find(({ id }) => id === subTopology)?.nodes.includes(operator) !== true) return undefined;
  const tasks = layout.tasks.get(subTopology)!;
  const asThen = letter.tasks === undefined ? taskPartition < tasks : letter.tasks === tasks;
  if (isBroadcast(graph, letter)) {
    if (asThen) return taskPartition;
    throw untold(letter, tasks);
  }
  const spread = keySpread(plan, layout, operator);
  // Where keys of several kinds meet, or values without one, there is no state that belongs to them.
  if (spread === undefined) return taskPartition % tasks;
  if (traitsOf(nodeOf(graph, operator)).reads === undefined) return partitionOf(keyText(key), spread);
  if (asThen) return taskPartition;
  throw untold(letter, tasks); // its key was not read
}

function isBroadcast(graph: Graph, { operator, input }: DeadLetterRecord): boolean {
  if (broadcastNodes(graph).has(operator)) return true;
  const node = nodeOf(graph, operator);
  const { broadcastInput } = traitsOf(node);
  return broadcastInput !== undefined && node.inputs[input] === broadcastInput;
}

function untold({ job, operator, tasks, taskPartition }: DeadLetterRecord, now: number): StreamError {
  const then = tasks === undefined ? '' : ` of ${String(tasks)}`;
  return new StreamError(
    'UNSUPPORTED',
    `what failed in task ${String(taskPartition)}${then} belongs to none of the ${String(now)} tasks of now for certain`,
    {
      job,
      operator,
      remedy:
        'Write the record into its topic again, mended. Or send it back while the job has as many partitions as it had then.',
    },
  );
}
