/** How far the restore of a savepoint is. */
export interface SavepointProgress {
  /** Reading all of it, making room on a cluster, writing rows, writing what was between the stages with all positions. */
  readonly phase: 'checking' | 'clearing' | 'writing' | 'committing';
  /** Rows of state that this phase is done with: checked, or written. */
  readonly rows: number;
  readonly totalRows: number;
  /** Written so far. */
  readonly bytes: number;
}
