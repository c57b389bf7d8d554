import { messageOf, StreamError } from '../../../core/stream-error.ts';
import type { KafkaSettings } from '../kafka-options.ts';

/** A broker took a connection and closed it before it had answered anything of use. */
export class Rebuff extends Error {}

/** True when that is what an error comes from. */
export function isRebuff(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof Rebuff) return true;
  return false;
}

/** For a broker that does so again and again: one that stops would not take connections any more. */
export function rebuffed(error: StreamError, { ssl, sasl }: KafkaSettings): StreamError {
  const wanted = [...(ssl === undefined ? ['`ssl`'] : []), ...(sasl === undefined ? ['`sasl`'] : [])].join(' or ');
  const wants = wanted === '' ? [] : [`this listener wants ${wanted}`];
  const plain = ssl === undefined ? [] : ['it speaks no TLS'];
  return new StreamError('AUTHENTICATION_FAILED', `${error.reason}, each time`, {
    cause: error,
    remedy: `Correct settings or port: ${[...plain, ...wants].join(', or ')}.`,
  });
}

/** Why a connection did not come about or ended, in words that lead to the cause. */
export function connectionFailure(thrown: unknown, address: string, settings: KafkaSettings): StreamError {
  if (StreamError.is(thrown)) return thrown;
  const reason = messageOf(thrown).replace(/^Connection error: /, '');
  const cause = thrown;
  const { name, code = '' } = thrown as { name?: string; code?: unknown };
  if (name === 'KafkaJSSASLAuthenticationError') {
    return new StreamError('AUTHENTICATION_FAILED', `${address}: ${reason}`, {
      cause,
      remedy: "Check mechanism, user and password in `sasl`, and the listener's port.",
    });
  }
  if (name === 'KafkaJSProtocolError' && (thrown as { type?: unknown }).type === 'ILLEGAL_SASL_STATE') {
    return new StreamError(
      'AUTHENTICATION_FAILED',
      `${address}: this listener does not authenticate users (${reason})`,
      {
        cause,
        remedy: 'Leave out `sasl`, or use the port of a listener with SASL.',
      },
    );
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_|^ERR_(?:TLS|SSL|OSSL)|^EPROTO$/.test(String(code))) {
    return new StreamError('AUTHENTICATION_FAILED', `TLS with ${address} failed: ${reason}`, {
      cause,
      remedy: "Check `ssl` (`ca` for your own authority), the host name in the broker's certificate, and the port.",
    });
  }
  return new StreamError('LOG_UNAVAILABLE', `${address}: ${reason}`, {
    cause,
    reaction: 'rollback',
    remedy: remedyOf(String(code), reason, settings),
  });
}

function remedyOf(code: string, reason: string, { ssl, sasl }: KafkaSettings): string {
  if (code === 'ECONNREFUSED') return 'Start the broker, or correct its address in `brokers`.';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'Correct the host name in `brokers` or in the name service.';
  if (/clos|reset|ECONNRESET/i.test(reason)) {
    const wanted = [...(ssl === undefined ? ['`ssl`'] : []), ...(sasl === undefined ? ['`sasl`'] : [])];
    const known = wanted.length === 0 ? '' : `, or this listener wants ${wanted.join(' or ')}`;
    return `The broker has stopped${known}.`;
  }
  return 'Check that the brokers run and can be reached from here: `brokers`, advertised listeners, firewalls.';
}
