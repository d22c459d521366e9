import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleRequest, secretOf, startService } from './support/service.ts';

const UNKNOWN_ID = '019aab00-0000-7000-8000-000000000001';

let service: Awaited<ReturnType<typeof startService>>;
let token: string;
let caseId: string;

beforeAll(async () => {
  service = await startService();
  // Of security, one of three approvals that the case needs: whatever this approver sends, it cannot end in allow.
  token = service.token('fuzz', ['decide', 'read', 'approve', 'approve:assert'], 'iduarte');
  const { body } = await post('/v1/decisions', JSON.stringify(exampleRequest('issue-api-key/approval-restricted-key')));
  caseId = body.case;
});
afterAll(() => service.stop());

function post(path: string, text: string | Buffer, headers: Record<string, string> = {}) {
  const call = service.agent.post(path).set('authorization', `Bearer ${token}`).set('content-type', 'application/json');
  for (const [name, value] of Object.entries(headers)) call.set(name, value);
  // As bytes, so that the test client does not tidy up what it is given.
  return call.serialize((body) => body as unknown as string).send(text as string);
}

const ENDPOINTS = () => ['/v1/decisions', `/v1/cases/${caseId}/approvals`, `/v1/cases/${UNKNOWN_ID}/approvals`];

describe('bad input', () => {
  const valid = exampleRequest('issue-api-key/allow-sandbox-key');
  const withContext = (context: string) => JSON.stringify({ ...valid, context: 'X' }).replace('"X"', context);

  it.each<[string, string, number, string, string, string]>([
    ['malformed JSON', '{"subject":', 400, 'malformed_json', '', 'syntax'],
    ['an empty body', '', 400, 'malformed_json', '', 'syntax'],
    [
      'nesting over 32',
      withContext(`{"a":${'['.repeat(32)}${']'.repeat(32)}}`),
      400,
      'malformed_json',
      `/context/a${'/0'.repeat(30)}`,
      'too_deep',
    ],
    ['NUL', withContext('{"a":"\\u0000"}'), 400, 'malformed_json', '/context/a', 'nul_character'],
    ['a lone surrogate', withContext('{"a":["\\ud800"]}'), 400, 'malformed_json', '/context/a/0', 'lone_surrogate'],
    [
      '__proto__',
      withContext('{"__proto__":{"requested_by":"x"}}'),
      400,
      'malformed_json',
      '/context/__proto__',
      'forbidden_key',
    ],
    ['a number that overflows', withContext('{"a":1e400}'), 400, 'malformed_json', '/context/a', 'number_out_of_range'],
    [
      'an integer that doubles cannot hold',
      withContext('{"a":9007199254740993}'),
      400,
      'malformed_json',
      '/context/a',
      'number_out_of_range',
    ],
    ['a key twice', '{"subject":1,"subject":2}', 400, 'malformed_json', '', 'duplicate_key'],
    [
      'a missing member',
      JSON.stringify({ ...valid, subject: undefined }),
      422,
      'invalid_request',
      '/subject',
      'invalid_type',
    ],
    [
      'an empty id',
      JSON.stringify({ ...valid, subject: { type: 'user', id: '' } }),
      422,
      'invalid_request',
      '/subject/id',
      'too_small',
    ],
    ['an unknown member', JSON.stringify({ ...valid, approvals: [] }), 422, 'invalid_request', '', 'unrecognized_keys'],
    [
      'requested_by that is no text',
      withContext('{"requested_by":{"id":"x"}}'),
      422,
      'invalid_request',
      '/context/requested_by',
      'invalid_type',
    ],
    ['an array', '[]', 422, 'invalid_request', '', 'invalid_type'],
    ['null', 'null', 422, 'invalid_request', '', 'invalid_type'],
  ])('%s is a problem that says where', async (_name, text, status, code, pointer, rule) => {
    const { body, headers } = await post('/v1/decisions', text).expect(status);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(body).toMatchObject({ status, code, type: `urn:countersign:problem:${code}` });
    expect(body.errors).toContainEqual({ pointer, code: rule, detail: expect.any(String) });
  });

  it('a body over the limit is 413, however it is sent', async () => {
    const big = withContext(JSON.stringify({ a: 'x'.repeat(262_144) }));
    expect((await post('/v1/decisions', big).expect(413)).body.code).toBe('body_too_large');
    const justFits = withContext(JSON.stringify({ a: 'x'.repeat(200_000) }));
    await post('/v1/decisions', justFits).expect(201);
  });

  it.each([
    ['another content type', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a compressed body', { 'content-encoding': 'gzip' }],
  ])('%s is 415', async (_name, headers) => {
    const body = 'content-encoding' in headers ? gzipSync(JSON.stringify(valid)) : JSON.stringify(valid);
    expect((await post('/v1/decisions', body, headers as Record<string, string>).expect(415)).body.code).toBe(
      'unsupported_media_type',
    );
  });

  it('another character set is refused rather than guessed', async () => {
    const { body } = await post('/v1/decisions', Buffer.from(JSON.stringify(valid), 'utf16le'), {
      'content-type': 'application/json; charset=utf-16',
    });
    expect(body.code).toBe('malformed_json');
  });

  it.each(['', ' ', 'é', 'x'.repeat(256), 'a b'])('the idempotency key "%s" is refused', async (key) => {
    const { status, body } = await post('/v1/decisions', JSON.stringify(valid), {
      'idempotency-key': Buffer.from(key).toString('latin1'),
    });
    expect([status, body.code]).toEqual([422, 'invalid_request']);
  });

  it.each(['/v1/decisions', '/v1/cases/x', '/v1/policies', '/healthz', '/openapi.json'])(
    '%s refuses a method it does not have',
    async (path) => {
      const { body, headers } = await service.agent.delete(path).set('authorization', `Bearer ${token}`).expect(405);
      expect(body.code).toBe('method_not_allowed');
      expect(headers['allow']).toMatch(/GET|POST/);
    },
  );

  it.each(['/', '/v2', '/v1/decisions/x/y', '/v1/%ff', '/.env', '/v1/cases/%00'])('%s is nowhere', async (path) => {
    const { status, body } = await service.agent.get(path).set('authorization', `Bearer ${token}`);
    expect(status === 404 || status === 400).toBe(true);
    expect(body.status).toBe(status);
  });

  it.each([
    '?after=x',
    '?after=',
    '?after=-2',
    '?after=0x10',
    '?limit=0',
    '?limit=101',
    '?after=1e9',
    '?limit=1&limit=2',
  ])('a page %s is refused', async (query) => {
    const { body } = await service.agent
      .get(`/v1/cases/${caseId}${query}`)
      .set('authorization', `Bearer ${token}`)
      .expect(422);
    expect(body.code).toBe('invalid_request');
  });

  it('too many values are refused before anything looks at them', async () => {
    const { body } = await post('/v1/decisions', withContext(JSON.stringify({ scopes: Array(2000).fill('a') }))).expect(
      400,
    );
    expect(body.errors).toMatchObject([{ code: 'too_many_values' }]);
  });

  it.each(['\n', '\u001b[2K', '\u202e', '\u200b'])('an id with the invisible character %j is refused', async (text) => {
    const request = { ...valid, resource: { ...valid.resource, id: `a${text}b` } };
    const { body } = await post('/v1/decisions', JSON.stringify(request)).expect(422);
    expect(body.errors).toMatchObject([{ pointer: '/resource/id' }]);
  });
});

/** Arbitrary JSON; the same with a member of arbitrary JSON set into a sensible body, which gets further inside. */
const anyValue = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('', 'admin', '__proto__', -1, 1e308, [], {}));
const contextKey = fc.constantFrom(
  'justification',
  'ttl_seconds',
  'scopes',
  'reason',
  'incident',
  'checks',
  'requested_by',
  'x',
);
const BASES = [
  'issue-api-key/approval-restricted-key',
  'emergency-access-secret/approval-production-secret',
  'issue-deployment-token/allow-payments-staging',
];
const arbitraryBody = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc
    .record({
      base: fc.constantFrom(...BASES),
      context: fc.dictionary(contextKey, anyValue),
      id: fc.string({ minLength: 1 }),
    })
    .map(({ base, context, id }) => {
      const request = exampleRequest(base);
      return JSON.stringify({
        ...request,
        subject: { ...request.subject, id },
        context: { ...request.context, ...context },
      });
    }),
  fc
    .tuple(fc.constantFrom(...BASES), fc.constantFrom('subject', 'action', 'resource', 'context', 'x'), anyValue)
    .map(([base, member, value]) => JSON.stringify({ ...exampleRequest(base), [member]: value })),
  fc
    .record({
      approver: fc.oneof(anyValue, fc.string()),
      verdict: fc.constantFrom('approve', 'Approve', 1),
      comment: fc.oneof(anyValue, fc.string()),
      seen: fc.constantFrom('self', 'self', 'self', 1),
    })
    .map((value) => JSON.stringify(value)),
);

