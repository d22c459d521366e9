import type { CaseKeys } from '../domain/history/case-keys.ts';
import type { RecordDraft } from '../domain/record.ts';
import type { DecisionInput, Judged, Judgement } from '../evaluation/judge.ts';
import type { EvaluationPool } from '../evaluation/pool.ts';
import type { Complete } from '../evaluation/worker.ts';
import { headAfter } from '../store/case-head.ts';
import type { CaseHead } from '../store/store.ts';
import {
  decisionRecord,
  type PlainStatement,
  type Position,
  type Said,
  type Sealing,
  type SignedRecord,
  sealDecision,
  sealStatement,
  statementRecord,
} from './seal.ts';

/*
 * Orders from the thread that serves HTTP to a worker to seal records: both ends of the exchange. Nothing else signs records
 * of cases.
 */

/** Where the record of a decision will stand, and by which keys its case is found. */
export interface DecisionPlace {
  position: Position;
  keys: CaseKeys;
}

/** `judgement` is null where the worker makes it: the input comes with the order then. */
type Order =
  | ({ seal: 'decision'; judgement: Judgement | null } & DecisionPlace)
  | { seal: 'statement'; position: Position; said: Said };

/** A signed decision, ready to be committed. */
export interface SealedDecision {
  signed: SignedRecord;
  head: CaseHead;
  /** What `render` made of the record. */
  rendered: string;
  /** See Judgement. */
  fault: string | null;
}

/** A signed statement that is no decision, ready to be committed. */
export interface SealedStatement<T extends PlainStatement = PlainStatement> {
  record: T;
  signed: SignedRecord;
}

export interface SealerParts extends Sealing {
  /** Writes the answer to a decision, in the worker because it takes the record to do so. */
  render: (record: RecordDraft) => string;
}

type Workers = Pick<EvaluationPool, 'complete'>;

/** What a worker does with orders. */
export function createSealer(parts: SealerParts): Complete {
  function decision(
    { judgement, written }: { judgement: Judgement; written?: Judged['written'] },
    place: DecisionPlace,
  ) {
    const record = decisionRecord(judgement, place.position, parts.issuer);
    const signed = sealDecision(record, parts, written);
    const rendered = parts.render(record);
    return { signed, head: headAfter(record, place.keys), rendered, fault: judgement.fault } satisfies SealedDecision;
  }

  return (judged, given) => {
    const order = given as Order;
    if (order.seal === 'statement') {
      const record = statementRecord(order.said, order.position, parts.issuer);
      return { record, signed: sealStatement(record, parts) } satisfies SealedStatement;
    }
    if (order.judgement !== null) return decision({ judgement: order.judgement }, order);
    if (judged === null) throw new TypeError('an order to seal a decision came without a judgement');
    return decision(judged, order);
  };
}

/** Judges and seals in one round trip. Only for what is committed whatever the judgement says: a new case. */
export function judgeAndSeal(workers: Workers, input: DecisionInput, place: DecisionPlace): Promise<SealedDecision> {
  return order(workers, { seal: 'decision', judgement: null, ...place }, input);
}

/** Seals a judgement that was found worth keeping. */
export function sealJudgement(workers: Workers, judgement: Judgement, place: DecisionPlace): Promise<SealedDecision> {
  return order(workers, { seal: 'decision', judgement, ...place }, null);
}

export function sealSaid<T extends PlainStatement>(
  workers: Workers,
  said: Said<T>,
  position: Position,
): Promise<SealedStatement<T>> {
  return order(workers, { seal: 'statement', position, said: said as Said }, null);
}

function order<Result>({ complete }: Workers, given: Order, input: DecisionInput | null): Promise<Result> {
  return complete(given, input) as Promise<Result>;
}
