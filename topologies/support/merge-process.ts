/**
 * Brings a detection and the assessments of its groups together. The key is the frame (messageId = requestId).
 *
 *                     detection: none expected, or all there already
 *            +--------------------------------------------------------------+
 *            |                                                              v
 *   (nothing) --detection--> waiting for assessments --last one, or timer--> emitted --5 min--> (nothing)
 *            |                      ^                                        (an assessment now is late)
 *            +--assessment--> waiting for the detection --5 min--> (nothing); the assessments are late
 *
 * A frame has at most one timer: while it waits for assessments, the moment it is emitted with what came; while it waits
 * for its detection, the moment its assessments are given up, 5 minutes after the last of them. It is set in both time
 * domains: processing time counts while the job runs, and event time, which these inputs do not measure, jumps to its end
 * when they end (files), where nothing is left to wait for.
 */
import { boolean, mapState, number, string, toMs, valueState } from '../../src/index.ts';
import type { Duration, KeyedContext } from '../../src/index.ts';
import { DetectionResult, MergedRecord, RiskAssessmentResult } from '../contracts.ts';
import { mergeFrame, progress } from './merge-frame.ts';

const lifeTime: Duration = '5m';

const state = {
  frame: valueState(DetectionResult),
  /** By task, so that a repeated assessment replaces the first and does not count twice. */
  assessments: mapState(string, RiskAssessmentResult),
  /** When the timer fires. */
  due: valueState(number),
  emitted: valueState(boolean, { ttl: lifeTime }),
};

const sideOutputs = { incomplete: MergedRecord, late: RiskAssessmentResult };

interface SideOutputs {
  readonly incomplete: MergedRecord;
  readonly late: RiskAssessmentResult;
}
type MergeContext = KeyedContext<string, typeof state, MergedRecord, SideOutputs>;

export function mergeProcess(minObjects: number, timeout: Duration) {
  const timeoutMs = toMs(timeout, 'merge.timeout');
  const lifeTimeMs = toMs(lifeTime);

  const isComplete = (frame: DetectionResult, ctx: MergeContext): boolean => {
    const { expected, received } = progress(frame, ctx.state.assessments, minObjects);
    return received === expected;
  };

  const settle = (frame: DetectionResult, ctx: MergeContext): MergedRecord => {
    const record = mergeFrame(frame, [...ctx.state.assessments.values()], minObjects);
    forget(ctx);
    ctx.state.emitted.set(true);
    return record;
  };

  return {
    state,
    output: MergedRecord,
    sideOutputs,

    onFirst(frame: DetectionResult, ctx: MergeContext): void {
      // A frame that was sent twice is the same frame: the first one stands.
      if (ctx.state.emitted.get() === true || ctx.state.frame.get() !== undefined) return;
      if (isComplete(frame, ctx)) {
        ctx.emit(settle(frame, ctx));
      } else {
        ctx.state.frame.set(frame);
        setTimer(ctx, ctx.processingTime + timeoutMs);
      }
    },

    onSecond(result: RiskAssessmentResult, ctx: MergeContext): void {
      if (ctx.state.emitted.get() === true) {
        ctx.output('late', result);
        return;
      }
      ctx.state.assessments.set(result.taskId, result);
      const frame = ctx.state.frame.get();
      if (frame === undefined) setTimer(ctx, ctx.processingTime + lifeTimeMs);
      else if (isComplete(frame, ctx)) ctx.emit(settle(frame, ctx));
    },

    onTimer(_time: number, ctx: MergeContext): void {
      const frame = ctx.state.frame.get();
      if (frame !== undefined) {
        const record = settle(frame, ctx);
        ctx.emit(record);
        ctx.output('incomplete', record);
        return;
      }
      for (const result of ctx.state.assessments.values()) ctx.output('late', result);
      forget(ctx);
    },
  };
}

function setTimer(ctx: MergeContext, time: number): void {
  cancelTimer(ctx);
  ctx.state.due.set(time);
  ctx.timers.registerProcessingTime(time);
  ctx.timers.registerEventTime(time);
}

function cancelTimer(ctx: MergeContext): void {
  const due = ctx.state.due.get();
  if (due === undefined) return;
  ctx.timers.deleteProcessingTime(due);
  ctx.timers.deleteEventTime(due);
}

function forget(ctx: MergeContext): void {
  cancelTimer(ctx);
  ctx.clearState();
}
