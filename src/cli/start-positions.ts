/**
 * `--from POSITION`: where sources start that have no committed position.
 *
 *   latest                                        all of them: earliest, latest, none, or a time (ISO 8601, or ms)
 *   by_duration:1h                                what came in the last hour (also in ISO 8601: by_duration:PT1H)
 *   frames=latest,results=2026-01-31T08:00:00Z    some of them, by their id in the topology
 */
import { toMs, type Duration } from '../core/duration.ts';
import type { StartPosition } from '../core/start-position.ts';
import { StreamError } from '../core/stream-error.ts';
import type { Graph } from '../graph/nodes.ts';
import { didYouMean } from './config/nearest.ts';

const byDuration = 'by_duration:';
const isoDuration = /^P(?=.)(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const isoUnitMs = [24 * 3_600_000, 3_600_000, 60_000, 1_000] as const;

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
  if (text.startsWith(byDuration)) return { duration: durationOf(text.slice(byDuration.length)) };
  const timestamp = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isNaN(timestamp)) throw invalid(`${JSON.stringify(text)} is no position`, undefined);
  return { timestamp };
}

function durationOf(text: string): Duration {
  const iso = isoDuration
    .exec(text)
    ?.slice(1)
    .map((part) => Number((part as string | undefined) ?? 0));
  if (iso !== undefined) return iso.reduce((ms, part, i) => ms + part * isoUnitMs[i]!, 0);
  try {
    toMs(text as Duration);
    return text as Duration;
  } catch {
    throw invalid(`${JSON.stringify(text)} is no duration`, undefined);
  }
}

function invalid(reason: string, sources: string | undefined): StreamError {
  return new StreamError('CONFIG_INVALID', `kafka.auto.offset.reset: ${reason}`, {
    remedy:
      sources === undefined
        ? 'Use earliest, latest, none, a time like 2026-01-31T08:00:00Z, or by_duration:1h.'
        : `The sources are: ${sources}.`,
  });
}
