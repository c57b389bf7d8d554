import { checkCodecs } from './checks/check-codecs.ts';
import { checkBroadcasts, checkInputs } from './checks/check-inputs.ts';
import { checkNames } from './checks/check-names.ts';
import { checkSettings } from './checks/check-settings.ts';
import { checkTopics } from './checks/check-topics.ts';
import type { Mistake } from './mistake.ts';
import type { Graph } from './nodes.ts';

const checks = [checkNames, checkInputs, checkCodecs, checkBroadcasts, checkTopics, checkSettings];

/**
 * Everything that is wrong with a graph. What the compiler or the DSL sees first (types, ids used twice, streams of
 * another topology) is not repeated here.
 */
export function findMistakes(graph: Graph): readonly Mistake[] {
  const nodes = [...graph.nodes.values()];
  return checks.flatMap((check) => check(graph, nodes));
}
