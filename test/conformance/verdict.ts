import {
  compareRego,
  equalRego,
  isRegoObject,
  parseRego,
  type RegoValue,
  regoEntries,
  regoObject,
  toJson,
  toJsonText,
} from '../../src/rego/value.ts';
import type { Case } from './suite.ts';
import type { Answer } from './worker.ts';

export type Verdict = { outcome: 'passed' } | { outcome: 'failed'; detail: string };

const CONFLICT = 'eval_conflict_error';

/** Whether an evaluation came to what the case wants. */
export function judge(wanted: Case, result: Answer): Verdict {
  if (wanted.want_error !== undefined || wanted.want_error_code !== undefined) return judgeError(wanted, result);
  if (result.text === null) return failed(`gave up: ${result.abort}`);
  const got = sortedSet(bindingsOf(result.text), wanted.sort_bindings);
  const want = sortedSet((wanted.want_result ?? []) as RegoValue[], wanted.sort_bindings);
  if (equalRego(got, want)) return { outcome: 'passed' };
  const errors = result.builtinErrors.map(({ builtin, message }) => ` (${builtin}: ${message})`);
  return failed(`want ${toJsonText(want)}\n got ${toJsonText(got)}${errors.join('')}`);
}

function judgeError({ want_error = '', want_error_code }: Case, result: Answer): Verdict {
  // `test-0.rego:4: eval_type_error: ` goes before what we say, too, but the builtin does not know where it is called.
  const want = want_error.replace(/^(test-\d+\.rego:\d+: )?(eval_\w+: )?/, '');
  const said = errorsOf(result);
  const isWanted = ({ code, text }: Said) =>
    (want_error_code === undefined || code === want_error_code) && (code === CONFLICT || text.includes(want));
  if (said.some(isWanted)) return { outcome: 'passed' };
  const got = said.map(({ code, text }) => `${code}: ${text}`).join('; ');
  return failed(`want error ${want_error_code}: ${want}\n got ${got || result.text}`);
}

/** An error with the code that OPA has for it. */
interface Said {
  code: string;
  text: string;
}

function errorsOf({ builtinErrors, abort }: Answer): Said[] {
  // What operands.ts throws, and OPA's builtins.ErrOperand, begin so, and nothing else does.
  const said = builtinErrors.map(({ builtin, message }) => ({
    code: /^operand \d+ /.test(message) ? 'eval_type_error' : 'eval_builtin_error',
    text: `${builtin}: ${message}`,
  }));
  if (abort === null) return said;
  // WASM words a conflict otherwise than OPA does, but with the place of it.
  return [...said, { code: / conflict$/.test(abort) ? CONFLICT : 'abort', text: abort }];
}

function failed(detail: string): Verdict {
  return { outcome: 'failed', detail };
}

function bindingsOf(text: string): RegoValue[] {
  const [first] = parseRego(text) as { result: RegoValue[] }[];
  return first === undefined ? [] : first.result.map(toJson);
}

/** As v1/topdown/exported_test.go compares: result sets are sets, and with `sort_bindings` so are the values in them. */
function sortedSet(bindings: readonly RegoValue[], sortValues = false): RegoValue[] {
  const sorted = bindings.map((each) =>
    sortValues && isRegoObject(each) ? withSortedValues(regoEntries(each)) : each,
  );
  return sorted
    .sort(compareRego)
    .filter((each, index) => index === 0 || !equalRego(each, sorted[index - 1] as RegoValue));
}

function withSortedValues(entries: readonly [RegoValue, RegoValue][]): RegoValue {
  return regoObject(entries.map(([key, value]) => [key, Array.isArray(value) ? [...value].sort(compareRego) : value]));
}
