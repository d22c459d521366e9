import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { parseJsonText } from '../src/base/json-text.ts';
import { signCompact } from '../src/base/jws.ts';
import { withHistory } from '../src/cases/judging.ts';
import { newCase } from '../src/cases/open.ts';
import { decisionRecord, type Sealing, sealDecision } from '../src/cases/seal.ts';
import type { DecisionPlace } from '../src/cases/seal-orders.ts';
import { RECORD_TYPE } from '../src/contract/record.ts';
import type { AccessRequest } from '../src/contract/request.ts';
import type { RecordDraft } from '../src/domain/record.ts';
import { parseRequest } from '../src/domain/request.ts';
import { conclude, judge, prepareInput } from '../src/evaluation/judge.ts';
import { openPolicy, preparePolicy } from '../src/evaluation/policy.ts';
import { openKeyring } from '../src/evidence/keys.ts';
import { renderDecision, withRecord } from '../src/http/v1/render-decision.ts';
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

/** The steps of openCase, by the functions that it calls, in this thread. */
async function timeSteps(store: Store, dir: string, count: number): Promise<StepTime[]> {
  const bundle = await readDefaultBundle();
  const policy = await openPolicy(await preparePolicy(bundle));
  const keyring = openKeyring(join(dir, 'keys'), 'ES256', () => new Date());
  const sealing: Sealing = {
    issuer: { issuer: 'urn:countersign:bench', version: '0' },
    sign: (payloadText) => signCompact(payloadText, keyring.active, RECORD_TYPE),
  };
  const inputs = createInputs(count, bundle.data);
  const times: StepTime[] = [];
  const step = stepper(count, times);
  const asyncStep = asyncStepper(count, times);
  const now = new Date().toISOString();
  const callers = inputs.map(({ client }) => callerOf(client, '0123456789abcdef'));
  const bodies = inputs.map(({ request }) => new TextEncoder().encode(JSON.stringify(request)));
  const newCaseOf = (request: AccessRequest, i: number) =>
    newCase(policy, { request, caller: at(callers, i), now, id: uuidv7() });

  // The same requests were decided before, so that there is history to find.
  const earlier = inputs.map(({ request }, i) => {
    const { input, place } = newCaseOf(request, i);
    const { judgement } = judge({ ...input, history: '[]' }, policy);
    return entryOf(decisionRecord(judgement, place.position, sealing.issuer), place, sealing);
  });
  await commitGroups(store, earlier);

  const values = step('parse JSON', (i) => parseJsonText(at(bodies, i), { maxValues: 2000 }));
  const requests = step('validate', (i) => parseRequest(at(values, i)));
  const pending = step('find persons and keys', (i) => newCaseOf(at(requests, i), i));
  const decisionInputs = await asyncStep('history', (i) => withHistory({ store }, at(pending, i)));
  const prepared = step('policy input, digests', (i) => prepareInput(at(decisionInputs, i), policy));
  const results = step('evaluate and normalise', (i) => policy.evaluate(at(prepared, i).inputText, now));
  const judged = step('decide', (i) => conclude(at(prepared, i), at(results, i), policy));
  const records = step('make the record', (i) =>
    decisionRecord(at(judged, i).judgement, at(pending, i).place.position, sealing.issuer),
  );
  const signed = step('seal: canonical JSON, sign, digest', (i) =>
    sealDecision(at(records, i), sealing, at(judged, i).written),
  );
  const entries = step('head of the case', (i): CommitEntry => {
    const record = at(signed, i);
    const caseHead = headAfter(at(records, i), at(pending, i).place.keys);
    return { record, caseHead, idempotency: null, leaf: record.digest, outbox: [] };
  });
  times.push({ name: `commit, in groups of ${GROUP} (another thread)`, micros: await commitGroups(store, entries) });
  step('answer JSON', (i) => withRecord(renderDecision(at(records, i), policy.sentences), at(signed, i).jws));
  return times;
}

function entryOf(record: RecordDraft, { keys }: DecisionPlace, sealing: Sealing): CommitEntry {
  const signed = sealDecision(record, sealing);
  return { record: signed, caseHead: headAfter(record, keys), idempotency: null, leaf: signed.digest, outbox: [] };
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
