/** Plain numbers that the hot path increments and the metrics read on scrape. */
export class Counters {
  recordsIn = 0;
  recordsOut = 0;
  late = 0;
  skipped = 0;
  deadLetters = 0;
  retries = 0;
  timersFired = 0;
  /** Attempts of asynchronous calls that ended, by outcome. */
  attemptsDone = 0;
  attemptsFailed = 0;
  attemptsTimedOut = 0;
}
