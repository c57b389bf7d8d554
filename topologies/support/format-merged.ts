import type { MergedRecord, RiskLevel } from '../contracts.ts';
import { riskTypesOf } from './risk-types.ts';

export interface Look {
  readonly color: boolean;
  /** Time of printing, to show how long the frame took to get here. */
  readonly nowMs: number;
}

const paint: Readonly<Record<RiskLevel, string>> = { none: '32', low: '36', medium: '33', high: '1;31' };

/** A line for people: `10:30:45.123  camera 1  high    3 groups, 2 of 2 assessed  person_near_vehicle  38 ms` */
export function formatMerged(record: MergedRecord, { color, nowMs }: Look): string {
  const { expected, received, errors } = record.riskAssessment;
  const level = record.maxRiskLevel.padEnd(6);
  const groups = record.trafficGroups.length;
  const parts = [
    record.timestamp.slice(11, 23),
    `camera ${String(record.cameraId).padEnd(2)}`,
    color ? `\x1b[${paint[record.maxRiskLevel]}m${level}\x1b[0m` : level,
    `${String(groups)} ${groups === 1 ? 'group' : 'groups'}, ${String(received)} of ${String(expected)} assessed`,
  ];
  if (!record.complete) parts.push('incomplete');
  if (errors.length > 0) parts.push(`${String(errors.length)} failed`);
  if (record.hasDangerousDriving) parts.push(riskTypesOf(record).join(', '));
  parts.push(`${String(Math.max(0, Math.round(nowMs - Date.parse(record.timestamp))))} ms`);
  return parts.filter((part) => part !== '').join('  ');
}
