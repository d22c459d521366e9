import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { digestOf } from '../src/domain/canonical-json.ts';
import { parseJwks } from '../src/evidence/keys.ts';
import { findRecords, verifyRecords } from '../src/verify.ts';

// A case as it was signed when the record format was fixed. It is never made anew: whatever changes, records that others
// keep have to go on verifying, and saying the same.
const golden = (name: string) => readFileSync(new URL(`golden/${name}`, import.meta.url), 'utf8');

it('a case of the first version still verifies and says the same', () => {
  const keys = parseJwks(JSON.parse(golden('jwks.json')));
  const { records, wholeChain } = verifyRecords(findRecords(golden('case.jws')), keys);
  expect(wholeChain).toBe(true);
  expect(records.map(({ decision }) => decision.outcome)).toEqual([
    'approval_required',
    'approval_required',
    'approval_required',
    'approval_required',
    'allow',
  ]);
  expect(records.at(-1)?.decision.not_counted).toMatchObject([{ code: 'approver_is_subject' }]);
  expect(records.map(digestOf)).toEqual([
    'sha256:aaaee84f26b2ffc26cb9439230f869729bd1c07cb642be7b7fb9e1b70a6cc57b',
    'sha256:678aee1efe033fb9bdb46dd8408f3f0c8acde85d5248e393182ccdcff0c4476f',
    'sha256:107f80b37e7e279cc48199f5688b2d022e8dcd96516bab4d3812678a5606afd9',
    'sha256:47a0bf3a3bb2a7949233f0b09725059a9ef8bc3505d3f567885df4132cd7580e',
    'sha256:c67bb8418008fb22b699d0ff38e0c3fc2f47a1c8326dea1f346b82244274dd49',
  ]);
});
