import type { Topic } from '../../core/topic.ts';
import type { Mistake } from '../mistake.ts';
import { isTopicName } from '../names.ts';
import { traitsOf } from '../node-traits.ts';
import type { GraphNode } from '../nodes.ts';
import type { Check } from './check.ts';

/** Each topic has a legal name of its own, one contract and one reader, and nothing flows back into what is read. */
export const checkTopics: Check = (graph, nodes) => {
  const mistakes: Mistake[] = [];
  const first = new Map<string, { readonly node: GraphNode; readonly topic: Topic<unknown> }>();
  const readers = new Map<string, GraphNode>();

  const check = (node: GraphNode, topic: Topic<unknown>): void => {
    const { name, codec } = topic;
    const add = (problem: string, remedy: string): void => void mistakes.push({ place: node.id, problem, remedy });
    const known = first.get(name);
    if (known === undefined) {
      first.set(name, { node, topic });
      if (!isTopicName(name)) {
        add(`'${name}' is not a usable topic name`, "Use letters, digits, '-', '_' and '.', at most 249.");
      }
      if (isInternal(graph.job, name)) {
        add(`topic '${name}' has the name of one that the job keeps for itself`, 'Use another name.');
      }
    } else if (known.topic.codec.name !== codec.name || known.topic.codec.version !== codec.version) {
      const [here, there] = [codec, known.topic.codec].map((one) => `${one.name} v${String(one.version)}`);
      add(`topic '${name}' holds ${here!} here and ${there!} in '${known.node.id}'`, 'Use one contract per topic.');
    }
  };

  for (const node of nodes) {
    const { reads } = traitsOf(node);
    if (reads === undefined) continue;
    check(node, reads);
    const other = readers.get(reads.name);
    if (other !== undefined) {
      const problem = `topic '${reads.name}' is already read by '${other.id}'`;
      const remedy = 'Use one source; its stream can be used any number of times.';
      mistakes.push({ place: node.id, problem, remedy });
    }
    readers.set(reads.name, node);
  }
  for (const node of nodes) {
    const { writes } = traitsOf(node);
    if (writes === undefined) continue;
    check(node, writes);
    const reader = readers.get(writes.name);
    if (reader !== undefined) {
      const problem = `it writes to '${writes.name}', which '${reader.id}' reads: an endless loop`;
      mistakes.push({ place: node.id, problem, remedy: 'Write to another topic.' });
    }
  }
  return mistakes;
};

function isInternal(job: string, topic: string): boolean {
  if (!topic.startsWith(`${job}-`)) return false;
  return (
    topic === `${job}-dlq` ||
    topic === `${job}-restoring` ||
    topic.endsWith('-repartition') ||
    topic.endsWith('-changelog')
  );
}
