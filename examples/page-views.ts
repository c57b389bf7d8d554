import { boolean, defineTopology, json, number, topic, valueState } from '../src/index.ts';

export interface PageView {
  readonly user: string;
  readonly page: string;
  readonly robot: boolean;
}
export interface ViewCount {
  readonly user: string;
  readonly views: number;
}
export const pageViews = topic('page-views', json<PageView>('PageView'), { key: (view) => view.user });
export const viewCounts = topic('view-counts', json<ViewCount>('ViewCount'), { key: (count) => count.user });

/** Counts the pages that people look at; of each of them at most one count a second is told. */
export default defineTopology({
  name: 'page-views',
  build(t) {
    t.source('views', pageViews)
      .filter((view) => !view.robot)
      .keyBy((view) => view.user)
      .process('count', {
        output: viewCounts.codec,
        state: { views: valueState(number), waiting: valueState(boolean) },
        onElement(_view, ctx) {
          ctx.state.views.set((ctx.state.views.get() ?? 0) + 1);
          if (ctx.state.waiting.get() === true) return;
          ctx.state.waiting.set(true);
          ctx.timers.registerProcessingTime(ctx.processingTime + 1_000);
        },
        onTimer(_time, ctx) {
          ctx.emit({ user: ctx.key, views: ctx.state.views.get() ?? 0 });
          ctx.state.waiting.clear();
        },
      })
      .sinkTo('counts', viewCounts);
  },
});
