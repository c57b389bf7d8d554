import type { WholeInputQuery } from '../whole-input.ts';
import { hour12, month, timeOfDay } from './calendar.ts';
import { q0 } from './queries/q0.ts';
import { q1 } from './queries/q1.ts';
import { q10 } from './queries/q10.ts';
import { q101 } from './queries/q101.ts';
import { aboveAverage, mostBids, q102 } from './queries/q102.ts';
import { q103 } from './queries/q103.ts';
import { q106 } from './queries/q106.ts';
import { q13 } from './queries/q13.ts';
import { q14 } from './queries/q14.ts';
import { q15 } from './queries/q15.ts';
import { q16 } from './queries/q16.ts';
import { q17 } from './queries/q17.ts';
import { q18 } from './queries/q18.ts';
import { q19 } from './queries/q19.ts';
import { q2 } from './queries/q2.ts';
import { q20 } from './queries/q20.ts';
import { q21 } from './queries/q21.ts';
import { q22 } from './queries/q22.ts';
import { q3 } from './queries/q3.ts';
import { q4 } from './queries/q4.ts';
import { q6 } from './queries/q6.ts';
import { q9 } from './queries/q9.ts';

const someChannels = new Set(['Apple', 'Baidu', 'Facebook', 'Google']);

/** By the id of the case. */
export const nexmark: Readonly<Record<string, WholeInputQuery>> = {
  'nexmark-rw/q0': { topology: q0 },
  'nexmark-rw/q1': { topology: q1 },
  'nexmark-rw/q2': { topology: q2 },
  'nexmark-rw/q3': { topology: q3(['or', 'id', 'ca']) },
  'nexmark-gen4kooo/q3': { topology: q3(['OR', 'ID', 'CA']) },
  'nexmark-rw/q4': { topology: q4(({ category, sum, count }) => ({ category, avg: sum / count })) },
  'nexmark-gen5k/q4': {
    topology: q4(({ category, sum, count }) => ({
      category,
      sum_final: sum,
      n_auctions: count,
      avg_trunc: Math.floor(sum / count),
    })),
  },
  'nexmark-rw/q6_group_top1': { topology: q6 },
  'nexmark-rw/q9': { topology: q9 },
  'nexmark-rw/q10': { topology: q10 },
  'nexmark-gen5k/q13': { topology: q13, lines: 436 },
  'nexmark-rw/q14': { topology: q14 },
  'nexmark-rw/q15': { topology: q15 },
  'nexmark-gen5k/q15': { topology: q15 },
  'nexmark-rw/q16': { topology: q16({ minuteOf: (time) => `${hour12(time)}:${month(time)}` }) },
  'nexmark-gen4kooo/q16': {
    topology: q16({ where: ({ channel }) => someChannels.has(channel), minuteOf: timeOfDay }),
  },
  'nexmark-rw/q17': { topology: q17 },
  'nexmark-rw/q18': {
    topology: q18({ columns: ['auction', 'bidder', 'price', 'channel', 'url', 'date_time', 'extra'] }),
  },
  'nexmark-gen4kooo/q18': {
    topology: q18({
      where: ({ auction }) => auction < 1030,
      columns: ['auction', 'bidder', 'price', 'channel', 'date_time'],
    }),
  },
  'nexmark-rw/q19': { topology: q19 },
  'nexmark-rw/q20': { topology: q20 },
  'nexmark-rw/q21': { topology: q21 },
  'nexmark-rw/q22': { topology: q22 },
  'nexmark-rw/q101': { topology: q101 },
  'nexmark-rw/q102': { topology: q102(aboveAverage) },
  'nexmark-rw/q103': { topology: q103((bids) => bids >= 20) },
  'nexmark-rw/q104': { topology: q103((bids) => bids < 1 || bids > 19) },
  'nexmark-rw/q105': { topology: q102(mostBids) },
  'nexmark-rw/q106': { topology: q106 },
};
