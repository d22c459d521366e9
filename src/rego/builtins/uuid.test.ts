import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { uuidBuiltins } from './uuid.ts';

// What opa 1.22.4 answers.
describe('uuidBuiltins', () => {
  it.each([
    ['uuid.parse', '"00000000-0000-4000-8000-000000000000"', '{"variant":"RFC4122","version":4}'],
    [
      'uuid.parse',
      '"urn:uuid:000003e8-48b9-21ee-b200-325096b39f47"',
      '{"clocksequence":12800,"domain":"Person","id":1000,"macvariables":"local:unicast","nodeid":"32-50-96-b3-9f-47","time":1693566990121469600,"variant":"RFC4122","version":2}',
    ],
    [
      'uuid.parse',
      '"000003e8-48b9-11ee-b200-325096b39f47"',
      '{"clocksequence":12800,"macvariables":"local:unicast","nodeid":"32-50-96-b3-9f-47","time":1693566990121469600,"variant":"RFC4122","version":1}',
    ],
    ['uuid.parse', '"6bea8ef2d3d33cd184e09bab06a52ece"', '{"variant":"RFC4122","version":3}'],
    ['uuid.parse', '"{00000000-0000-4000-c000-000000000000}"', '{"variant":"Microsoft","version":4}'],
    ['uuid.parse', '"x"', undefined],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(uuidBuiltins, name, args)).toBe(want);
  });
});
