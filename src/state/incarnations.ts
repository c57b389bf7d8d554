/** Numbers that tell the rows of a list or map from those of its predecessors under the same key; per operator and task. */
export class Incarnations {
  /** 0 is "no rows beside the head row". */
  next = 1;
  changed = false;

  take(): number {
    this.changed = true;
    return this.next++;
  }
}
