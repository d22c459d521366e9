import type { BuiltinTable } from './builtin.ts';
import { stringOperand } from './operands.ts';

interface Version {
  core: bigint[];
  /** Identifiers; empty for a release. */
  prerelease: string[];
}

const NUMBER = '(0|[1-9]\\d*)';
const IDENTIFIERS = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const VERSION = new RegExp(`^v?${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${IDENTIFIERS}))?(?:\\+${IDENTIFIERS})?$`);
const MAX_INT64 = 2n ** 63n - 1n;

/** Semantic Versioning 2.0.0, with an optional `v` in front as OPA allows it. */
export const semverBuiltins: BuiltinTable = {
  'semver.compare': (a, b) =>
    compareVersions(versionOperand(stringOperand(a, 1), 1), versionOperand(stringOperand(b, 2), 2)),
  'semver.is_valid': (version) => typeof version === 'string' && parseVersion(version) !== undefined,
};

function versionOperand(text: string, position: number): Version {
  const version = parseVersion(text);
  if (version === undefined)
    throw new Error(`operand ${position}: string ${JSON.stringify(text)} is not a valid SemVer`);
  return version;
}

function parseVersion(text: string): Version | undefined {
  const [, major, minor, patch, prerelease] = VERSION.exec(text) ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return undefined;
  const core = [major, minor, patch].map(BigInt);
  const identifiers = prerelease === undefined ? [] : prerelease.split('.');
  const isValid = core.every((each) => each <= MAX_INT64) && !identifiers.some((each) => /^0\d+$/.test(each));
  return isValid ? { core, prerelease: identifiers } : undefined;
}

function compareVersions(a: Version, b: Version): number {
  for (const [index, number] of a.core.entries()) {
    const order = compare(number, b.core[index] ?? 0n);
    if (order !== 0) return order;
  }
  // A release comes after its pre-releases.
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return compare(b.prerelease.length, a.prerelease.length);
  for (const [index, identifier] of a.prerelease.entries()) {
    const other = b.prerelease[index];
    if (other === undefined) return 1;
    const order = compareIdentifiers(identifier, other);
    if (order !== 0) return order;
  }
  return compare(a.prerelease.length, b.prerelease.length);
}

/** Numbers by value and before words, words by ASCII. */
function compareIdentifiers(a: string, b: string): number {
  const [numberA, numberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (numberA !== numberB) return numberA ? -1 : 1;
  return numberA ? compare(BigInt(a), BigInt(b)) : compare(a, b);
}

function compare<T extends number | bigint | string>(a: T, b: T): number {
  return a < b ? -1 : Number(a > b);
}
