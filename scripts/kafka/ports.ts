import { connect, createServer } from 'node:net';

export const host = '127.0.0.1';

/** Below the range that systems take the ports of outgoing connections from: a stopped broker gets its port back. */
const [lowest, highest] = [20_000, 32_000];

/** Ports nobody listens on, chosen at random so that clusters started at once do not meet. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Whether somebody accepts connections. */
export function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const answer = (open: boolean) => (): void => {
      socket.destroy();
      resolve(open);
    };
    socket.setTimeout(1000, answer(false));
    socket.once('connect', answer(true)).once('error', answer(false));
  });
}
