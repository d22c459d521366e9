import { type SigningKey, signCompact } from './base/jws.ts';
import { sharedCounter } from './base/shared-counter.ts';
import type { RecordIssuer } from './cases/seal.ts';
import { createSealer } from './cases/seal-orders.ts';
import { RECORD_TYPE } from './contract/record.ts';
import { runWorker, workerSentences, workerSetup } from './evaluation/worker.ts';
import { renderDecision } from './http/v1/render-decision.ts';

/* A worker of the service: it judges by the active policy, seals what will be committed, and renders answers. */

export interface DecisionWorkerSetup {
  key: SigningKey;
  issuer: RecordIssuer;
  /** The cell of the counter of signatures. */
  signatures: SharedArrayBuffer;
}

const { key, issuer, signatures } = workerSetup<DecisionWorkerSetup>();
const counter = sharedCounter(signatures);

function sign(payloadText: string): string {
  counter.add();
  return signCompact(payloadText, key, RECORD_TYPE);
}

const sentences = workerSentences();
await runWorker(createSealer({ issuer, sign, render: (record) => renderDecision(record, sentences) }));
