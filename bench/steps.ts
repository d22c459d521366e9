import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { Canonical, canonicalJson, digestOf, sha256 } from '../src/base/canonical-json.ts';
import { parseJsonText } from '../src/base/json-text.ts';
import { signCompact } from '../src/base/jws.ts';
import { evaluationSchema } from '../src/contract/evaluation.ts';
import type { Caller } from '../src/contract/record.ts';
import type { AccessRequest } from '../src/contract/request.ts';
import { personsOf, separateDuties } from '../src/domain/approval/separation-of-duties.ts';
import { decide } from '../src/domain/decision.ts';
import { normaliseEvaluation } from '../src/domain/evaluation.ts';
import { caseKeysOf } from '../src/domain/history/case-keys.ts';
import { historyText } from '../src/domain/history/history.ts';
import { policyInputText, RECORD_TYPE, type RecordDraft, recordDigest } from '../src/domain/record.ts';
import { kindOf, parseRequest } from '../src/domain/request.ts';
import { ENTRYPOINT, openPolicy, type Policy, preparePolicy } from '../src/evaluation/policy.ts';
import { openKeyring } from '../src/evidence/keys.ts';
import { renderDecision, withRecord } from '../src/http/v1/render-decision.ts';
import { openModule } from '../src/rego/rego.ts';
import { headAfter } from '../src/store/case-head.ts';
import { openSqliteStore } from '../src/store/sqlite/store.ts';
import { type CommitEntry, commitOne, type Store } from '../src/store/store.ts';
import { readDefaultBundle } from './default-bundle.ts';
import { callerOf, createInputs } from './inputs.ts';
import { median, microsPerCall } from './measure.ts';
import { say, sayTable } from './report.ts';
import { withTemporaryDir } from './temporary.ts';

const ROUNDS = 5;
/** About what the writer finds queued up while 32 connections wait. */
const GROUP = 32;

interface StepTime {
  name: string;
  micros: number;
}

/** A step of one decision, given by the position of its input; the arrays that it reads are those of the steps before. */
type Step = <O>(name: string, act: (index: number) => O) => O[];

/** Measures each step of a decision in a loop of its own, on the output of the steps before it. */
export async function benchSteps(count: number): Promise<void> {
  say(`## Steps of one decision: ${count} inputs, median of ${ROUNDS} rounds`);
  say();
  const times = await withTemporaryDir(async (dir) => {
    const store = await openSqliteStore(join(dir, 'countersign.db'), { rowSecret: new Uint8Array(32), keys: [] });
    try {
      return await timeSteps(store, dir, count);
    } finally {
      await store.close();
    }
  });
  const total = times.reduce((sum, { micros }) => sum + micros, 0);
  const row = (name: string, micros: number) => [name, micros.toFixed(1), `${((100 * micros) / total).toFixed(1)} %`];
  sayTable(['step', 'µs', 'share'], [...times.map(({ name, micros }) => row(name, micros)), row('sum', total)]);
  say();
}

async function timeSteps(store: Store, dir: string, count: number): Promise<StepTime[]> {
  const bundle = await readDefaultBundle();
  const policy = await openPolicy(await preparePolicy(bundle));
  const rego = await openModule(bundle.wasm, { data: bundle.dataBytes });
  const keyring = openKeyring(join(dir, 'keys'), 'ES256', () => new Date());
  const inputs = createInputs(count, bundle.data);
  const times: StepTime[] = [];
  const step = stepper(count, times);
  const asyncStep = asyncStepper(count, times);
  const encoder = new TextEncoder();
  const now = new Date().toISOString();
  const nowNs = BigInt(Date.parse(now)) * 1_000_000n;
  const callers = inputs.map(({ client }) => callerOf(client, '0123456789abcdef'));
  const bodies = inputs.map(({ request }) => encoder.encode(JSON.stringify(request)));

  // The same requests were asked before, so that there is history to find.
  await commitGroups(
    store,
    inputs.map(({ request }, index) => entryOf(policy, pastRecord(request, at(callers, index), now), '')),
  );

  const values = step('parse JSON', (i) => parseJsonText(at(bodies, i), { maxValues: 2000 }));
  const requests = step('validate', (i) => parseRequest(at(values, i)));
  const requestDigests = step('canonical JSON and digest of the request', (i) => digestOf(at(requests, i)));
  const histories = await asyncStep('history', (i) => historyOf(store, policy, at(requests, i)));
  const texts = step('policy input and its digest', (i) => {
    const caller = at(callers, i);
    const seen = { request: at(requests, i), approvals: [], caller, history: at(histories, i), evaluated_at: now };
    const text = policyInputText(seen);
    return { text, digest: sha256(text) };
  });
  const raws = step('evaluate (WASM)', (i) =>
    rego.evaluate(ENTRYPOINT, encoder.encode(at(texts, i).text), { now: nowNs }),
  );
  const evaluations = step('read and normalise the evaluation', (i) => {
    const result = at(raws, i);
    if (result.status !== 'defined') throw new Error(JSON.stringify(result));
    return normaliseEvaluation(evaluationSchema.parse(result.value)).evaluation;
  });
  const decisions = step('decide', (i) => {
    const duties = separateDuties(
      at(requests, i),
      at(callers, i),
      personsOf(at(requests, i), at(callers, i), policy.directory),
      policy.directory,
    );
    const given = { evaluation: at(evaluations, i), requestDigest: at(requestDigests, i), now };
    return decide({
      ...given,
      ...duties,
      approvals: [],
      before: null,
      occasion: { by: 'request' },
      openedAt: given.now,
      case: null,
    });
  });
  const records = requests.map((request, i) => ({
    ...pastRecord(request, at(callers, i), now),
    request_digest: at(requestDigests, i),
    history: at(histories, i),
    input_digest: at(texts, i).digest,
    evaluation: at(evaluations, i),
    decision: at(decisions, i),
    policy: policy.ref,
  }));
  const recordTexts = step('canonical JSON of the record', (i) => canonicalJson(at(records, i)));
  const signed = step('sign', (i) => signCompact(at(recordTexts, i), keyring.active, RECORD_TYPE));
  const entries = step('digest of the record, head of the case', (i) => entryOf(policy, at(records, i), at(signed, i)));
  times.push({ name: `commit, in groups of ${GROUP} (another thread)`, micros: await commitGroups(store, entries) });
  step('answer JSON', (i) => withRecord(renderDecision(at(records, i), policy.sentences), at(signed, i)));
  return times;
}

