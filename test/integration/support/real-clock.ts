import { delay, systemClock } from '../../../src/core/clock.ts';
import type { SuiteClock } from '../../../src/testing/suites/log-suite-kit.ts';

/** For suites whose log is elsewhere: letting time pass means to wait. */
export const realClock: SuiteClock = {
  ...systemClock,
  yield: () => delay(systemClock, 2),
  advance: (durationMs) => delay(systemClock, durationMs),
  pending: 1,
};
