import type { MergedRecord } from '../contracts.ts';

/** All risk types of a frame, each once, in the order of its groups. */
export function riskTypesOf(record: MergedRecord): string[] {
  return [...new Set(record.riskAssessment.results.flatMap((result) => result.riskTypes))];
}
