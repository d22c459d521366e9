import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { beforeAll, describe, expect, it } from 'vitest';
import { Canonical, sha256 } from '../src/base/canonical-json.ts';
import { AppError } from '../src/base/errors.ts';
import { createTurns } from '../src/base/turns.ts';
import { readBundle } from '../src/bundle/bundle.ts';
import type { CaseParts } from '../src/cases/case-parts.ts';
import { type Cases, createCases } from '../src/cases/cases.ts';
import { createIdempotency } from '../src/cases/idempotency.ts';

import type { DecisionResult } from '../src/cases/replay.ts';
import type { Evaluation } from '../src/contract/evaluation.ts';
import type { Caller, DecisionRecord } from '../src/contract/record.ts';
import type { AccessRequest } from '../src/contract/request.ts';

import { keyOfPerson } from '../src/domain/history/case-keys.ts';
import { fault } from '../src/evaluation/evaluator.ts';
import { openPolicy, type Policy, preparePolicy } from '../src/evaluation/policy.ts';
import { createCaseReader } from '../src/evidence/case-reader.ts';
import { openKeyring } from '../src/evidence/keys.ts';
import { createRecordReader } from '../src/evidence/record-reader.ts';
import { historyOf } from '../src/store/entries.contract.ts';
import { openSqliteStore } from '../src/store/sqlite/store.ts';
import { type CommitEntry, type CommitResult, EVERY_CASE, type Store } from '../src/store/store.ts';
import { countingSigner, inProcessPool } from './support/in-process.ts';
import { verifyRecords } from './support/records.ts';
import { exampleRequest, temporaryDir } from './support/service.ts';

const REQUEST = exampleRequest('issue-api-key/approval-restricted-key');
const CALLER: Caller = { client: 'portal', scopes: ['decide'], claims: {}, principal: null, person: null };
const APPROVER: Caller = {
  client: 'console',
  scopes: ['read', 'approve'],
  claims: {},
  principal: 'iduarte',
  person: 'ines.duarte',
};

let policy: Policy;
beforeAll(async () => {
  policy = await openPolicy(
    await preparePolicy(await readBundle(readFileSync(new URL('../bundles/default.tar.gz', import.meta.url)))),
  );
});

const recordOf = ({ jws }: Pick<DecisionResult, 'jws'>) =>
  JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as DecisionRecord;

/** The decision of a call that is not replayed. */
async function open(cases: Pick<Cases, 'openCase'>, request: AccessRequest, caller: Caller, key: string | null) {
  const result = await cases.openCase({ request, caller, key });
  if (result.replayed) throw new Error(`replayed ${result.record.jti}`);
  return result;
}

type Verdict = Parameters<Cases['approve']>[0]['body'];
const approve = ({ approve }: Cases, caseId: string, body: Verdict, caller: Caller, key: string | null) =>
  approve({ caseId, body, caller, key });

/** Steps of cases at the same time. */
const WIDTH = 4;

type Fault = (group: readonly CommitEntry[], commit: Store['commit']) => Promise<readonly CommitResult[]>;

/** Cases on a real store whose commits go wrong as `faults` say, one after the other. */
async function casesWith(
  options: {
    faults?: Fault[];
    policy?: Policy;
    clock?: () => Date;
    revalidate?: () => Promise<void>;
    /** Stands around each decision. */
    decide?: <T>(decideOne: () => Promise<T>) => Promise<T>;
  } = {},
) {
  const dir = temporaryDir('cases');
  const clock = options.clock ?? (() => new Date());
  const keyring = openKeyring(join(dir, 'keys'), 'ES256', clock);
  const real = await openSqliteStore(join(dir, 'countersign.db'), {
    rowSecret: Buffer.alloc(32),
    keys: keyring.verificationKeys,
  });
  const faults = options.faults ?? [];
  const store: Store = {
    ...real,
    commit: (group) => {
      const fault = faults.shift();
      return fault === undefined ? real.commit(group) : fault(group, real.commit);
    },
  };
  const signer = countingSigner(keyring.active);
  const idempotency = createIdempotency(store, Buffer.alloc(32), clock, () => null);
  const seen: string[] = [];
  const counted: string[] = [];
  const records = createRecordReader(store, keyring.verificationKeys);
  const parts: CaseParts = {
    pool() {
      const pool = inProcessPool(options.policy ?? policy, signer);
      const { decide: around } = options;
      if (around === undefined) return pool;
      return {
        ...pool,
        judge: (input) => around(() => pool.judge(input)),
        complete: (order, input) =>
          input === null ? pool.complete(order, input) : around(() => pool.complete(order, input)),
      };
    },
    turns: createTurns({ width: WIDTH, maxWaiting: 100 }),
    readCase: createCaseReader(store, records),
    revalidate: async () => options.revalidate?.(),
    records,
    store,
    idempotency,
    clock,
    newId: uuidv7,
    onFault: ({ detail }) => seen.push(detail),
    onDecision: ({ outcome }) => counted.push(outcome),
    onGrantEvent: () => {},
  };
  return { cases: createCases(parts), parts, store, records, keyring, signer, counted, faultsSeen: seen };
}

