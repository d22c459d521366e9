import { inUnits } from '../../base/duration.ts';
import type { Finding } from '../findings.ts';
import type { Input, KindPage, Requirement, TierRow, Weights } from './kind-page.ts';
import { writeLimit } from './limit-text.ts';

/** What tells a page from files that somebody wrote. */
export const MADE = '<!-- Made from policies/ by `npm run policy-pages`. -->';
const ASSURANCES: Readonly<Record<string, string>> = { authenticated: ', signed in', signed: ', with a signature' };

/** The name of a kind's page: `issue/api_key` has `issue-api_key.md`. */
export function fileOfPage(kind: string): string {
  return `${kind.replace('/', '-')}.md`;
}

/** A kind's page, in Markdown. */
export function writeKindPage(page: KindPage): string {
  return document([
    `# \`${page.kind}\``,
    MADE,
    `**${page.title}.** ${page.description}`,
    ...section('Members of the request', table(['member', 'meaning'], page.inputs.map(inputRow))),
    ...section('Tiers', SCORE, table(TIER_COLUMNS, page.tiers.map(tierRow)), TIER_NOTES),
    ...section('Further approvals', list(page.further.map(furtherItem))),
    ...section('Ends', list(page.ends.map((title) => `${title}.`))),
    ...section('Risk factors', table(['factor', 'meaning', 'points'], page.factors.map(factorRow))),
    ...section('Denials', DENIED, table(['code', 'why', 'controls'], page.denials.map(denialRow))),
    ...section(
      'Approvals that do not count',
      REFUSED,
      table(['code', 'why', 'controls'], page.refusals.map(denialRow)),
    ),
    ...section('Obligations', table(['type', 'meaning', 'controls'], page.obligations.map(obligationRow))),
    ...section('Limits', table(['setting', 'value'], page.limits.map(limitRow))),
    ...section('Facts', FACTS, list(page.facts.map(code))),
    ...section('Controls', list(controlItems(page.controls))),
    ...section(
      'Exceptions',
      EXCEPTIONS,
      list(page.exceptions.map((e) => `${code(`${e.file}:${e.line}`)}: ${e.reason}`)),
    ),
  ]);
}

/** The page that lists them all. */
export function writeIndexPage(pages: readonly KindPage[]): string {
  const rows = pages.map(({ kind, title, description }) => [
    `[${code(kind)}](${fileOfPage(kind)})`,
    `**${title}.** ${description}`,
  ]);
  return document([
    '# The policies, kind by kind',
    MADE,
    'What each kind requires, who approves, what is denied, and which controls it supports. [Writing policy](../policies.md) explains how policies are made.',
    ...table(['kind', 'what it decides'], rows),
  ]);
}

const SCORE = 'The score is the sum of the points of all risk factors. It determines the tier.';
const TIER_COLUMNS = [
  ...['tier', 'score', 'approvals', 'lasts at most', 'review after'],
  ...['an approval counts for', 'a case is open for'],
];
const TIER_NOTES =
  '`{owner}` is the team that owns the resource. Nobody approves their own request, and each person fills one place.';
const DENIED = 'They apply to every approver and, unless stated otherwise, at every tier.';
const REFUSED = 'The same reasons apply to rejects.';
const FACTS = 'What the policy reads besides the request and its settings. The record names the facts that were used.';
const EXCEPTIONS = 'Where the policy reads a member of the request that has the name of a fact, and why.';

/** A section, unless there is nothing in it besides its introduction. */
function section(title: string, ...parts: readonly (string | readonly string[])[]): string[] {
  const body = parts.filter((part) => typeof part !== 'string').flat();
  return body.length === 0 ? [] : [`## ${title}`, ...parts.flat()];
}

function document(blocks: readonly string[]): string {
  return `${blocks.filter(Boolean).join('\n\n')}\n`;
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [[line(columns), `|${'---|'.repeat(columns.length)}`, ...rows.map(line)].join('\n')];
}

function list(items: readonly string[]): string[] {
  return items.length === 0 ? [] : [items.map((item) => `- ${item}`).join('\n')];
}

function inputRow({ member, text }: Input): string[] {
  return [code(member), text];
}

function tierRow(
  { tier, from, requirements, ...lifetimes }: TierRow,
  index: number,
  rows: readonly TierRow[],
): string[] {
  const next = rows[index + 1];
  const score = next ? `${from} to ${next.from - 1}` : `${from} and more`;
  const approvals = requirements.map(requirementText).join('; ') || 'none';
  const { max_ttl_seconds, review_after_seconds, approval_ttl_seconds, case_ttl_seconds } = lifetimes;
  const lengths = [max_ttl_seconds, review_after_seconds, approval_ttl_seconds, case_ttl_seconds].map(inUnits);
  return [tier, score, approvals, ...lengths];
}

function requirementText({ count, any_of: groups, min_assurance: assurance = '' }: Requirement): string {
  return `${count} of ${groups.map(code).join(' or ')}${ASSURANCES[assurance] ?? ''}`;
}

function furtherItem({ title, description, ...requirement }: Finding<Requirement>): string {
  return `**${title}:** ${requirementText(requirement)}.${description && ` ${description}`}`;
}

function factorRow({ id, title, description, weights }: KindPage['factors'][number]): string[] {
  return [code(id), sentences(title, description), points(weights)];
}

function points(weights: Weights | undefined): string {
  if (weights === undefined) return '';
  if (weights === 'critical') return 'as many as the tier critical needs';
  return Object.entries(weights)
    .map(([value, number]) => `${value.replaceAll('_', ' ')} ${number}`.trim())
    .join(', ');
}

function denialRow({ code: id, title, controls }: KindPage['denials'][number]): string[] {
  return [code(id), title, controls.join(', ')];
}

function obligationRow({ id, title, description, controls }: KindPage['obligations'][number]): string[] {
  return [code(id), sentences(title, description), controls.join(', ')];
}

/** An item for each framework. */
function controlItems(controls: KindPage['controls']): string[] {
  const byFramework = Map.groupBy(controls, ({ framework }) => framework);
  return [...byFramework].map(([framework, those]) => {
    return `${framework}: ${those.map(({ id, name }) => `**${id}** ${name}`).join('; ')}`;
  });
}

function sentences(title: string, description: string): string {
  return `${title}.${description && ` ${description}`}`;
}

function limitRow([name, value]: KindPage['limits'][number]): string[] {
  return [code(name), typeof value === 'number' ? writeLimit(name, value) : value.map(code).join(', ')];
}

function code(text: string): string {
  return `\`${text}\``;
}