type AsyncStep = <O>(name: string, act: (index: number) => Promise<O>) => Promise<O[]>;

/** As stepper(), for a step that gives a promise. */
function asyncStepper(count: number, times: StepTime[]): AsyncStep {
  const indices = Array.from({ length: count }, (_, index) => index);
  return async <O>(name: string, act: (index: number) => Promise<O>) => {
    const round = async () => {
      const outputs: O[] = [];
      const startedAt = performance.now();
      for (const index of indices) outputs.push(await act(index));
      return { outputs, micros: ((performance.now() - startedAt) * 1000) / count };
    };
    const { outputs } = await round();
    const micros: number[] = [];
    for (let left = ROUNDS; left > 0; left--) micros.push((await round()).micros);
    times.push({ name, micros: median(micros) });
    return outputs;
  };
}

/** Runs a step once to warm up and for its results, and then in measured rounds. */
function stepper(count: number, times: StepTime[]): Step {
  const indices = Array.from({ length: count }, (_, index) => index);
  return (name, act) => {
    const outputs = indices.map(act);
    times.push({ name, micros: median(Array.from({ length: ROUNDS }, () => microsPerCall(indices, act))) });
    return outputs;
  };
}

async function historyOf(store: Store, policy: Policy, request: AccessRequest) {
  const keys = caseKeysOf(request, policy.directory);
  const query = { ...keys, except: null, now: new Date().toISOString() };
  return Canonical.written(historyText(await store.candidates(keys), query));
}

/** A record that was kept before anything is measured; what its policy said does not matter. */
function pastRecord(request: AccessRequest, caller: Caller, now: string): RecordDraft {
  const id = uuidv7();
  const digest = sha256('');
  return {
    iss: 'urn:countersign:bench',
    jti: id,
    iat: Math.floor(Date.parse(now) / 1000),
    statement: 'decision',
    case: id,
    seq: 0,
    previous: null,
    evaluated_at: now,
    opened: { at: now, persons: { subject: null, caller: null, requester: null } },
    caller,
    kind: kindOf(request),
    request,
    request_digest: digest,
    approvals: [],
    history: [],
    input_digest: digest,
    evaluation: null,
    decision: {
      outcome: 'allow',
      tier: 'low',
      denials: [],
      satisfied: [],
      unmet: [],
      confirmation_needed: false,
      counted: [],
      not_counted: [],
      obligations: [],
      expires_at: now,
      closes_at: null,
      review_by: now,
      controls: [],
    },
    policy: { name: '', revision: '', digest, wasm_digest: digest, data_digest: digest, entrypoint: ENTRYPOINT },
    builtin_errors: [],
    masked: [],
    engine: { version: '', opa: '', builtins: '', tzdata: '' },
  };
}

function entryOf({ directory }: Policy, record: RecordDraft, jws: string): CommitEntry {
  const { jti: id, case: caseId, seq, evaluated_at: at } = record;
  const caseHead = headAfter(record, caseKeysOf(record.request, directory));
  const digest = recordDigest(jws);
  return { record: { id, case: caseId, seq, at, jws, digest }, caseHead, idempotency: null, leaf: digest, outbox: [] };
}

/** Keeps records in groups; the median of the time that one takes. Throws Error for one that was not kept. */
async function commitGroups(store: Store, entries: readonly CommitEntry[]): Promise<number> {
  const micros: number[] = [];
  for (let from = 0; from < entries.length; from += GROUP) {
    const group = entries.slice(from, from + GROUP);
    const startedAt = performance.now();
    const results = await Promise.all(group.map((entry) => commitOne(store, entry)));
    micros.push(((performance.now() - startedAt) * 1000) / group.length);
    const failed = results.filter(({ status }) => status !== 'committed');
    if (failed.length > 0) throw new Error(`${failed.length} records were not committed.`);
  }
  return median(micros);
}

function at<T>(values: readonly T[], index: number): T {
  if (index >= values.length) throw new RangeError(`there is no item ${index}`);
  return values[index] as T;
}
