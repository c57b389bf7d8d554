import type { Description } from './describe.ts';
import { draw, type Box } from './drawing.ts';

/** A description as a Mermaid flowchart. */
export function describeMermaid(description: Description): string {
  const { frames, boxes, arrows } = draw(description);
  const names = new Map(boxes.map(({ key }, index) => [key, `n${String(index)}`]));
  const line = (box: Box, indent: string): string => `${indent}${names.get(box.key)!}${shaped(box)}`;
  return [
    'flowchart LR',
    ...boxes.filter(({ frame }) => frame === undefined).map((box) => line(box, '  ')),
    ...frames.flatMap(({ key, title }, index) => [
      `  subgraph s${String(index)} ["${escape(title)}"]`,
      ...boxes.filter(({ frame }) => frame === key).map((box) => line(box, '    ')),
      '  end',
    ]),
    ...arrows.map(({ from, to }) => `  ${names.get(from)!} --> ${names.get(to)!}`),
    '',
  ].join('\n');
}

function shaped({ shape, lines }: Box): string {
  const text = `"${lines.map(escape).join('<br/>')}"`;
  switch (shape) {
    case 'topic':
      return `[(${text})]`;
    case 'stateful':
      return `[[${text}]]`;
    case 'step':
      return `[${text}]`;
    default:
      return shape satisfies never;
  }
}

function escape(text: string): string {
  return text.replace(/[&<>"#]/g, (character) => `#${String(character.codePointAt(0))};`);
}
