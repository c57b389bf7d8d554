/** Parts of a time in UTC. `1436918401000` is 2015-07-15 00:00:01. */
export function day(time: number): string {
  return new Date(time).toISOString().slice(0, 'yyyy-mm-dd'.length);
}

export function hour(time: number): number {
  return new Date(time).getUTCHours();
}

/** `hh:mm` of the 24-hour clock. */
export function timeOfDay(time: number): string {
  return new Date(time).toISOString().slice('yyyy-mm-ddT'.length, 'yyyy-mm-ddThh:mm'.length);
}

/** The hour of the 12-hour clock, where midnight and noon are 12. */
export function hour12(time: number): string {
  return twoDigits(hour(time) % 12 === 0 ? 12 : hour(time) % 12);
}

export function month(time: number): string {
  return twoDigits(new Date(time).getUTCMonth() + 1);
}

export function minute(time: number): string {
  return twoDigits(new Date(time).getUTCMinutes());
}

function twoDigits(n: number): string {
  return String(n).padStart(2, '0');
}
