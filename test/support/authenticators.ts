import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Authenticator } from '../../src/auth/authenticator.ts';
import { AppError } from '../../src/base/errors.ts';
import type { Caller } from '../../src/contract/record.ts';
import type { Scope } from '../../src/contract/scope.ts';

const unauthenticated = () => new AppError('unauthenticated', 'Prove who you are.');

export function callerNamed(client: string, scopes: readonly Scope[] = ['decide']): Caller {
  return { client, scopes: [...scopes], claims: {}, principal: null, person: null };
}

/** Takes any bearer token for the name of its client. */
export function trustingAuthenticator(scopes?: readonly Scope[]): Authenticator {
  return {
    credentials: 'any token',
    challenge: 'Bearer',
    async identify({ headers: { authorization = '' } }) {
      const [, client] = /^Bearer (\S+)$/.exec(authorization) ?? [];
      return client === undefined ? null : { kind: 'proven', caller: callerNamed(client, scopes) };
    },
    async revalidate() {},
  };
}

/** RFC 7617, over a table of passwords; as costly as a look-up in a store: it takes a turn of the event loop. */
export function basicAuthenticator(passwords: ReadonlyMap<string, string>): Authenticator {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return {
    credentials: 'a user and password: Authorization: Basic <credentials>',
    challenge: 'Basic realm="countersign", charset="UTF-8"',
    async identify({ headers: { authorization = '' } }) {
      const [, encoded] = /^Basic +(\S+)$/i.exec(authorization) ?? [];
      if (encoded === undefined) return null;
      await new Promise((resolve) => setImmediate(resolve));
      const [user = '', ...rest] = Buffer.from(encoded, 'base64').toString().split(':');
      const isRight = timingSafeEqual(digest(rest.join(':')), digest(passwords.get(user) ?? ''));
      if (!passwords.has(user) || !isRight) throw unauthenticated();
      return { kind: 'proven', caller: callerNamed(user) };
    },
    async revalidate({ client }) {
      if (!passwords.has(client)) throw unauthenticated();
    },
  };
}

export const KEY_HEADER = 'x-key-id';
export const SIGNATURE_HEADER = 'x-signature';

/** HMAC-SHA256 over the method, the target and the bytes of the body, in hex. */
export function signatureOf(secret: string, { method = 'POST', url, body }: Record<string, string>): string {
  return createHmac('sha256', secret).update(`${method} ${url}\n${body}`).digest('hex');
}

/** Callers name a key and sign the body with it, as webhooks do. `onProve` is told of the bytes that had to prove them. */
export function hmacAuthenticator(
  secrets: ReadonlyMap<string, string>,
  { maxBodyBytes = 1024, onProve = () => {} }: { maxBodyBytes?: number; onProve?: (bytes: number) => void } = {},
): Authenticator {
  return {
    credentials: `a key id in ${KEY_HEADER} and a signature in ${SIGNATURE_HEADER}`,
    challenge: 'HMAC-SHA256',
    async identify({ method, url, headers }) {
      if (headers[KEY_HEADER] === undefined) return null;
      const [key, signature] = [String(headers[KEY_HEADER]), String(headers[SIGNATURE_HEADER] ?? '')];
      const secret = secrets.get(key);
      if (secret === undefined || !/^[0-9a-f]{64}$/.test(signature)) throw unauthenticated();
      return {
        kind: 'claimed',
        name: key,
        maxBodyBytes,
        async prove(raw) {
          onProve(raw.length);
          const expected = createHmac('sha256', secret).update(`${method} ${url}\n`).update(raw).digest();
          if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) throw unauthenticated();
          return callerNamed(key);
        },
      };
    },
    async revalidate({ client }) {
      if (!secrets.has(client)) throw unauthenticated();
    },
  };
}
