/**
 * Timelines of one run: `0 D:a` = at 0 s the detection of frame a, `1 A:a1!` = at 1 s the assessment of group 1 of frame
 * a with risk high. Frame a has two groups to assess, b one, z none; c is b seen by camera 2.
 */
import { describe, expect, it } from 'vitest';
import type { DetectionResult } from '../../topologies/contracts.ts';
import { AggregationBench } from './support/aggregation-bench.ts';
import { assessmentOf, failedAssessmentOf, frameOf } from './support/frames.ts';

const frames: Readonly<Record<string, DetectionResult>> = {
  a: frameOf('a', [2, 3, 1]),
  b: frameOf('b', [2]),
  c: frameOf('c', [2], { cameraId: 2 }),
  z: frameOf('z', [1, 1]),
};

/** Plays the events, lets an hour pass, and says what came out: `<seconds> <what>`. */
function play(timeline: string): string[] {
  const bench = new AggregationBench();
  const out: string[] = [];
  const start = bench.nowMs;
  const seen = { merged: 0, incomplete: 0, late: 0, alerts: 0 };
  const collect = (): void => {
    const at = String((bench.nowMs - start) / 1_000);
    for (const record of bench.merged.slice(seen.merged)) {
      const { received, expected } = record.riskAssessment;
      const answer = record.complete ? 'complete' : 'partial';
      out.push(`${at} ${answer} ${record.messageId} ${String(received)}/${String(expected)} ${record.maxRiskLevel}`);
    }
    for (const record of bench.incomplete.slice(seen.incomplete)) out.push(`${at} incomplete ${record.messageId}`);
    for (const result of bench.late.slice(seen.late)) out.push(`${at} late ${result.taskId}`);
    for (const alert of bench.alerts.slice(seen.alerts)) out.push(`${at} alert ${alert.alertId}`);
    seen.merged = bench.merged.length;
    seen.incomplete = bench.incomplete.length;
    seen.late = bench.late.length;
    seen.alerts = bench.alerts.length;
  };
  const advanceTo = (second: number): void => {
    // In steps, so that what a timer emits is noted at its time.
    while (bench.nowMs < start + second * 1_000) {
      bench.advance(1_000);
      collect();
    }
  };
  for (const event of timeline.split(',')) {
    const [second, what = ''] = event.trim().split(' ');
    advanceTo(Number(second));
    const [kind, frame = '', group = '', mark = ''] = /^(D|A):(\w)(\d?)([!?x]?)$/.exec(what)?.slice(1) ?? [];
    if (kind === 'D') bench.detection(frames[frame]!);
    else if (mark === 'x') bench.assessment(failedAssessmentOf(frame, Number(group), 'gave up'));
    else bench.assessment(assessmentOf(frame, Number(group), mark === '!' ? 'high' : mark === '?' ? 'low' : 'none'));
    collect();
  }
  advanceTo(3_600);
  expect(bench.pending, 'nothing is kept for ever').toEqual([]);
  return out;
}

