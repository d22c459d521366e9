import { AppError } from '../base/errors.ts';
import type { Caller } from '../contract/record.ts';
import type { CaseHead, Store } from '../store/store.ts';
import type { Route } from './route.ts';

/** Throws AppError `forbidden` where the caller has none of the scopes of the route. */
export function authorise({ scopes: held }: Caller, { scopes }: Pick<Route, 'scopes'>): void {
  if (scopes.length > 0 && !scopes.some((scope) => held.includes(scope))) {
    throw new AppError('forbidden', `This call needs the scope ${scopes.join(' or ')}.`);
  }
}

/** The head of the case of a record that the caller may see. A case of another client is reported as not found. */
export async function visibleCase(store: Store, recordId: string, caller: Caller): Promise<CaseHead> {
  const head = await store.caseHead(recordId);
  if (head === null || !(caller.scopes.includes('read') || head.client === caller.client)) {
    throw new AppError('not_found', 'There is no such case or record.');
  }
  return head;
}