const failed: Fault = async () => {
  throw new AppError('store_unavailable', 'no');
};
const failedButPersisted: Fault = async (group, commit) => {
  await commit(group);
  throw new AppError('store_unavailable', 'no');
};
const conflict: Fault = async (group) => group.map(() => ({ status: 'conflict', position: null }));

describe('a commit that goes wrong', () => {
  it('fails the decision, and a retry with the same key decides', async () => {
    const { cases, store } = await casesWith({ faults: [failed] });
    await expect(open(cases, REQUEST, CALLER, 'key')).rejects.toMatchObject({ code: 'store_unavailable' });
    const { id, replayed } = await open(cases, REQUEST, CALLER, 'key');
    expect(replayed).toBe(false);
    expect(await store.record(id)).not.toBeNull();
  });

  it('that persisted all the same is found by the retry: one record, not two', async () => {
    const { cases, store } = await casesWith({ faults: [failedButPersisted] });
    await expect(open(cases, REQUEST, CALLER, 'key')).rejects.toMatchObject({ code: 'store_unavailable' });
    const again = await cases.openCase({ request: REQUEST, caller: CALLER, key: 'key' });
    const id = recordOf(again).jti;
    expect(again).toMatchObject({ replayed: true, record: { jti: id }, latest: { id, seq: 0 } });
    const history = await historyOf(store, {
      kind: 'x',
      subject: keyOfPerson('luis.ortega'),
      resource: 'x',
      team: null,
      except: null,
      now: '2030-01-01T00:00:00.000Z',
    });
    expect(JSON.parse(history)).toHaveLength(1);
  });

  it('because somebody else was first reloads the case, decides again and signs again', async () => {
    const { cases, store, records, keyring, signer } = await casesWith();
    const first = recordOf(await open(cases, REQUEST, CALLER, null));
    const other = { ...APPROVER, principal: 'aokafor', person: 'amara.okafor' };
    const racing: Fault[] = [
      async (group, commit) => {
        // The other approval arrives between the reading and the writing of ours.
        await approve(cases, first.case, { verdict: 'approve', comment: '', seen: first.jti }, other, null);
        return conflict(group, commit);
      },
    ];
    const slow = createCases({
      pool: () => inProcessPool(policy, signer),
      turns: createTurns({ width: WIDTH, maxWaiting: 100 }),
      readCase: createCaseReader(store, records),
      revalidate: async () => {},
      records,
      store: { ...store, commit: (group) => racing.shift()?.(group, store.commit) ?? store.commit(group) },
      idempotency: createIdempotency(
        store,
        Buffer.alloc(32),
        () => new Date(),
        () => null,
      ),
      clock: () => new Date(),
      newId: uuidv7,
      onFault: () => {},
      onDecision: () => {},
      onGrantEvent: () => {},
    });
    const record = recordOf(
      await approve(slow, first.case, { verdict: 'approve', comment: '', seen: first.jti }, APPROVER, null),
    );
    expect(record.seq).toBe(2);
    expect(record.approvals.map(({ approver }) => approver.person)).toEqual(['amara.okafor', 'ines.duarte']);
    const page = await store.chain(first.case, { after: -1, limit: 9, maxBytes: 1e6 });
    const chain = page.map(({ jws }) => jws);
    expect(verifyRecords(chain, keyring.verificationKeys).fromBeginning).toBe(true);
  });

  it('again and again is told as a fault, not tried for ever', async () => {
    const { cases } = await casesWith({ faults: Array<Fault>(100).fill(conflict) });
    await expect(open(cases, REQUEST, CALLER, null)).rejects.toMatchObject({ code: 'store_unavailable' });
  });
});

