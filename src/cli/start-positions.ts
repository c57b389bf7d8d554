/**
 * `--from POSITION`: where sources start that have no committed position.
 *
 *   latest                                        all of them: earliest, latest, none, or a time (ISO 8601, or ms)
 *   frames=latest,results=2026-01-31T08:00:00Z    some of them, by their id in the topology
 */
import { StreamError } from '../core/stream-error.ts';
import type { Graph } from '../graph/nodes.ts';
import type { StartPosition } from '../job/options.ts';
import { didYouMean } from './config/nearest.ts';

/** By source; `*`: all others. Fails with CONFIG_INVALID. */
export function startPositions(text: string, graph: Graph): Readonly<Record<string, StartPosition>> {
  const sources = [...graph.nodes.values()].flatMap((node) => (node.kind === 'source' ? [node.id] : []));
  return Object.fromEntries(
    text.split(',').map((part) => {
      const at = part.indexOf('=');
      const source = at < 0 ? '*' : part.slice(0, at).trim();
      if (source !== '*' && !sources.includes(source)) {
        throw invalid(
          `there is no source ${JSON.stringify(source)}.${didYouMean(source, sources)}`,
          sources.join(', '),
        );
      }
      return [source, positionOf(part.slice(at + 1).trim())];
    }),
  );
}

function positionOf(text: string): StartPosition {
  if (text === 'earliest' || text === 'latest' || text === 'none') return text;
  const timestamp = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isNaN(timestamp)) throw invalid(`${JSON.stringify(text)} is no position`, undefined);
  return { timestamp };
}

function invalid(reason: string, sources: string | undefined): StreamError {
  return new StreamError('CONFIG_INVALID', `kafka.auto.offset.reset: ${reason}`, {
    remedy:
      sources === undefined
        ? 'Use earliest, latest, none, or a time like 2026-01-31T08:00:00Z.'
        : `The sources are: ${sources}.`,
  });
}
