import { traitsOf } from '../node-traits.ts';
import { nodeOf } from '../walk.ts';
import type { Check } from './check.ts';

/** Whatever leaves memory has a codec: values in an exchange, and inputs of running calls. */
export const checkCodecs: Check = (graph, nodes) =>
  nodes.flatMap((node) => {
    const { exchange, keepsInput, inputCodec } = traitsOf(node);
    const input = node.inputs[0];
    const remedy = `Name it where the values are made: ${input === undefined ? 'the step before' : `'${input}'`} takes { codec }.`;
    if (exchange && node.codec === undefined) {
      const reader = nodes.find((other) => other.inputs.includes(node.id));
      return { place: reader?.id ?? node.id, problem: 'its exchange has no codec for the values', remedy };
    }
    const reported = input !== undefined && traitsOf(nodeOf(graph, input)).exchange;
    if (keepsInput && inputCodec === undefined && !reported) {
      return { place: node.id, problem: 'it keeps inputs while calls run and has no codec for them', remedy };
    }
    return [];
  });
