import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJsonText } from '../src/base/json-text.ts';
import { parseRequest } from '../src/domain/request.ts';
import { exampleRequest, startService } from './support/service.ts';

let service: Awaited<ReturnType<typeof startService>>;
let isDescribed: ValidateFunction;
beforeAll(async () => {
  service = await startService();
  const { body } = await service.agent.get('/openapi.json').expect(200);
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema(body, 'openapi');
  isDescribed = ajv.getSchema('openapi#/components/schemas/AccessRequest') as ValidateFunction;
});
afterAll(() => service.stop());

const REQUEST = exampleRequest('issue-api-key/allow-sandbox-key');

function isAccepted(text: string): boolean {
  try {
    parseRequest(parseJsonText(Buffer.from(text)));
    return true;
  } catch {
    return false;
  }
}

const names = fc.oneof(
  fc.constantFrom('user', '', ' user', 'us\u00ader', 'us\u0000er', '😀'.repeat(128), '😀'.repeat(129), 'é'.repeat(512)),
  fc.string({ maxLength: 6 }),
);
const leaves = fc.oneof(
  fc.constantFrom(2 ** 53 - 1, 2 ** 53, -(2 ** 53), 1e300, 0.5, 5e-324, 'a\u0000b', '\u0000', 'a\nb', null, true),
  fc.string({ maxLength: 4 }),
);
const keys = fc.oneof(
  fc.constantFrom('__proto__', 'a\u0000', 'requested_by', '', 'constructor'),
  fc.string({ maxLength: 3 }),
);
const { values } = fc.letrec<{ values: unknown }>((tie) => ({
  values: fc.oneof(
    { maxDepth: 3 },
    leaves,
    fc.array(tie('values'), { maxLength: 2 }),
    fc.dictionary(keys, tie('values'), { maxKeys: 2 }),
  ),
}));

describe('the description of a request', () => {
  it('allows what the service accepts, and nothing else', () => {
    fc.assert(
      fc.property(names, names, fc.dictionary(keys, values, { maxKeys: 3 }), (type, id, context) => {
        const text = JSON.stringify({ ...REQUEST, subject: { type, id }, context });
        expect(isDescribed(JSON.parse(text))).toBe(isAccepted(text));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['a key that is a prototype', '{"__proto__":1}', false],
    ['NUL below', '{"a":{"b":["\\u0000"]}}', false],
    ['an integer that doubles cannot hold', '{"a":9007199254740993}', false],
    ['all that is allowed', '{"a":[9007199254740991,-0.5,"\\u0001",null,{"":true}]}', true],
  ])('%s', (_what, context, expected) => {
    const text = JSON.stringify({ ...REQUEST, context: 'X' }).replace('"X"', context);
    expect([isDescribed(JSON.parse(text)), isAccepted(text)]).toEqual([expected, expected]);
  });
});
