// A program of somebody else against countersign/verify: it type-checks as it stands, and test/package.sh runs it.
import { readFileSync } from 'node:fs';
import { type CheckName, createVerifier, readPolicy, type VerificationReport } from '../../src/verify/verifier.ts';

const [recordFile = '', jwksFile = '', bundleFile = ''] = process.argv.slice(2);
const record = readFileSync(recordFile, 'utf8').trim();
const verifier = createVerifier({
  jwks: JSON.parse(readFileSync(jwksFile, 'utf8')),
  policy: await readPolicy(readFileSync(bundleFile)),
});

const failedIn = ({ cases, others }: VerificationReport): CheckName[] =>
  [...cases.flatMap((each) => each.checks), ...others].flatMap(({ checks }) =>
    checks.flatMap(({ check, result }) => (result === 'failed' ? [check] : [])),
  );
const require = (holds: boolean, what: string) => {
  if (!holds) throw new Error(what);
};

const report = verifier.verify([{ name: recordFile, text: record }]);
require(report.isValid &&
  failedIn(report).length === 0, `The record is not valid: ${report.cases[0]?.faults.join(' ')}`);
require(report.cases[0]?.decisions[0]?.decision.outcome === 'allow', 'The record is of an allow.');

// Another character in the middle of the signature, whose last one may hold bits that have to be zero.
const forged = record.replace(/.(?=.{40}$)/, (one) => (one === 'A' ? 'B' : 'A'));
const found = failedIn(verifier.verify(forged));
require(found.join() === 'signature', `A forged signature fails by name, and not by ${found.join() || 'nothing'}.`);
process.stdout.write(
  `verify: ${report.cases[0]?.checks[0]?.checks.length} checks passed; forged: ${found.join()} failed\n`,
);
