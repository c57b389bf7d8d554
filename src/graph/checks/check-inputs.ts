import type { Mistake } from '../mistake.ts';
import { traitsOf } from '../node-traits.ts';
import type { NodeId } from '../nodes.ts';
import { nodeOf, upstreamOf } from '../walk.ts';
import type { Check } from './check.ts';

/** Something is read, and only what exists: side outputs are declared. */
export const checkInputs: Check = (graph, nodes) => {
  const reads = nodes.some((node) => traitsOf(node).reads !== undefined);
  const empty = { place: 'topology', problem: 'it reads nothing', remedy: 'Begin with t.source(id, topic).' };
  return [
    ...(reads ? [] : [empty]),
    ...nodes.flatMap((node) => {
      const { picks } = traitsOf(node);
      if (picks === undefined) return [];
      const operator = node.inputs[0]!; // a picking node has exactly one
      const names = Object.keys(traitsOf(nodeOf(graph, operator)).sideOutputs);
      if (names.includes(picks)) return [];
      const known = names.length === 0 ? 'it declares none' : `it declares ${names.join(', ')}`;
      const problem = `side output '${picks}' is not declared (${known})`;
      return { place: operator, problem, remedy: `Add '${picks}' with its codec to sideOutputs.` };
    }),
  ];
};

/** A broadcast input is a source and stateless steps, and nothing else reads them. */
export const checkBroadcasts: Check = (graph, nodes) => {
  const mistakes: Mistake[] = [];
  const shared = new Set<NodeId>();
  for (const node of nodes) {
    const { broadcastInput } = traitsOf(node);
    if (broadcastInput === undefined) continue;
    const before = [...upstreamOf(graph, [broadcastInput])];
    const obstacle = before.find((id) => traitsOf(nodeOf(graph, id)).stateful || traitsOf(nodeOf(graph, id)).exchange);
    if (obstacle === undefined) {
      for (const id of before) shared.add(id);
    } else {
      const problem = `its broadcast input comes from '${obstacle}', which keeps state or changes the key`;
      const remedy = 'Write that stream to a compacted topic and broadcast a source of it in another topology.';
      mistakes.push({ place: node.id, problem, remedy });
    }
  }
  for (const node of nodes.filter(({ id }) => !shared.has(id))) {
    for (const id of traitsOf(node).mainInputs.filter((input) => shared.has(input))) {
      const problem = `it reads '${id}', which is broadcast to every task`;
      mistakes.push({
        place: node.id,
        problem,
        remedy: 'A stream is either broadcast or shared out: read two topics.',
      });
    }
  }
  return mistakes;
};
