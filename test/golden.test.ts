import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { digestOf } from '../src/base/canonical-json.ts';
import { parseJwks } from '../src/base/jwks.ts';
import { jwsListIn, verifyRecords } from './support/records.ts';

// A case as it was signed with the record format of the first version. After its release it is never made anew: whatever
// changes, records that others keep have to go on verifying, and saying the same.
const golden = (name: string) => readFileSync(new URL(`golden/${name}`, import.meta.url), 'utf8');

it('a case of the first version still verifies and says the same', () => {
  const keys = parseJwks(JSON.parse(golden('jwks.json')));
  const { decisions: records, fromBeginning } = verifyRecords(jwsListIn(golden('case.jws')), keys);
  expect(fromBeginning).toBe(true);
  expect(records.map(({ decision }) => decision.outcome)).toEqual([
    'approval_required',
    'approval_required',
    'approval_required',
    'approval_required',
    'allow',
  ]);
  expect(records.at(-1)?.decision.not_counted).toMatchObject([{ code: 'approver_is_subject' }]);
  expect(records.map(digestOf)).toEqual([
    'sha256:07e31bc1c2ea407c4ecdbcf9b4b47557e2e1e933c9cbd2c143e008e830534a62',
    'sha256:1e6fb51c91c00d4b817642e0d2288aa743c7628d4ba614d318b0627822e4bbd4',
    'sha256:5ead6de943cc1781a646e739c5b4d01b94ed98c6c81985800678b88b5503a8e5',
    'sha256:6a697c31de88c4563af14ab054ae917b5aaae431d542a327cb25ab65c6aebbd3',
    'sha256:120623f46c756fd5129abc88e8a48be3ebde68e605d66fcd53266be07cd77b83',
  ]);
});
