import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callsOf, type TestService } from './support/calls.ts';
import { exampleRequest, startService } from './support/service.ts';
import { fileWith, runVerify } from './support/verify-command.ts';

interface Page {
  case: string;
  outcome: string;
  chain: { id: string; seq: number; record: string }[];
}

let service: TestService;
let jwks: string;
let pages: Page[];
let batch: Record<string, unknown>;

beforeAll(async () => {
  service = await startService();
  jwks = fileWith('jwks.json', service.keyring.jwks);
  const calls = callsOf(service);
  const pending = exampleRequest('issue-api-key/approval-restricted-key');
  const sandbox = exampleRequest('issue-api-key/allow-sandbox-key');
  const portal = service.token('portal', ['decide']);
  const sent = calls.call('post', '/v1/decisions/batch', portal).set('Idempotency-Key', 'one');
  batch = (await sent.send({ requests: [pending, sandbox] }).expect(200)).body;
  const first = await calls.decide(pending);
  await calls.approve(first, 'aokafor').expect(201);
  const ids = [first.id, (await calls.decide(sandbox)).id, (await calls.decide(pending)).id];
  pages = await Promise.all(ids.map((id) => calls.caseOf(id)));
});
afterAll(() => service.stop());

const verify = (text: string, ...args: string[]) => runVerify(['-', '--jwks', jwks, ...args], text);
const asLines = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).join('\n');
const linesOf = (out: string, start: string) => out.split('\n').filter((line) => line.startsWith(start));
/** Another character within the signature: its last one holds bits that have to be zero, too. */
const flip = (jws: string) => jws.replace(/.(?=.{60}$)/, (one) => (one === 'A' ? 'B' : 'A'));

describe('records of many cases', () => {
  it.each<[string, () => string]>([
    ['pages of cases, one a line', () => asLines(pages)],
    ['a list of pages', () => JSON.stringify(pages)],
    ['records, one a line, in no order', () => recordLines().toReversed().join('\n')],
  ])('verify, each case for itself: %s', async (_what, text) => {
    const { code, out, err } = await verify(text());
    expect([code, err]).toEqual([0, '']);
    expect(linesOf(out, 'valid: ')).toHaveLength(3);
    for (const page of pages) expect(out).toContain(`case ${page.case}, seq 0 to ${page.chain.length - 1}`);
    expect(linesOf(out, '  seq ')).toHaveLength(4);
    expect(out.split('\n').at(-1)).toBe('3 cases, 4 records that verify: 3 valid, 0 NOT VALID');
  });

  const recordLines = () => pages.flatMap(({ chain }) => chain.map(({ record }) => record));

  it('come in several files, of whatever form', async () => {
    const files = [fileWith('a.json', pages[0]), fileWith('b.jws', recordLines().join('\n'))];
    const { code, out } = await runVerify([...files, '-', '--jwks', jwks], JSON.stringify(pages[2]));
    expect(code).toBe(0);
    expect(linesOf(out, 'valid: ')).toHaveLength(3);
  });

  it('come as the answers of a batch, and what has no answer there is named', async () => {
    const results = [...(batch['results'] as unknown[]), { problem: { status: 503 } }];
    const { code, out } = await verify(JSON.stringify({ ...batch, results, count: 3 }));
    expect(code).toBe(0);
    expect(linesOf(out, 'valid: ')).toHaveLength(2);
    expect(out).toContain('not signed, ignored: standard input at /count');
    expect(out).toContain('not signed, ignored: standard input at /results/2');
  });

  it('have all their faults told, each with its record or its place; cases that are valid stay so', async () => {
    const [first, second, third] = pages as [Page, Page, Page];
    const broken = structuredClone(third);
    const [link] = broken.chain;
    if (link !== undefined) link.record = flip(link.record);
    const text = `${asLines([first, { ...second, outcome: 'deny' }, broken])}\n{"what":1}\nrubbish`;
    const { code, out, err } = await verify(text);
    expect(code).toBe(1);
    expect(linesOf(out, 'valid: ')).toEqual([expect.stringContaining(first.case)]);
    expect(err.split('\n').map((line) => line.replaceAll(/"[^"]*"/g, '"…"'))).toEqual([
      'NOT VALID: standard input, line 4 contains no signed record: it has no member "…".',
      'NOT VALID: standard input, line 5: It is not a compact JWS: it needs three parts.',
      `NOT VALID: case ${second.case}: standard input, line 2: the case differs from its record ${second.case} (seq 0): outcome.`,
      `NOT VALID: case ${third.case}: standard input, line 3, chain link 0, which says that it is record ${third.case} (seq 0): The signature does not match.`,
      '3 cases, 3 records that verify: 1 valid, 2 NOT VALID, and 2 faults in no case',
    ]);
  });

  it('are printed as JSON only where all are valid', async () => {
    const { out } = await verify(asLines(pages), '--json');
    expect(JSON.parse(out)).toHaveLength(4);
    const { code, out: none } = await verify(asLines([pages[0], { ...pages[1], outcome: 'deny' }]), '--json');
    expect([code, none]).toEqual([1, '']);
  });

  it('of a case that lost a record in between are not valid', async () => {
    const [record = ''] = recordLines();
    const { code, err } = await verify(`${flip(record)}\n${recordLines()[1]}`);
    expect(code).toBe(1);
    expect(err).toContain('standard input, line 1, which says that it is record');
  });

  it('are not verified by a bundle that cannot be read', async () => {
    await expect(verify(asLines(pages), '--bundle', '/nowhere/bundle.tar.gz')).rejects.toMatchObject({
      code: 'config_invalid',
      message: 'The bundle /nowhere/bundle.tar.gz cannot be read.',
    });
  });

  it('are of one case for a story', async () => {
    const { explainCommand } = await import('../src/cli/explain.ts');
    const err: string[] = [];
    let code = 0;
    const terminal = { out: () => {}, err: (text: string) => err.push(text), stdin: async () => asLines(pages) };
    const parts = { terminal, clock: () => new Date(), finish: (with_: number) => (code = with_) };
    const environment = () => ({ url: service.url, token: null, tokenFile: '', isNamed: true });
    await explainCommand({ ...parts, environment }).parseAsync(['-', '--jwks', jwks], { from: 'user' });
    expect([code, err]).toEqual([1, [expect.stringContaining('to 3 cases; give those of one case')]]);
  });
});
