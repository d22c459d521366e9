import { canonicalJson } from '../base/canonical-json.ts';
import type { AccessRequest } from '../contract/request.ts';
import { type CaseKeys, caseKeysOf } from '../domain/history/case-keys.ts';
import { instantOf } from '../domain/statement.ts';
import type { VerifiedCase } from '../evidence/case-reader.ts';
import type { CaseParts, CasePool } from './case-parts.ts';

/*
 * The queue of all steps of cases. A decision looks at the history of the same subject, the same resource and the subject's
 * team, and has to see what other decisions led to, so steps that share one of these run one after the other, as do all
 * steps of one case (ADR 15).
 */

type Parts = Pick<CaseParts, 'pool' | 'turns'>;

/** An existing case in its turn: nothing else of this process changes it meanwhile. */
export interface CaseTurn {
  pool: CasePool;
  on: VerifiedCase;
  /** The instant of the next record: a clock that is set back must not make it older than the newest one. */
  at: string;
}

/**
 * Runs a step on a request in its turn. Null where another policy became active meanwhile that knows the subject as another
 * person or in another team: the keys are wrong then, and the caller tries again. Rejects with AppError `overloaded` where
 * too many steps wait.
 */
export function inTurnOfRequest<T>(
  parts: Parts,
  { client, request, keys = [] }: { client: string; request: AccessRequest; keys?: readonly string[] },
  step: (pool: CasePool) => Promise<T | null>,
): Promise<T | null> {
  const keysBy = ({ directory }: CasePool) => queueKeys(caseKeysOf(request, directory));
  const keysThen = keysBy(parts.pool());
  return parts.turns.run(client, [...keys, ...keysThen], async () => {
    const pool = parts.pool();
    return canonicalJson(keysBy(pool)) === canonicalJson(keysThen) ? step(pool) : null;
  });
}

/**
 * The same for an existing case, which others also find under the team that its subject was in when it was opened. Rejects
 * with AppError `not_found` and `record_invalid` too.
 */
export async function inTurnOfCase<T>(
  parts: Parts & Pick<CaseParts, 'readCase' | 'clock'>,
  { client, caseId }: { client: string; caseId: string },
  step: (turn: CaseTurn) => Promise<T | null>,
): Promise<T | null> {
  const { head, decision } = await parts.readCase(caseId);
  const { request } = decision.record;
  return inTurnOfRequest(parts, { client, request, keys: [...queueKeys(head), `case ${caseId}`] }, async (pool) =>
    step(await readTurn(parts, { pool, caseId })),
  );
}

/** The current case, for the step that has its turn. */
export async function readTurn(
  { readCase, clock }: Pick<CaseParts, 'readCase' | 'clock'>,
  { pool, caseId }: { pool: CasePool; caseId: string },
): Promise<CaseTurn> {
  const on = await readCase(caseId);
  const at = new Date(Math.max(clock().getTime(), Date.parse(instantOf(on.last.record)))).toISOString();
  return { pool, on, at };
}

function queueKeys({ subject, resource, team }: Omit<CaseKeys, 'kind'>): string[] {
  return [`subject ${subject}`, `resource ${resource}`, ...(team === null ? [] : [`team ${team}`])];
}
