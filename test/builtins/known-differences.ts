import {
  canonicalRego,
  isRegoObject,
  parseRego,
  type RegoObject,
  type RegoValue,
  regoEntries,
} from '../../src/rego/value.ts';
import type { Difference } from './compare.ts';

/** A kind of difference that stays, and why. `npm run builtins -- --write-docs` puts them into docs/builtins.md. */
export interface KnownDifference {
  builtins: readonly string[];
  /** What differs, for a person who writes policy. */
  what: string;
  why: string;
  isMeant: (difference: Difference) => boolean;
  /** Arguments with which one of the builtins differs: where they do not any more, the entry is stale. */
  example: { builtin: string; args: string };
}

/** Ours is an error of these words: no policy decides otherwise by it, since an error of a builtin is a deny. */
function refuses(words: RegExp): KnownDifference['isMeant'] {
  return ({ ours }) => ours.outcome === 'error' && words.test(ours.message);
}

function movesIntoItself(args: string): boolean {
  const [, patches] = parseRego(args) as [RegoValue, RegoValue];
  return Array.isArray(patches) && patches.some((patch) => isRegoObject(patch) && isMoveIntoItself(patch));
}

function isMoveIntoItself(patch: RegoObject): boolean {
  const member = (name: string) => regoEntries(patch).find(([key]) => key === name)?.[1];
  return member('op') === 'move' && pathText(member('path')).startsWith(pathText(member('from')));
}

/** A JSON pointer and the array of its parts are the same path. */
function pathText(path: RegoValue | undefined): string {
  const parts = Array.isArray(path)
    ? path
    : String(path ?? '')
        .replace(/^\/+/, '')
        .split('/');
  return parts.map((part) => `/${typeof part === 'string' ? part : canonicalRego(part)}`).join('');
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    builtins: ['time.clock', 'time.date', 'time.diff', 'time.format', 'time.weekday', 'time.add_date'],
    what: 'The time zone `Local` is an error.',
    why: 'It depends on the machine, and a decision has to be the same on each.',
    isMeant: refuses(/^time zone Local depends on the machine$/),
    example: { builtin: 'time.date', args: '[[0, "Local"]]' },
  },
  {
    builtins: ['time.clock', 'time.date', 'time.diff', 'time.format', 'time.weekday'],
    what: 'The zone `EST` before 1908 has the local time of Panama.',
    why: 'We ship one version of the time zone database; `opa eval` reads that of its machine, where an older one may stand.',
    isMeant: ({ args, ours, theirs }) =>
      args.includes('"EST"') && ours.outcome === 'value' && theirs.outcome === 'value',
    example: { builtin: 'time.clock', args: '[[-3481752890607055893, "EST"]]' },
  },
  {
    builtins: ['union', 'intersection', 'or', 'and', 'minus'],
    what: 'Of numbers that are equal and written differently, as `1` and `1e0`, a set may keep the other one.',
    why: 'Which one OPA keeps depends on the order in which its sets hold their members; they are the same value to Rego.',
    isMeant: ({ ours, theirs }) =>
      ours.outcome === 'value' &&
      theirs.outcome === 'value' &&
      canonicalRego(parseRego(ours.text)) === canonicalRego(parseRego(theirs.text)),
    example: {
      builtin: 'union',
      args: '[{{10e-1, 5e-1}, {"ab", 0.50}, {"ab"}}]',
    },
  },
  {
    builtins: ['json.patch'],
    what: 'A `move` of a value into itself is an error, or changes what then stands at its place.',
    why: 'RFC 6902 forbids it; OPA puts the value into what it has just removed.',
    isMeant: ({ args }) => movesIntoItself(args),
    example: {
      builtin: 'json.patch',
      args: '[[{"b":1},1], [{"op":"move","from":[0],"path":"/0/a"}]]',
    },
  },
  {
    builtins: ['providers.aws.sign_req'],
    what: 'A header whose name has characters beyond ASCII is an error.',
    why: 'No HTTP request can have such a header.',
    isMeant: refuses(/its name is not ASCII$/),
    example: {
      builtin: 'providers.aws.sign_req',
      args: '[{"method": "get", "url": "x", "headers": {"é": "v"}}, {"aws_access_key": "a", "aws_secret_access_key": "b", "aws_service": "s3", "aws_region": "c"}, 0]',
    },
  },
  {
    builtins: ['sprintf'],
    what: '`%b`, `%x` and `%X` of a number with a fraction, `%p`, and `%w` of an integer beyond 64 bits are errors.',
    why: 'Go writes a hexadecimal mantissa or an address in memory, which no policy compares.',
    isMeant: refuses(/^%[bxXpw] of a .* is not supported$/),
    example: { builtin: 'sprintf', args: '["%x", [0.5]]' },
  },
  {
    builtins: ['strings.render_template'],
    what: '`define`, `template` and `block`, `printf` of what is neither a text nor a number by a verb other than `%v`, and a `slice` that cuts a character, are errors.',
    why: 'A template makes a message and no decision; what we do not render is refused by name.',
    isMeant: refuses(/is not supported|^the slice would cut a character/),
    example: { builtin: 'strings.render_template', args: '["{{define \\"t\\"}}x{{end}}", {}]' },
  },
  {
    builtins: ['net.cidr_merge'],
    what: 'Networks of IPv6 whose addresses begin with ten bytes of zero, mapped addresses among them, are merged like others.',
    why: 'OPA panics for some of them, and loses or repeats others.',
    isMeant: ({ args, ours, theirs }) => args.includes('"::') && ours.outcome === 'value' && theirs.outcome === 'value',
    example: { builtin: 'net.cidr_merge', args: '[["::10.0.0.0/104", "fe80::1/64", "::10.0.0.0/128"]]' },
  },
  {
    builtins: ['time.add_date'],
    what: 'Years, months or days beyond what 64 bits count are an error.',
    why: 'In OPA they overflow, and the answer is any instant.',
    isMeant: ({ args, ours }) =>
      /\d{15}/.test(args) && refuses(/^time outside of valid range$/)({ ours } as Difference),
    example: { builtin: 'time.add_date', args: '[0, 65, 9, -9223372036854775808]' },
  },
  {
    builtins: ['yaml.unmarshal', 'yaml.is_valid', 'yaml.marshal'],
    what: 'U+2028 and U+2029 are characters like others, and the tag `!` needs a space behind it.',
    why: 'The parser reads YAML 1.2, where they no longer end a line.',
    isMeant: ({ args, ours }) => {
      if (/[\u2028\u2029]/.test(args)) return true;
      if (ours.outcome === 'error') return /Tags and anchors must be separated/.test(ours.message);
      return ours.outcome === 'value' && ours.text === 'false' && /![^\s!"]/.test(args);
    },
    example: { builtin: 'yaml.unmarshal', args: '["\u2028"]' },
  },
];