describe('a token that is revoked while its verdict is evaluated', () => {
  it('gets nothing kept', async () => {
    let isRevoked = false;
    const evaluate: Policy['evaluate'] = (...args) => {
      isRevoked = true;
      return policy.evaluate(...args);
    };
    const { cases, store } = await casesWith({
      policy: { ...policy, evaluate },
      revalidate: async () => {
        if (isRevoked) throw new AppError('unauthenticated', 'revoked');
      },
    });
    const first = recordOf(await open(cases, REQUEST, CALLER, null));
    isRevoked = false;
    const verdict = { verdict: 'approve' as const, comment: '', seen: first.jti };
    await expect(approve(cases, first.case, verdict, APPROVER, null)).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    expect((await store.caseHead(first.case))?.seq).toBe(0);
  });
});

describe('a token that is revoked while its request waits for its turn', () => {
  it('gets nothing decided', async () => {
    const options: { revalidate?: () => Promise<void> } = {};
    const { cases, parts, signer, counted } = await casesWith(options);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const busy = Array.from({ length: WIDTH }, () => parts.turns.run('other', [], () => held));
    const opening = open(cases, REQUEST, CALLER, null);
    options.revalidate = async () => {
      throw new AppError('unauthenticated', 'revoked');
    };
    release();
    await expect(opening).rejects.toMatchObject({ code: 'unauthenticated' });
    expect([signer.count, counted]).toEqual([0, []]);
    await Promise.all(busy);
  });
});

describe('a policy that goes wrong', () => {
  it.each(['evaluation_undefined', 'evaluation_invalid', 'evaluation_failed', 'builtin_error'] as const)(
    'ends in a signed deny that says %s',
    async (fault) => {
      const broken = {
        ...policy,
        evaluate: () => ({ evaluation: { fault }, written: null, builtinErrors: [], detail: 'a.rego:3: why' }),
      };
      const { cases, keyring, faultsSeen } = await casesWith({ policy: broken });
      const decided = await open(cases, REQUEST, CALLER, null);
      const record = recordOf(decided);
      expect(record).toMatchObject({
        evaluation: null,
        decision: { outcome: 'deny', tier: 'critical', denials: [{ code: fault }] },
      });
      expect(faultsSeen).toEqual(['a.rego:3: why']);
      verifyRecords([decided.jws], keyring.verificationKeys);
    },
  );
});

/** The shipped policy, but that it answers something else. */
function changed(name: string, change: (evaluation: Evaluation) => Evaluation): Policy {
  return {
    ...policy,
    ref: { ...policy.ref, digest: sha256(name) },
    evaluate(...args) {
      const result = policy.evaluate(...args);
      const evaluation = change(result.evaluation as Evaluation);
      return { ...result, evaluation, written: Canonical.of(evaluation) };
    },
  };
}

const stricter = () => changed('stricter', (evaluation) => ({ ...evaluation, denials: [{ code: 'no' }] }));

describe('a look at an open case by another policy', () => {
  const broken = (): Policy => ({
    ...policy,
    ref: { ...policy.ref, digest: sha256('broken') },
    evaluate: () => ({
      evaluation: { fault: 'evaluation_failed' },
      written: null,
      builtinErrors: [],
      detail: 'why',
    }),
  });

  it('comes before a verdict: an approval for what an older policy asked makes no allow by a newer one', async () => {
    const options: { policy?: Policy } = {};
    const { cases, parts } = await casesWith(options);
    const first = recordOf(await open(cases, REQUEST, CALLER, null));
    const approveAs = (principal: string, seen: string) =>
      approve(cases, first.case, { verdict: 'approve', comment: '', seen }, { ...APPROVER, principal }, null);
    const waiting = recordOf(await approveAs('aokafor', first.jti));
    options.policy = changed('laxer', (evaluation) => ({
      ...evaluation,
      requirements: evaluation.requirements.filter(({ id }) => id !== 'security'),
    }));
    await expect(approveAs('jonas.weber', waiting.jti)).rejects.toMatchObject({ code: 'seen_mismatch' });
    const { head, decision } = await parts.readCase(first.case);
    expect(head).toMatchObject({ seq: 2, outcome: 'approval_required' });
    expect(decision.record.decision.confirmation_needed).toBe(true);
    const confirmed = recordOf(await approveAs('jonas.weber', head.record));
    expect(confirmed.decision.outcome).toBe('allow');
  });

  it('fails where the policy fails, and changes nothing: it has to be looked at again', async () => {
    const options: { policy?: Policy } = {};
    const { cases, store } = await casesWith(options);
    const { id } = await open(cases, REQUEST, CALLER, null);
    options.policy = broken();
    await expect(cases.redecide({ caseId: id })).rejects.toMatchObject({ code: 'policy_failed' });
    expect((await store.caseHead(id))?.seq).toBe(0);
  });

  it('leaves a case as it is where the policy that looked at it fails on a verdict', async () => {
    const options: { policy?: Policy } = {};
    const { cases, store, faultsSeen } = await casesWith(options);
    const { id } = await open(cases, REQUEST, CALLER, null);
    const verdict = { verdict: 'approve' as const, comment: '', seen: id };
    const stranger = { ...APPROVER, principal: 'nobody' };
    options.policy = { ...broken(), ref: policy.ref };
    await expect(approve(cases, id, verdict, stranger, null)).rejects.toMatchObject({ code: 'policy_failed' });
    expect(await store.caseHead(id)).toMatchObject({ seq: 0, outcome: 'approval_required' });
    expect(faultsSeen).toEqual(['why']);
  });

  it('fails where what it led to was not kept, and can be repeated', async () => {
    const options: { policy?: Policy; faults: Fault[] } = { faults: [] };
    const { cases, store } = await casesWith(options);
    const { id } = await open(cases, REQUEST, CALLER, null);
    options.policy = stricter();
    options.faults.push(conflict);
    await expect(cases.redecide({ caseId: id })).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await cases.redecide({ caseId: id })).toMatchObject({ outcome: 'deny' });
    expect(await store.caseHead(id)).toMatchObject({ seq: 1, outcome: 'deny' });
  });
});