describe('aggregation', () => {
  it.each([
    // what, timeline, what comes out
    ['assessments in order', '0 D:a, 1 A:a1, 2 A:a2?', ['2 complete a 2/2 low']],
    ['assessments in another order', '0 D:a, 1 A:a2?, 2 A:a1', ['2 complete a 2/2 low']],
    ['all assessments before their detection', '0 A:a2, 1 A:a1, 4 D:a', ['4 complete a 2/2 none']],
    ['one assessment before, one after', '0 A:a2, 1 D:a, 2 A:a1', ['2 complete a 2/2 none']],
    ['the timer of a frame with early assessments', '0 A:a1, 7 D:a', ['17 partial a 1/2 none', '17 incomplete a']],
    ['a missing assessment', '0 D:a, 1 A:a1?', ['10 partial a 1/2 low', '10 incomplete a']],
    ['no assessment at all', '0 D:b', ['10 partial b 0/1 none', '10 incomplete b']],
    ['a late assessment', '0 D:b, 12 A:b1!', ['10 partial b 0/1 none', '10 incomplete b', '12 late b_group1']],
    ['another copy after completion', '0 D:b, 1 A:b1, 2 A:b1', ['1 complete b 1/1 none', '2 late b_group1']],
    ['a task answered twice', '0 D:a, 1 A:a1!, 2 A:a1?, 3 A:a2', ['3 complete a 2/2 low']],
    ['a failed assessment', '0 D:a, 1 A:a1x, 2 A:a2?', ['2 complete a 2/2 low']],
    ['a failure that a retry replaced', '0 D:a, 1 A:a1x, 2 A:a1?, 3 A:a2', ['3 complete a 2/2 low']],
    ['a frame without anything to assess', '3 D:z', ['3 complete z 0/0 none']],
    ['a frame sent twice while it waits', '0 D:a, 5 D:a, 6 A:a1, 7 A:a2', ['7 complete a 2/2 none']],
    ['a frame sent twice does not wait longer', '0 D:b, 5 D:b', ['10 partial b 0/1 none', '10 incomplete b']],
    ['a frame sent again after it was emitted', '0 D:b, 1 A:b1, 2 D:b', ['1 complete b 1/1 none']],
    ['two cameras', '0 D:b, 1 D:c, 2 A:c1, 3 A:b1', ['2 complete c 1/1 none', '3 complete b 1/1 none']],
    ['a high risk', '0 D:a, 1 A:a1!, 2 A:a2?', ['2 complete a 2/2 high', '2 alert a']],
    ['a high risk in a partial frame', '0 D:a, 1 A:a1!', ['10 partial a 1/2 high', '10 incomplete a', '10 alert a']],
    ['an assessment whose frame never comes', '0 A:b1', ['300 late b_group1']],
    ['a frame within 5 minutes of the last assessment', '0 A:a1, 290 A:a2, 400 D:a', ['400 complete a 2/2 none']],
    [
      'a frame that comes too late',
      '0 A:b1, 301 D:b',
      ['300 late b_group1', '311 partial b 0/1 none', '311 incomplete b'],
    ],
  ])('%s', (_what, timeline, expected) => {
    expect(play(timeline)).toEqual(expected);
  });

  it('waits as long as merge.timeout says, and expects what minObjects says', () => {
    const bench = new AggregationBench({ minObjects: 3, merge: { timeout: '2s' } });
    bench.detection(frames['b']!);
    bench.detection(frames['a']!);
    bench.advance(1_999);
    expect(bench.merged.map((record) => record.messageId)).toEqual(['b']);
    bench.advance(1);
    expect(bench.incomplete.map((record) => record.riskAssessment.expected)).toEqual([1]);
  });

  it('emits what waits when the input ends', () => {
    const bench = new AggregationBench();
    bench.detection(frames['a']!);
    bench.assessment(assessmentOf('a', 1, 'low'));
    bench.assessment(assessmentOf('b', 1));
    bench.endInput();
    expect(bench.merged).toMatchObject([{ messageId: 'a', complete: false, maxRiskLevel: 'low' }]);
    expect(bench.incomplete).toEqual(bench.merged);
    expect(bench.late.map((result) => result.taskId)).toEqual(['b_group1']);
    expect(bench.pending).toEqual([]);
  });

  it('keeps the newest frame of a camera for 5 minutes', () => {
    const bench = new AggregationBench();
    bench.detection({ ...frames['z']!, messageId: 'new', timestamp: '2025-10-20T10:30:47.000Z' });
    bench.detection({ ...frames['z']!, messageId: 'old', timestamp: '2025-10-20T10:30:46.000Z' });
    bench.detection({ ...frames['z']!, messageId: 'other', cameraId: 2 });
    expect(bench.camera(1).latest?.messageId).toBe('new');
    expect(bench.camera(2).latest?.messageId).toBe('other');
    bench.advance(300_000);
    expect(bench.camera(1).latest).toBeUndefined();
  });

  it('keeps the last 100 alerts of a camera', () => {
    const bench = new AggregationBench();
    for (let i = 0; i < 103; i++) {
      bench.detection({ ...frames['b']!, messageId: `f${String(i)}` });
      bench.assessment(assessmentOf(`f${String(i)}`, 1, 'high'));
    }
    expect(bench.alerts).toHaveLength(103);
    expect(bench.alerts[0]).toEqual({
      alertId: 'f0',
      cameraId: 1,
      timestamp: '2025-10-20T10:30:45.123Z',
      maxRiskLevel: 'high',
      riskTypes: ['tailgating'],
      rawFrameUrl: 's3://frames/b.jpg',
    });
    expect(bench.camera(1).alerts.map((alert) => alert.alertId)).toEqual(
      Array.from({ length: 100 }, (_, i) => `f${String(i + 3)}`),
    );
  });
});
