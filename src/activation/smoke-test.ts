import { v7 as uuidv7 } from 'uuid';
import { AppError } from '../base/errors.ts';
import type { Answer } from '../contract/answer.ts';
import type { AccessRequest } from '../contract/request.ts';
import type { DecisionPool } from '../evaluation/pool.ts';

/** An action and a type that no policy can know. */
const UNKNOWN = 'smoke_test';

/**
 * Asks a policy what every policy has to answer before it decides for anybody: strangers who ask for strange things are not
 * let in, whatever the kind (law 4), and each kind that the data configure has a package. What it decides is answered to
 * nobody and kept nowhere. Throws AppError `bundle_invalid`.
 */
export async function smokeTest(pool: DecisionPool): Promise<void> {
  for (const kind of [`${UNKNOWN}/${UNKNOWN}`, ...pool.kinds]) {
    const { answer, fault } = await pool.decide(draftOf(kind));
    if (fault !== null) throw refused(`a request of the kind ${kind} fails: ${fault}`);
    const { outcome, denials } = JSON.parse(answer) as Answer;
    if (outcome === 'allow') throw refused(`a stranger's request of the kind ${kind} is allowed`);
    if (kind.startsWith(`${UNKNOWN}/`)) continue;
    if (denials.some(({ code }) => code === 'kind_unknown')) throw refused(`no package decides the kind ${kind}`);
  }
}

function draftOf(kind: string): Parameters<DecisionPool['decide']>[0] {
  const slash = kind.indexOf('/');
  const request: AccessRequest = {
    subject: { type: 'user', id: UNKNOWN },
    action: { name: kind.slice(0, slash) },
    resource: { type: kind.slice(slash + 1), id: UNKNOWN },
  };
  return {
    id: uuidv7(),
    now: new Date().toISOString(),
    request,
    caller: { client: UNKNOWN, scopes: ['decide'], claims: {}, principal: null, person: null },
    approvals: [],
    like: { kind, subject: UNKNOWN, resource: UNKNOWN, team: null },
    history: '[]',
    occasion: { by: 'request' },
    opened: null,
    head: null,
  };
}

function refused(why: string): AppError {
  return new AppError('bundle_invalid', `The bundle does not pass its smoke test: ${why}.`);
}
