import type { CaseKeys } from '../domain/history/case-keys.ts';

/**
 * What decisions must not do at the same time: each of them looks at the history of the same subject, the same resource and
 * the subject's team, and has to see what the others led to.
 */
export function turnKeys({ subject, resource, team }: Omit<CaseKeys, 'kind'>, caseId?: string): string[] {
  return [
    `subject ${subject}`,
    `resource ${resource}`,
    ...(team === null ? [] : [`team ${team}`]),
    ...(caseId === undefined ? [] : [`case ${caseId}`]),
  ];
}
