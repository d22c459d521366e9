import type { DecisionRecord } from '../../contract/record.ts';

/** `opening`: a case begins with its first decision, which has no approvals. Returns ends of sentences about the record. */
export function findOpeningFaults({ seq, opened, evaluated_at, approvals }: DecisionRecord): string[] {
  if (seq > 0) return opened.at > evaluated_at ? ['was decided before its case was opened'] : [];
  return [
    ...(opened.at === evaluated_at ? [] : ['opens the case, but at another instant than opened.at']),
    ...(approvals.length === 0 ? [] : ['opens the case, but has approvals already']),
  ];
}
