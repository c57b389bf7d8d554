import type { Description } from './describe.ts';

/** A description as boxes and arrows, for Mermaid and SVG alike. */
export interface Drawing {
  readonly title: string;
  /** A frame for each sub-topology. */
  readonly frames: readonly { readonly key: string; readonly title: string }[];
  readonly boxes: readonly Box[];
  readonly arrows: readonly { readonly from: string; readonly to: string }[];
}

export interface Box {
  readonly key: string;
  /** Key of the frame around it. */
  readonly frame: string | undefined;
  readonly shape: 'topic' | 'step' | 'stateful';
  /** First the name, then details. */
  readonly lines: readonly string[];
}

/** Topics stand outside of the frames; an exchange is the topic between its two sub-topologies. */
export function draw({ job, subTopologies, exchanges, topics }: Description): Drawing {
  const boxes: Box[] = [];
  const arrows: { from: string; to: string }[] = [];
  const exchangeIds = new Map(exchanges.map(({ id, topic }) => [id, topic]));
  const topicKey = (name: string): string => `topic:${name}`;

  for (const { name, use, codec } of topics.filter((topic) => topic.use !== 'deadLetters')) {
    const kind = use === 'exchange' || use === 'broadcast' ? [use] : [];
    boxes.push({ key: topicKey(name), frame: undefined, shape: 'topic', lines: [name, ...kind, codec ?? ''] });
  }
  for (const [index, sub] of subTopologies.entries()) {
    const frame = `sub:${String(index)}`;
    const key = (id: string): string => {
      const topic = exchangeIds.get(id);
      return topic === undefined ? `${frame}:${id}` : topicKey(topic);
    };
    for (const node of sub.nodes) {
      if (!exchangeIds.has(node.id)) {
        const states = node.state.map(({ name, kind }) => `${name}: ${kind}`);
        const shape = node.state.length > 0 ? 'stateful' : 'step';
        boxes.push({ key: key(node.id), frame, shape, lines: [node.id, node.label, ...states] });
      }
      for (const input of node.inputs) arrows.push({ from: key(input), to: key(node.id) });
      if (node.topic === undefined) continue;
      const outside = topicKey(node.topic);
      const reads = node.inputs.length === 0;
      arrows.push(reads ? { from: outside, to: key(node.id) } : { from: key(node.id), to: outside });
    }
  }
  return {
    title: job,
    frames: subTopologies.map(({ id }, index) => ({ key: `sub:${String(index)}`, title: id })),
    boxes,
    arrows,
  };
}
