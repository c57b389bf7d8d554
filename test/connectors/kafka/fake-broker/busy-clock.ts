import { ManualClock } from '../../../../src/testing/manual-clock.ts';

/** Time passes while others have their turn: a log that keeps asking goes on, and nothing waits for real time. */
export class BusyClock extends ManualClock {
  override async yield(): Promise<void> {
    await super.yield();
    await this.advance(1);
  }
}
