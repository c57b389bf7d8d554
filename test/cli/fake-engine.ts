/** An engine whose jobs do what a test says: the commands are tested, not the runtime. */
import { BehaviorSubject, EMPTY } from 'rxjs';
import { z } from 'zod';
import type { Engine, RunRequest } from '../../src/cli/engine.ts';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { json } from '../../src/core/codec.ts';
import { StreamError } from '../../src/core/stream-error.ts';
import { topic } from '../../src/core/topic.ts';
import { defineTopology, type Topology } from '../../src/dsl/define-topology.ts';
import type { JobHandle, JobStatus } from '../../src/job/options.ts';

export const sample = defineTopology({
  name: 'sample',
  config: z.object({ minObjects: z.number().int().min(1).default(2), apiKey: z.string().optional() }),
  build(t) {
    t.source('frames', topic('frames-topic', json<number>('frame'))).sinkTo(
      'tasks',
      topic('tasks-topic', json<number>('task')),
    );
  },
});

export const joined = defineTopology({
  name: 'joined',
  build(t) {
    const left = t.source('left', topic('left-topic', json<number>('left')));
    const right = t.source('right', topic('right-topic', json<number>('right')));
    left.sinkTo('first', topic('first-topic', json<number>('first')));
    right.sinkTo('second', topic('second-topic', json<number>('second')));
  },
});

/** A job that runs until it is drained, aborted, finished or failed. */
export class FakeJob implements JobHandle {
  readonly name: string;
  readonly finished: Promise<void>;
  readonly status$;
  readonly metrics$ = EMPTY;
  readonly log = new MemoryLog();
  status: JobStatus;
  drains = 0;
  closes = 0;
  readonly savepoints: string[] = [];
  finish!: () => void;
  fail!: (error: Error) => void;
  /** False: draining takes forever. */
  drainEnds = true;

  constructor(name: string) {
    this.name = name;
    this.status = {
      job: name,
      phase: 'running',
      recordsIn: 0,
      recordsOut: 0,
      deadLetters: 0,
      restarts: 0,
      tasks: 4,
      restore: { remaining: 0, records: 0, bytes: 0 },
      standbys: { tasks: 0, lag: 0 },
      error: undefined,
    };
    this.status$ = new BehaviorSubject(this.status);
    this.finished = new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
    this.finished.catch(() => undefined);
  }

  async drain(): Promise<void> {
    this.drains++;
    if (this.drainEnds) this.finish();
  }

  async close(): Promise<void> {
    this.closes++;
    this.finish();
  }

  async savepoint(folder: string): Promise<void> {
    this.savepoints.push(folder);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

export interface FakeEngine extends Engine {
  run: Engine['run'];
  openFolder: Engine['openFolder'];
  readonly requests: RunRequest[];
  readonly jobs: FakeJob[];
  /** Resolves when a job has been started. */
  readonly started: Promise<FakeJob>;
}

export function fakeEngine(exports: Readonly<Record<string, unknown>> = {}): FakeEngine {
  const topologies: Readonly<Record<string, unknown>> = { sample, joined };
  const requests: RunRequest[] = [];
  const jobs: FakeJob[] = [];
  let markStarted!: (job: FakeJob) => void;
  const started = new Promise<FakeJob>((resolve) => {
    markStarted = resolve;
  });
  return {
    requests,
    jobs,
    started,
    builtInJobs: () => Object.keys(topologies),
    async loadTopology(name) {
      const topology = topologies[name];
      if (topology === undefined) throw new StreamError('JOB_NOT_FOUND', name);
      return { topology: topology as Topology<unknown>, url: `file:///${name}.ts`, exports };
    },
    async run(request) {
      requests.push(request);
      const job = new FakeJob(request.module.topology.name);
      jobs.push(job);
      markStarted(job);
      return job;
    },
    async savepoint() {
      throw new StreamError('SAVEPOINT_INVALID', 'the fake has no savepoints');
    },
    async restore() {
      throw new StreamError('SAVEPOINT_INVALID', 'the fake has no savepoints');
    },
    async openFolder() {
      throw new StreamError('LOG_LOCKED', 'process 4711 has it');
    },
  };
}