describe('arbitrary JSON', () => {
  it('never makes a 5xx nor an allow, at any endpoint', async () => {
    const kept = [0, 0, 0];
    await fc.assert(
      fc.asyncProperty(arbitraryBody, fc.nat({ max: 2 }), async (text, index) => {
        const { status, body } = await post(ENDPOINTS()[index] ?? '', text.replace('"self"', `"${caseId}"`));
        if (status === 201) kept[index] = (kept[index] ?? 0) + 1;
        expect(status).toBeLessThan(500);
        expect(body.outcome).not.toBe('allow');
        if (status >= 400) expect(body).toMatchObject({ status, code: expect.stringMatching(/^[a-z_]+$/) });
      }),
      { numRuns: 2000 },
    );
    // Both calls reached policy too, and not only the front door.
    expect(kept[0]).toBeGreaterThan(3);
    expect(kept[1]).toBeGreaterThan(1); // One person hands in 8 at most.
  });

  it('as ids, queries and headers of the other calls makes no 5xx either', async () => {
    const path = fc.oneof(
      fc.constantFrom(
        '/v1/decisions/ID',
        '/v1/cases/ID',
        '/v1/cases/ID?after=Q&limit=Q',
        '/v1/policies',
        '/readyz?x=Q',
        '/metrics',
        '/openapi.json',
      ),
    );
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(caseId, '..', '%', '%00', '-1', '1e99'));
    await fc.assert(
      fc.asyncProperty(path, text, text, async (template, id, query) => {
        const url = template
          .replace('ID', encodeURIComponent(id.toWellFormed()))
          .replaceAll('Q', encodeURIComponent(query.toWellFormed()));
        const { status } = await service.agent
          .get(url)
          .set('authorization', `Bearer ${token}`)
          .set('accept', encodeURIComponent(query.toWellFormed()))
          .redirects(0);
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
  });

  it('never gets past the door with arbitrary credentials', async () => {
    const secret = secretOf(token);
    const credentials = fc.oneof(
      fc.string(),
      fc.constantFrom(
        `Basic ${token}`,
        token,
        `Bearer ${token}x`,
        `Bearer cs_0000000000000000_${secret}`,
        'Bearer',
        'Bearer null',
      ),
    );
    await fc.assert(
      fc.asyncProperty(credentials, async (header) => {
        const printable = header.replaceAll(/[^\x20-\x7e]/g, '?');
        const { status, body } = await service.agent.post('/v1/decisions').set('authorization', printable).send({});
        expect([status, body.code]).toEqual([401, 'unauthenticated']);
      }),
      { numRuns: 200 },
    );
  });
});
