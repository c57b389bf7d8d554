import { isName, nameRemedy } from '../names.ts';
import { traitsOf } from '../node-traits.ts';
import type { Check } from './check.ts';

/** Names of the job, of states and of side outputs. Ids are checked where they are given, in dsl/. */
export const checkNames: Check = (graph, nodes) => {
  const job = isName(graph.job)
    ? []
    : [{ place: 'topology', problem: `'${graph.job}' is not a usable name`, remedy: nameRemedy }];
  return [
    ...job,
    ...nodes.flatMap((node) => {
      const { state, broadcastState, sideOutputs } = traitsOf(node);
      const states = [...Object.keys(state), ...Object.keys(broadcastState)];
      const named = [
        ...states.map((name) => ({ name, what: 'state' })),
        ...Object.keys(sideOutputs).map((name) => ({ name, what: 'side output' })),
      ];
      const unusable = named
        .filter(({ name }) => !isName(name))
        .map(({ name, what }) => ({
          place: node.id,
          problem: `${what} '${name}' has no usable name`,
          remedy: nameRemedy,
        }));
      const twice = Object.keys(state)
        .filter((name) => Object.hasOwn(broadcastState, name))
        .map((name) => ({
          place: node.id,
          problem: `'${name}' is both keyed and broadcast state`,
          remedy: 'Give them different names.',
        }));
      return [...unusable, ...twice];
    }),
  ];
};
