import { canonicalJson } from '../../base/canonical-json.ts';
import { instantSchema } from '../../base/instant.ts';
import { isObject } from '../../base/json-object.ts';
import type { DecisionRecord } from '../../contract/record.ts';
import type { Statement } from '../../contract/statement.ts';
import { toAnswer } from '../../domain/answer.ts';
import { approvalStatuses } from '../../domain/approval/status.ts';
import { decisionAt } from '../../domain/decision-view.ts';
import { toEndingAnswer } from '../../domain/ending.ts';
import { grantStatusAt } from '../../domain/grant.ts';
import { toGrantEventAnswer } from '../../domain/grant-event-answer.ts';
import { instantOf, isDecision, isEnding, outcomeAfter, standingAfter } from '../../domain/statement.ts';
import type { Members, Wrapper } from '../find-records.ts';
import type { Link } from '../report.ts';
import { judgeLatest } from './latest.ts';

/** What the JSON around records says, held against them. */
export interface Comparison {
  /** Names of members that say something else than the records. */
  differing: string[];
  /** Names of members that no record given can confirm. */
  ignored: string[];
  /** The instant, unsigned, at which members that change with time were said; null where there is none. */
  asOf: string | null;
  /** The seq up to which the case goes on, by the word of the wrapper alone; null where it says nothing of the kind. */
  saidSeq: number | null;
  /** The record that it is compared with. */
  of: Statement;
}

/** The wording of a summary may change while records stay. */
const WORDING = ['summary'];

/**
 * Derives each member of a wrapper from verified records, and compares. `links` are those of the records in it, `known` all
 * records of the case that were given, in order.
 */
export function compareWrapper(wrapper: Wrapper, links: readonly Link[], known: readonly Statement[]): Comparison {
  const [first] = links;
  if (first === undefined) throw new TypeError('A wrapper holds at least one record.');
  return wrapper.form === 'case'
    ? compareCase(
        wrapper.value,
        links.map(({ record }) => record),
        known,
      )
    : compareAnswer(wrapper.value, first, known);
}

function compareAnswer(said: Members, { record, jws }: Link, known: readonly Statement[]): Comparison {
  const nothing = { asOf: null, saidSeq: null, of: record };
  if (isEnding(record)) return { ...compare(said, { ...toEndingAnswer(record, jws) }), ...nothing };
  if (!isDecision(record)) {
    const signed: Members = { ...toGrantEventAnswer(record, jws, 'revoked') };
    // How a grant stands depends on when it was asked, except for a grant that was revoked.
    if (record.standing.revoked_at === null) delete signed['grant_state'];
    return { ...compare(said, signed), ...nothing };
  }
  const { asOf, fault } = asOfIn(said, record);
  const { latest, as_of: _, ...members } = said;
  const signed: Members = { ...toAnswer(record, jws, asOf) };
  for (const name of WORDING) delete signed[name];
  const answer = compare(members, signed);
  const now =
    latest === undefined ? { differing: [], ignored: [], saidSeq: null } : judgeLatest(latest, record, { known, asOf });
  return {
    differing: [...fault, ...answer.differing, ...now.differing],
    ignored: [...answer.ignored, ...now.ignored],
    asOf: 'as_of' in said ? asOf : null,
    saidSeq: now.saidSeq,
    of: record,
  };
}

