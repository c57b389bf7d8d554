import { walkedColumns, type WalkedColumns } from '../../core/batch-walker.ts';

/**
 * Memory of answers and of the columns of their records that is used again and again: fresh memory for each lives until
 * the garbage collector has gone over everything, and so makes it do that.
 */
export class ReusedMemory {
  #answer = Buffer.alloc(0);
  #answerTaken = false;
  #columns = walkedColumns(0);
  #columnsTaken = false;

  /** Memory of that size: fresh memory while what was taken before is in use. */
  readonly answer = (size: number): Buffer => {
    if (this.#answerTaken) return Buffer.allocUnsafeSlow(size);
    this.#answerTaken = true;
    if (this.#answer.length < size) this.#answer = Buffer.allocUnsafeSlow(size);
    return this.#answer.subarray(0, size);
  };

  /** The same for the columns of so many records. */
  readonly columns = (count: number): WalkedColumns => {
    if (this.#columnsTaken) return walkedColumns(count);
    this.#columnsTaken = true;
    if (this.#columns.offsets.length < count) this.#columns = walkedColumns(Math.ceil(count * 1.25));
    return this.#columns;
  };

  /** What was taken is not in use any more. */
  giveBack(): void {
    this.#answerTaken = false;
    this.#columnsTaken = false;
  }
}
