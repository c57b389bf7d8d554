import * as dagre from '@dagrejs/dagre';
import type { Description } from './describe.ts';
import { draw, type Box } from './drawing.ts';

const lineHeight = 16;
const characterWidth = 7.2; // of the 12 px monospace font below
const padding = 12;

interface Placed extends Size {
  readonly x: number;
  readonly y: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** What is used of dagre: its own declarations do not resolve in ECMAScript modules. `layout` fills in the positions. */
interface LayoutGraph {
  setGraph(options: object): void;
  setNode(key: string, size: Partial<Size>): void;
  setParent(key: string, parent: string): void;
  setEdge(from: string, to: string, options: object): void;
  graph(): Size;
  node(key: string): Placed;
  edge(from: string, to: string): { readonly points: readonly Placed[] };
}

const { Graph, layout } = dagre as unknown as {
  readonly Graph: new (options: { readonly compound: true }) => LayoutGraph;
  readonly layout: (graph: LayoutGraph) => void;
};

/** A description as a self-contained SVG picture, flowing from left to right. */
export function describeSvg(description: Description): string {
  const { title, frames, boxes, arrows } = draw(description);
  const graph = new Graph({ compound: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 24, ranksep: 48, marginx: 16, marginy: 16 });
  for (const { key } of frames) graph.setNode(key, {});
  for (const box of boxes) {
    graph.setNode(box.key, sizeOf(box));
    if (box.frame !== undefined) graph.setParent(box.key, box.frame);
  }
  for (const { from, to } of arrows) graph.setEdge(from, to, {});
  layout(graph);

  const { width, height } = graph.graph();
  const lines = arrows.map(({ from, to }) => {
    const { points } = graph.edge(from, to);
    return `<polyline class="arrow" points="${points.map(({ x, y }) => `${px(x)},${px(y)}`).join(' ')}"/>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${px(width)}" height="${px(height)}" viewBox="0 0 ${px(width)} ${px(height)}">`,
    `<title>${escape(title)}</title>`,
    style,
    '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0,0 L8,4 L0,8 z"/></marker></defs>',
    '<rect class="paper" width="100%" height="100%"/>',
    ...frames.map((frame) => frameOf(frame.title, graph.node(frame.key))),
    ...lines,
    ...boxes.map((box) => boxOf(box, graph.node(box.key))),
    '</svg>',
    '',
  ].join('\n');
}

const style = `<style>
text { font: 12px monospace; fill: #1f2933; }
.name { font-weight: bold; }
.detail { fill: #52606d; }
.paper { fill: #ffffff; }
.frame { fill: #f5f7fa; stroke: #9aa5b1; stroke-dasharray: 4 3; }
.step { fill: #ffffff; stroke: #52606d; }
.stateful { fill: #fff3c4; stroke: #8d6b00; }
.topic { fill: #d9e8ff; stroke: #2f5f9e; }
.arrow { fill: none; stroke: #52606d; marker-end: url(#head); }
</style>`;

function sizeOf({ lines }: Box): Size {
  const widest = Math.max(...lines.map((line) => line.length));
  return { width: widest * characterWidth + 2 * padding, height: lines.length * lineHeight + padding };
}

function boxOf({ shape, lines }: Box, { x, y, width, height }: Placed): string {
  const [left, top] = [x - width / 2, y - height / 2];
  const radius = shape === 'topic' ? 12 : 3;
  const texts = lines.map((line, index) => {
    const baseline = top + padding / 2 + (index + 0.75) * lineHeight;
    return `<text class="${index === 0 ? 'name' : 'detail'}" x="${px(x)}" y="${px(baseline)}" text-anchor="middle">${escape(line)}</text>`;
  });
  return `<rect class="${shape}" x="${px(left)}" y="${px(top)}" width="${px(width)}" height="${px(height)}" rx="${String(radius)}"/>${texts.join('')}`;
}

function frameOf(title: string, { x, y, width, height }: Placed): string {
  const [left, top] = [x - width / 2, y - height / 2];
  return (
    `<rect class="frame" x="${px(left)}" y="${px(top)}" width="${px(width)}" height="${px(height)}" rx="6"/>` +
    `<text class="detail" x="${px(left + 8)}" y="${px(top + lineHeight)}">${escape(title)}</text>`
  );
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${String(character.codePointAt(0))};`);
}
