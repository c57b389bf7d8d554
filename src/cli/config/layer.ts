/** One source of configuration, as a flat list. Later layers win, leaf by leaf: defaults < code < file < environment < flags. */
export interface Entry {
  /** `['commit', 'interval']`; the job's own configuration lies under `config`. */
  readonly path: readonly string[];
  readonly value: unknown;
  /** Came as text (environment, flag, interpolation): may stand for a number, a boolean or a list as well. */
  readonly text: boolean;
  /** For people: `millrace.yaml:4`, `MILLRACE_COMMIT_INTERVAL`, `--commit-ms`. */
  readonly origin: string;
  /** Holds something that came from a variable with a secret's name. */
  readonly secret?: boolean;
}

export type Layer = readonly Entry[];

/** `commit.interval` */
export function pathText(path: readonly string[]): string {
  return path.join('.');
}
