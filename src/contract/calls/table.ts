import { CASE_CALLS } from './case-calls.ts';
import { DECISION_CALLS } from './decision-calls.ts';
import { GRANT_CALLS } from './grant-calls.ts';
import { POLICY_CALLS } from './policy-calls.ts';
import { SERVICE_CALLS } from './service-calls.ts';
import { TOKEN_CALLS } from './token-calls.ts';

/** Every call of the API, by its operationId. */
export const CALLS = {
  ...DECISION_CALLS,
  ...CASE_CALLS,
  ...GRANT_CALLS,
  ...POLICY_CALLS,
  ...TOKEN_CALLS,
  ...SERVICE_CALLS,
} as const;
export type OperationId = keyof typeof CALLS;
