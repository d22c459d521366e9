import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { digestOf } from '../src/domain/canonical-json.ts';
import { parseJwks } from '../src/evidence/keys.ts';
import { findRecords, verifyRecords } from '../src/verify.ts';

// A case as it was signed with the record format of the first version. After its release it is never made anew: whatever
// changes, records that others keep have to go on verifying, and saying the same.
const golden = (name: string) => readFileSync(new URL(`golden/${name}`, import.meta.url), 'utf8');

it('a case of the first version still verifies and says the same', () => {
  const keys = parseJwks(JSON.parse(golden('jwks.json')));
  const { decisions: records, fromBeginning } = verifyRecords(findRecords(golden('case.jws')).jwsList, keys);
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
    'sha256:4ff83c53f96e057b35df59b6daa9666fdc87528c5d99598637c7454995e5f933',
    'sha256:303bf70a438062112cf6626b55b464a21411e1506b0495bd0cc391ff92f00d6f',
    'sha256:a47d01c201867cb99aaff38c64e35ed8e685f1eebc495dbb4f6c1318e2562252',
    'sha256:c168a6b8ba1e84b65fb50c21591e5d0f88f92996fc07f90e904f95ff443ad745',
    'sha256:7f510f4466db44211ea9d977b43903491ca4092b6d920299bde03f1244f13123',
  ]);
});
