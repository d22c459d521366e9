import { type Evaluation, evaluationSchema } from '../src/contract/evaluation.ts';
import type { DecisionRecord } from '../src/contract/record.ts';
import type { AccessRequest } from '../src/contract/request.ts';
import { normaliseEvaluation } from '../src/domain/evaluation.ts';

/** The evaluation of OPA for a policy input, normalised as ours. */
export async function askOpa(url: string, inputText: string): Promise<Evaluation> {
  const response = await post(`${url}/v1/data/approval/decision`, `{"input":${inputText}}`);
  return normaliseEvaluation(evaluationSchema.parse((response as { result: unknown }).result)).evaluation;
}

/** The outcome of a new case, and its record; the signature is not looked at. */
export async function askCountersign(
  url: string,
  token: string,
  request: AccessRequest,
): Promise<{ outcome: string; record: DecisionRecord }> {
  const answer = await post(`${url}/v1/decisions`, JSON.stringify(request), { authorization: `Bearer ${token}` });
  const { outcome, record } = answer as { outcome: string; record: string };
  const payload = Buffer.from(record.split('.')[1] ?? '', 'base64url').toString('utf8');
  return { outcome, record: JSON.parse(payload) as DecisionRecord };
}

async function post(url: string, body: string, headers: Record<string, string> = {}): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}
