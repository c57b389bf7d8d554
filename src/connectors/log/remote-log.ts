/** One log for several threads: its owner serves it on a port per thread, each thread connects to its port. */
export { connectLog } from './connect-log.ts';
export { serveLog } from './serve-log.ts';
