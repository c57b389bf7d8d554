/** What the state of a task ought to hold, in plain maps: keys are as the commands name them. */
import type { TimeDomain } from '../../src/core/process-function.ts';

export interface Mortal {
  value: string;
  expiry: number;
}

export class Model {
  value = new Map<string, string>();
  mortal = new Map<string, Mortal>();
  refreshed = new Map<string, Mortal>();
  list = new Map<string, string[]>();
  mortalList = new Map<string, Mortal[]>();
  map = new Map<string, Map<string, string>>();
  mortalMap = new Map<string, Map<string, Mortal>>();
  longest = new Map<string, string>();
  joined = new Map<string, string>();
  timers = new Map<string, { domain: TimeDomain; time: number; key: string }>();
  shared = new Map<string, string>();
  rows = new Map<number, string>();
}
