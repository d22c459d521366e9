import type { GrantEventAnswer } from '../contract/answer.ts';
import type { GrantState } from '../contract/grant.ts';
import type { GrantEvent } from '../contract/grant-event.ts';

export function toGrantEventAnswer(record: GrantEvent, jws: string, grant_state: GrantState): GrantEventAnswer {
  const { jti: id, case: caseId, statement, at, standing } = record;
  const { expires_at, review_by, due: review_reason } = standing;
  return { id, case: caseId, statement, at, grant_state, expires_at, review_by, review_reason, record: jws };
}
