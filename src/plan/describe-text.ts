import type { Description, NodeDescription } from './describe.ts';

type SubTopology = Description['subTopologies'][number];

/**
 * A description as a tree for the terminal. A node with several inputs stands under the first of them; the others point
 * to it.
 */
export function describeText(description: Description): string {
  const { job, fingerprint, subTopologies, topics } = description;
  const lines = [`${job}  (state fingerprint ${fingerprint.slice(0, 12)})`];
  for (const sub of subTopologies) {
    lines.push('', `sub-topology ${sub.id}${sub.stateful ? ', stateful' : ''}`);
    for (const root of roots(sub, description)) lines.push(...root);
  }
  const width = Math.max(...topics.map(({ name }) => name.length));
  const uses = topics.map(({ name, use, codec, partitions, compacted }) => {
    const details = [codec, partitions === undefined ? undefined : `${String(partitions)} partitions`];
    const known = [...details, compacted === true ? 'compacted' : undefined].filter((detail) => detail !== undefined);
    return `  ${name.padEnd(width)}  ${[use, ...known].join(', ')}`;
  });
  return [...lines, '', 'topics', ...uses, ''].join('\n');
}

/** The trees of a sub-topology, each as lines: one per source and exchange that feeds it. */
function roots(sub: SubTopology, { exchanges }: Description): readonly (readonly string[])[] {
  const own = new Map(sub.nodes.map((node) => [node.id, node]));
  const shown = new Set<string>();
  const toExchange = new Map(exchanges.map((exchange) => [exchange.id, exchange]));

  const tree = (title: string, id: string, stem: string): readonly string[] => {
    const children = sub.nodes.filter(({ inputs }) => inputs.includes(id));
    const below = children.flatMap((child, index) => {
      const last = index === children.length - 1;
      const branch = `${stem}${last ? '└─ ' : '├─ '}`;
      const next = `${stem}${last ? '   ' : '│  '}`;
      if (shown.has(child.id)) return [`${branch}${child.id} (above)`];
      shown.add(child.id);
      const exchange = toExchange.get(child.id);
      const text = exchange === undefined ? nodeTitle(child) : `exchange ${exchange.topic} => ${exchange.to}`;
      return tree(`${branch}${text}`, child.id, next);
    });
    return [title, ...below];
  };

  const sources = sub.nodes.filter(({ inputs }) => inputs.length === 0);
  const entries = exchanges.filter(
    ({ id, to }) => to === sub.id && sub.nodes.some(({ inputs }) => inputs.includes(id)),
  );
  return [
    ...entries.map(({ id, topic }) => tree(`  exchange ${topic}`, id, '  ')),
    ...sources.map((source) => tree(`  ${nodeTitle(own.get(source.id)!)}`, source.id, '  ')),
  ];
}

function nodeTitle({ id, label, topic, codec, state, sideOutputs, onError, inputs }: NodeDescription): string {
  const details = [
    topic === undefined ? undefined : `${inputs.length === 0 ? 'from' : 'to'} topic ${topic}`,
    codec,
    state.length === 0 ? undefined : `state ${state.map(({ name, kind }) => `${name} (${kind})`).join(', ')}`,
    Object.keys(sideOutputs).length === 0 ? undefined : `side outputs ${Object.keys(sideOutputs).join(', ')}`,
    onError === 'fail' ? undefined : `on error ${onError}`,
  ].filter((detail) => detail !== undefined);
  return `${label} ${id}${details.length === 0 ? '' : `  [${details.join('; ')}]`}`;
}
