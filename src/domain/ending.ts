import type { EndingAnswer } from '../contract/answer.ts';
import type { Ending } from '../contract/case-end.ts';

export function toEndingAnswer({ jti: id, case: caseId, statement, at }: Ending, jws: string): EndingAnswer {
  return { id, case: caseId, statement, at, outcome: 'deny', record: jws };
}
