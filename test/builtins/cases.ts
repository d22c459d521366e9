import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { Decimal, formatRego, type RegoValue } from '../../src/rego/value.ts';
import type { DeclaredBuiltin } from './declared.ts';
import { collectionStrategies } from './strategies/collections.ts';
import { encodingStrategies } from './strategies/encodings.ts';
import { jsonStrategies } from './strategies/json.ts';
import { netStrategies } from './strategies/net.ts';
import type { Strategies } from './strategies/strategies.ts';
import { textStrategies } from './strategies/text.ts';
import { timeStrategies } from './strategies/time.ts';
import { tokenStrategies } from './strategies/tokens.ts';
import { yamlStrategies } from './strategies/yaml.ts';
import { anyValue, ofType } from './values.ts';

const STRATEGIES: Strategies = {
  ...collectionStrategies,
  ...encodingStrategies,
  ...jsonStrategies,
  ...netStrategies,
  ...textStrategies,
  ...timeStrategies,
  ...tokenStrategies,
  ...yamlStrategies,
};

/** Cases `count` of a builtin in the stream that a seed stands for: argument lists as Rego literals, `["a", {1, 2}]`. */
export function casesOf(builtin: DeclaredBuiltin, count: number, seed: number): string[] {
  // Each builtin has a stream of its own, so that a case does not depend on which builtins are asked for.
  const own = createHash('sha256').update(`${seed} ${builtin.name}`).digest().readInt32BE();
  const lists = fc.sample(argumentsOf(builtin), { seed: own, numRuns: count });
  return lists.map((list) => literalOf([...list]));
}

/** Mostly arguments that reach the interesting part, else any of the right type, and some of the wrong one. */
function argumentsOf({ name, args }: DeclaredBuiltin): fc.Arbitrary<readonly RegoValue[]> {
  const typed = fc.tuple(...args.map(ofType));
  const likely: fc.Arbitrary<readonly RegoValue[]> = STRATEGIES[name] ?? typed;
  const wrong = fc
    .tuple(likely, fc.nat(Math.max(args.length - 1, 0)), anyValue)
    .map(([list, at, value]) => list.map((each, index) => (index === at ? value : each)));
  const all = fc.oneof(
    { weight: 12, arbitrary: likely },
    { weight: 3, arbitrary: typed },
    { weight: 1, arbitrary: wrong },
  );
  return all.filter((list) => !isEndless(name, list));
}

/** What OPA itself would compute for minutes, or until its memory is full. */
function isEndless(name: string, list: readonly RegoValue[]): boolean {
  const numbers = list.map((each) => Math.abs(numberOf(each)));
  switch (name) {
    case 'bits.lsh':
    case 'bits.rsh':
      return (numbers[1] ?? 0) > 5000;
    case 'numbers.range':
    case 'numbers.range_step':
      return Math.abs(numberOf(list[0]) - numberOf(list[1])) / Math.max(numbers[2] ?? 1, 1) > 5000;
    case 'json.match_schema':
      // OPA's stack overflows where a schema refers to itself for the same value.
      return /"\$ref\\?":\\?"#(foo)?\\?"|\$ref.*\$ref/.test(formatRego(list[1] ?? null));
    case 'net.cidr_expand':
      return /^[^/]*:.*\/0*(\d|\d\d|10\d|11[0-5])$|^\d[^:]*\/0*(\d|1[0-9])$/.test(
        typeof list[0] === 'string' ? list[0] : '',
      );
    default:
      return false;
  }
}

function numberOf(value: RegoValue | undefined): number {
  if (value instanceof Decimal) return Number(value.text);
  return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : 0;
}

/** One line, which OPA's parser reads as WASM's does: no character that either wants escaped. */
export function literalOf(value: RegoValue): string {
  return formatRego(value).replace(/\ufeff/g, '\\ufeff');
}