describe('what is signed', () => {
  const verdictOn = (seen: string, verdict: 'approve' | 'reject' = 'approve') => ({ verdict, comment: '', seen });
  const strangers = Array.from({ length: 40 }, (_, index) => ({ ...APPROVER, principal: `stranger-${index}` }));

  it('is what was kept: one record for each case, verdict and statement', async () => {
    const { cases, signer, counted } = await casesWith();
    const first = recordOf(await open(cases, REQUEST, CALLER, 'key'));
    expect(await cases.openCase({ request: REQUEST, caller: CALLER, key: 'key' })).toMatchObject({ replayed: true });
    expect(signer.count).toBe(1);
    await approve(cases, first.case, verdictOn(first.jti), APPROVER, null);
    expect(signer.count).toBe(2);
    await cases.withdraw({ caseId: first.case, body: { reason: '' }, caller: CALLER, key: null });
    expect(signer.count).toBe(3);
    expect(counted).toEqual(['approval_required', 'approval_required']);
  });

  it('is no verdict that is refused, whatever it is refused for', async () => {
    const options: { policy?: Policy; revalidate: () => Promise<void> } = { revalidate: async () => {} };
    const { cases, signer } = await casesWith(options);
    const { id } = await open(cases, REQUEST, CALLER, null);
    for (const stranger of strangers.slice(0, 32)) await approve(cases, id, verdictOn(id), stranger, null);
    const signed = signer.count;
    expect(signed).toBe(33);
    const refused = (caller: Caller) => expect(approve(cases, id, verdictOn(id), caller, null)).rejects;
    await refused(strangers[32] as Caller).toMatchObject({ code: 'case_full' });
    await refused(strangers[0] as Caller).toMatchObject({ code: 'already_given' });
    options.policy = { ...policy, evaluate: () => fault('evaluation_failed', 'why') };
    await refused(APPROVER).toMatchObject({ code: 'policy_failed' });
    delete options.policy;
    options.revalidate = async () => {
      throw new AppError('unauthenticated', 'revoked');
    };
    await refused(APPROVER).toMatchObject({ code: 'unauthenticated' });
    expect(signer.count).toBe(signed);
  });

  it('is nothing where another policy changes nothing, for an open case or a grant', async () => {
    const options: { policy?: Policy } = {};
    const { cases, signer } = await casesWith(options);
    const waiting = await open(cases, REQUEST, CALLER, null);
    const granted = await open(cases, exampleRequest('issue-api-key/allow-sandbox-key'), CALLER, null);
    expect([waiting.outcome, granted.outcome, signer.count]).toEqual(['approval_required', 'allow', 2]);
    options.policy = changed('same', (evaluation) => evaluation);
    expect(await cases.redecide({ caseId: waiting.id })).toBeNull();
    expect(await cases.redecide({ caseId: granted.id })).toBeNull();
    expect(signer.count).toBe(2);
    options.policy = stricter();
    expect(await cases.redecide({ caseId: waiting.id })).not.toBeNull();
    expect(await cases.redecide({ caseId: granted.id })).not.toBeNull();
    expect(signer.count).toBe(4);
  });
});

