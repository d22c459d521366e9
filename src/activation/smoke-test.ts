import { AppError } from '../base/errors.ts';
import type { AccessRequest } from '../contract/request.ts';
import type { DecisionInput } from '../evaluation/judge.ts';
import type { EvaluationPool } from '../evaluation/pool.ts';

/** An action and a type that no policy can know. */
const UNKNOWN = 'smoke_test';

/**
 * Asks a policy what every policy has to answer before it decides for anybody: strangers who ask for strange things are not
 * let in, whatever the kind (law 4), and each kind that the data configure has a package. It only judges, so nothing is
 * signed or kept. Throws AppError `bundle_invalid`.
 */
export async function smokeTest(pool: Pick<EvaluationPool, 'kinds' | 'judge'>): Promise<void> {
  for (const kind of [`${UNKNOWN}/${UNKNOWN}`, ...pool.kinds]) {
    const { decision, fault } = await pool.judge(inputOf(kind));
    if (fault !== null) throw refused(`a request of the kind ${kind} fails: ${fault}`);
    if (decision.outcome === 'allow') throw refused(`a request of the kind ${kind} by an unknown person is allowed`);
    if (kind.startsWith(`${UNKNOWN}/`)) continue;
    if (decision.denials.some(({ code }) => code === 'kind_unknown'))
      throw refused(`no package decides the kind ${kind}`);
  }
}

function inputOf(kind: string): DecisionInput {
  const slash = kind.indexOf('/');
  const request: AccessRequest = {
    subject: { type: 'user', id: UNKNOWN },
    action: { name: kind.slice(0, slash) },
    resource: { type: kind.slice(slash + 1), id: UNKNOWN },
  };
  return {
    now: new Date().toISOString(),
    request,
    caller: { client: UNKNOWN, scopes: ['decide'], claims: {}, principal: null, person: null },
    approvals: [],
    history: '[]',
    occasion: { by: 'request' },
    opened: null,
    before: null,
  };
}

function refused(why: string): AppError {
  return new AppError('bundle_invalid', `The bundle does not pass its smoke test: ${why}.`);
}
