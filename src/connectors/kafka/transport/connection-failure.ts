import { messageOf, StreamError } from '../../../core/stream-error.ts';
import type { KafkaSettings } from '../kafka-options.ts';

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
