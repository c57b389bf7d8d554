/**
 * Which task takes in a dead letter that is sent back, where a stage may have other tasks than when it failed:
 *
 *   behind an exchange       the one that its key belongs to now
 *   behind a source          the one of then: it reads the same partition, and keeps no state that belongs to keys
 *   behind a keyed source    the one of then, among as many; among others the one of its key, if the record was read
 *   of a broadcast           the one of then, among as many: every task has failed, or not, for itself
 */
import { keyText, partitionOf } from '../core/partitioner.ts';
import { StreamError } from '../core/stream-error.ts';
import { traitsOf } from '../graph/node-traits.ts';
import type { Graph, GraphNode, NodeId } from '../graph/nodes.ts';
import { broadcastNodes, nodeOf } from '../graph/walk.ts';
import type { Layout, Plan } from '../plan/plan.ts';
import type { DeadLetterRecord } from './dead-letters.ts';

/** Undefined: the operator is gone. Fails with UNSUPPORTED when nothing says which task it is. */
export function letterPlace(
  { graph, subTopologies }: Plan,
  layout: Layout,
  letter: DeadLetterRecord,
): number | undefined {
  const { operator, subTopology, taskPartition, key = '' } = letter;
  if (subTopologies.find(({ id }) => id === subTopology)?.nodes.includes(operator) !== true) return undefined;
  const tasks = layout.tasks.get(subTopology)!;
  const asThen = letter.tasks === undefined ? taskPartition < tasks : letter.tasks === tasks;
  if (isBroadcast(graph, letter)) {
    if (asThen) return taskPartition;
    throw untold(letter, tasks);
  }
  const origins = originsOf(graph, operator);
  const spreads = new Set(origins.map((id) => layout.exchanges.get(id)).filter((count) => count !== undefined));
  const keyed = origins.every((id) => layout.exchanges.has(id) || isKeyedSource(nodeOf(graph, id)));
  // Where keys of several kinds meet, or values without one, there is no state that belongs to them.
  if (!keyed || spreads.size > 1) return taskPartition % tasks;
  const [spread] = spreads;
  if (spread !== undefined) return partitionOf(keyText(key), spread);
  if (asThen) return taskPartition;
  if (traitsOf(nodeOf(graph, operator)).reads !== undefined) throw untold(letter, tasks); // its key was not read
  return partitionOf(keyText(key), tasks);
}

function isBroadcast(graph: Graph, { operator, input }: DeadLetterRecord): boolean {
  if (broadcastNodes(graph).has(operator)) return true;
  const node = nodeOf(graph, operator);
  const { broadcastInput } = traitsOf(node);
  return broadcastInput !== undefined && node.inputs[input] === broadcastInput;
}

/** The exchanges and sources that what comes to a node entered the stage by. */
function originsOf(graph: Graph, id: NodeId): readonly NodeId[] {
  const { reads, exchange, mainInputs } = traitsOf(nodeOf(graph, id));
  return reads !== undefined || exchange ? [id] : mainInputs.flatMap((input) => originsOf(graph, input));
}

function isKeyedSource(node: GraphNode): boolean {
  return node.kind === 'source' && node.keyedBy !== undefined;
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