describe('a grant that a stricter policy has not looked at yet', () => {
  const SANDBOX = exampleRequest('issue-api-key/allow-sandbox-key');
  const REVIEWER: Caller = { ...APPROVER, scopes: ['read', 'review'] };

  it.each<[string, (cases: Cases, id: string) => Promise<unknown>]>([
    [
      'issues a credential',
      (cases, id) => {
        const expires_at = new Date(Date.now() + 60_000).toISOString();
        const body = { issuer: 'vault', credential_ref: '1', expires_at };
        return cases.issue({ caseId: id, body, caller: CALLER, key: null });
      },
    ],
    [
      'keeps it',
      (cases, id) => {
        const body = { verdict: 'keep' as const, comment: '' };
        return cases.review({ caseId: id, body, caller: REVIEWER, key: null });
      },
    ],
  ])('is looked at all the same where somebody %s first', async (_, act) => {
    const options: { policy?: Policy } = {};
    const { cases, store } = await casesWith(options);
    const granted = await open(cases, SANDBOX, CALLER, null);
    expect(granted.outcome).toBe('allow');
    options.policy = stricter();
    await act(cases, granted.id);
    const now = new Date().toISOString();
    const found = await store.search({
      ...EVERY_CASE,
      outcomes: ['allow'],
      grant: { state: 'in_force', now },
      notSweptBy: options.policy.ref.digest,
    });
    expect(found.cases.map((each) => each.case)).toEqual([granted.id]);
    expect(await cases.redecide({ caseId: granted.id })).toMatchObject({
      record: { standing: { due: 'policy_changed' } },
    });
    expect(await cases.redecide({ caseId: granted.id })).toBeNull();
  });
});

describe('a case whose subject is in another team now', () => {
  it('is decided in turn with what that team asks for', async () => {
    const moved = 'platform';
    const options: Parameters<typeof casesWith>[0] = {};
    const { cases } = await casesWith(options);
    const first = recordOf(await open(cases, REQUEST, CALLER, null));
    const { directory } = policy;
    options.policy = { ...policy, directory: { ...directory, teamOf: () => moved } };
    let running = 0;
    let most = 0;
    options.decide = async (decideOne) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return decideOne();
    };
    const other = { ...REQUEST, subject: { type: 'user', id: 'tharris' }, resource: { type: 'api_key', id: 'x' } };
    await Promise.all([
      approve(cases, first.case, { verdict: 'approve', comment: '', seen: first.jti }, APPROVER, null),
      open(cases, other, CALLER, null),
    ]);
    expect(most).toBe(1);
  });
});

describe('a clock that is set back', () => {
  it('does not make an approval older than what its giver saw', async () => {
    let now = new Date('2026-11-22T12:00:00Z');
    const { cases } = await casesWith({ clock: () => now });
    const first = recordOf(await open(cases, REQUEST, CALLER, null));
    now = new Date('2026-11-22T11:00:00Z');
    const record = recordOf(
      await approve(cases, first.case, { verdict: 'approve', comment: '', seen: first.jti }, APPROVER, null),
    );
    expect(record.approvals[0]?.at).toBe('2026-11-22T12:00:00.000Z');
    expect(record.decision.counted).toHaveLength(1);
  });
});

describe('a record that was changed in the database', () => {
  it('is not built upon', async () => {
    const { cases, store } = await casesWith();
    const first = recordOf(await open(cases, REQUEST, CALLER, null));
    const stored = await store.record(first.jti);
    const jws = stored?.jws.replace(/\.(.)/, (_, letter) => `.${letter === 'e' ? 'f' : 'e'}`) ?? '';
    store.record = async (id) => stored && { ...stored, id, jws };
    const verdict = { verdict: 'approve' as const, comment: '', seen: first.jti };
    await expect(approve(cases, first.case, verdict, APPROVER, null)).rejects.toMatchObject({ code: 'record_invalid' });
  });

  it('is not read even where it is a genuine record, of another case', async () => {
    const { cases, store, records } = await casesWith();
    const pending = recordOf(await open(cases, REQUEST, CALLER, null));
    const other = await store.record((await open(cases, REQUEST, CALLER, null)).id);
    const { record } = store;
    store.record = async (id) =>
      id === pending.jti && other !== null ? { ...other, id, case: pending.case } : record(id);
    await expect(records.read(pending.jti)).rejects.toThrow(/another record in place/);
  });
});
