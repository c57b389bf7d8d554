import { mapState, string, valueState } from '../../src/index.ts';
import type { KeyedContext } from '../../src/index.ts';
import { Alert, MergedRecord } from '../contracts.ts';
import { alertOf } from './alert-of.ts';

const keptAlerts = 100;

const state = {
  /** The newest frame of the camera, for 5 minutes. */
  latest: valueState(MergedRecord, { ttl: '5m' }),
  /** Its last 100 alerts by id, oldest first. */
  alerts: mapState(string, Alert),
};

type CameraContext = Pick<KeyedContext<number, typeof state, Alert, unknown>, 'state' | 'emit'>;

/** What is kept about a camera (`run-topology state inspect` shows it), and the alerts that its frames raise. */
export const perCameraProcess = {
  state,
  output: Alert,

  onElement(record: MergedRecord, ctx: CameraContext): void {
    const { latest, alerts } = ctx.state;
    // A frame that waited for its timer may come after a newer one. ISO times in UTC sort as text.
    if (record.timestamp >= (latest.get()?.timestamp ?? '')) latest.set(record);

    const alert = alertOf(record);
    if (alert === undefined) return;
    alerts.set(alert.alertId, alert);
    const [oldest] = alerts.keys();
    if (oldest !== undefined && alerts.size > keptAlerts) alerts.delete(oldest);
    ctx.emit(alert);
  },
};
