import type { RiskLevel } from '../contracts.ts';

const rank: Readonly<Record<RiskLevel, number>> = { none: 0, low: 1, medium: 2, high: 3 };

/** The highest of the levels; `none` when there are none. */
export function maxRiskLevel(levels: Iterable<RiskLevel>): RiskLevel {
  let highest: RiskLevel = 'none';
  for (const level of levels) if (rank[level] > rank[highest]) highest = level;
  return highest;
}
