import type { Alert, MergedRecord } from '../contracts.ts';
import { riskTypesOf } from './risk-types.ts';

/** The alert a merged record raises: one for `high`, none for anything below. */
export function alertOf(record: MergedRecord): Alert | undefined {
  if (record.maxRiskLevel !== 'high') return undefined;
  return {
    alertId: record.messageId,
    cameraId: record.cameraId,
    timestamp: record.timestamp,
    maxRiskLevel: record.maxRiskLevel,
    riskTypes: riskTypesOf(record),
    rawFrameUrl: record.rawFrameUrl,
  };
}