/** A page of a case: its chain, and the head of the case, which is that of the last page. */
function compareCase(said: Members, links: readonly Statement[], known: readonly Statement[]): Comparison {
  const last = links.at(-1) as Statement;
  const { as_of: _, chain, ...members } = said;
  const isLast = (said['next_after'] ?? null) === null;
  const seq = isLast ? last.seq : said['seq'];
  const newest = isLast ? last : known.find((record) => record.seq === seq);
  const saidSeq = typeof seq === 'number' ? seq : null;
  const { asOf, fault } = newest === undefined ? { asOf: null, fault: [] } : asOfIn(said, newest);
  const signed: Members = {
    case: last.case,
    kind: last.kind,
    next_after: isLast ? null : last.seq,
    ...(newest &&
      asOf !== null &&
      headAt(
        known.filter((record) => record.seq <= newest.seq),
        newest,
        asOf,
      )),
  };
  const head = compare(members, signed);
  // A page that is not the last says that the case goes on.
  const goesNowhere = !isLast && saidSeq !== null && saidSeq <= last.seq ? ['seq', 'next_after'] : [];
  const labels = compareLinks(chain as Members[], links);
  return {
    differing: [...new Set([...labels.differing, ...fault, ...goesNowhere, ...head.differing])],
    ignored: [...head.ignored, ...(asOf === null && 'as_of' in said ? ['as_of'] : []), ...labels.ignored],
    asOf: 'as_of' in said ? asOf : null,
    saidSeq: isLast ? null : saidSeq,
    of: last,
  };
}

/** Links are labelled as their records say, and stand in the order of the case. */
function compareLinks(
  chain: readonly Members[],
  links: readonly Statement[],
): Pick<Comparison, 'differing' | 'ignored'> {
  const compared = links.map((record, index) => {
    const { record: _, ...label } = chain[index] ?? {};
    const before = links[index - 1];
    const isNext = before === undefined || (record.seq === before.seq + 1 && record.case === before.case);
    const { differing, ignored } = compare(label, { id: record.jti, seq: record.seq });
    const ofLink = (name: string) => `${name} of chain link ${index}`;
    return { differing: [...(isNext ? [] : ['order']), ...differing].map(ofLink), ignored: ignored.map(ofLink) };
  });
  return {
    differing: compared.flatMap((link) => link.differing),
    ignored: compared.flatMap((link) => link.ignored),
  };
}

/** The head of a case after these records, of which `last` is the newest. What only a decision tells is left out without one. */
function headAt(records: readonly Statement[], last: Statement, asOf: string): Members {
  const decided = records.findLast(isDecision);
  const standing = standingAfter(records);
  const outcome = outcomeAfter(last);
  const grant_status = grantStatusAt(standing, asOf);
  const head = { outcome, seq: last.seq, latest: last.jti, expires_at: standing?.expires_at ?? null, grant_status };
  const closed = { closes_at: null, next: [], confirmation_needed: false };
  if (decided === undefined) return { ...head, ...closed };
  const { closes_at, tier } = decided.decision;
  const { unmet, confirmation_needed } = decisionAt(decided, asOf);
  return {
    ...head,
    ...(outcome === 'approval_required' ? { closes_at, next: unmet, confirmation_needed } : closed),
    tier,
    at: decided.evaluated_at,
    approvals: approvalStatuses(decided, asOf),
  };
}

/** When somebody says that they asked; before the record was made nobody can have. Without a word it is taken as made then. */
function asOfIn({ as_of: said }: Members, record: Statement | DecisionRecord): { asOf: string; fault: string[] } {
  const madeAt = instantOf(record);
  if (said === undefined) return { asOf: madeAt, fault: [] };
  const parsed = instantSchema.safeParse(said);
  if (parsed.success && parsed.data >= madeAt) return { asOf: parsed.data, fault: [] };
  return { asOf: madeAt, fault: ['as_of, which is not an instant at or after the record'] };
}

/** Members of which nothing is signed are ignored; those that are left out say nothing. */
function compare(said: Members, signed: Members, prefix = ''): Pick<Comparison, 'differing' | 'ignored'> {
  const differing: string[] = [];
  const ignored: string[] = [];
  for (const [name, value] of Object.entries(said)) {
    const expected = signed[name];
    if (!Object.hasOwn(signed, name)) ignored.push(prefix + name);
    else if (name === 'grant_status' && isObject(value) && isObject(expected)) {
      const grant = compare(value, expected, 'grant_status.');
      differing.push(...grant.differing);
      ignored.push(...grant.ignored);
    } else if (canonicalJson(value) !== canonicalJson(expected)) differing.push(prefix + name);
  }
  return { differing, ignored };
}
