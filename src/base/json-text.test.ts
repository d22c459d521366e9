import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from './errors.ts';
import { MAX_DEPTH, parseJsonText } from './json-text.ts';

const parse = (text: string) => parseJsonText(Buffer.from(text));

function faultsOf(bytes: Uint8Array | string): { pointer: string; code: string }[] {
  try {
    parseJsonText(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.code).toBe('malformed_json');
    return error.faults.map(({ pointer, code }) => ({ pointer, code }));
  }
  return [];
}

describe('parseJsonText', () => {
  it.each([
    ['', '', 'syntax'],
    ['{"a":', '', 'syntax'],
    ['{"a":1e999}', '/a', 'number_out_of_range'],
    ['{"a":[9007199254740993]}', '/a/0', 'number_out_of_range'],
    ['{"a":-9007199254740992}', '/a', 'number_out_of_range'],
    ['{"a":"x\\u0000"}', '/a', 'nul_character'],
    ['{"a/b":{"~":"\\ud800"}}', '/a~1b/~0', 'lone_surrogate'],
    ['{"\\udfff":1}', '/\ufffd', 'lone_surrogate'],
    ['{"a":{"__proto__":{"x":1}}}', '/a/__proto__', 'forbidden_key'],
    ['{"a":1,"a":2}', '', 'duplicate_key'],
    ['{"a":{"b":":","b":"\\":"}}', '', 'duplicate_key'],
  ])('refuses %s', (text, pointer, code) => {
    expect(faultsOf(text)).toContainEqual({ pointer, code });
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(faultsOf(Uint8Array.of(0x22, 0xff, 0x22))).toEqual([{ pointer: '', code: 'encoding' }]);
  });

  it('takes as many levels as it says and no more, however deep the text is', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(faultsOf(nested(MAX_DEPTH))).toEqual([]);
    expect(faultsOf(nested(MAX_DEPTH + 1))[0]?.code).toBe('too_deep');
    expect(faultsOf(nested(100_000))[0]?.code).toBe('too_deep');
    expect(faultsOf(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`)[0]?.code).toBe('too_deep');
  });

  it('tells every fault at once, but not without end', () => {
    expect(faultsOf('{"a":1e999,"b":"\\u0000","c":"\\ud800"}')).toHaveLength(3);
    expect(faultsOf(`[${Array(1000).fill('1e999').join(',')}]`)).toHaveLength(20);
  });

  it('refuses by its bytes what holds too many values, or too much in a row of a list', () => {
    const code = (text: string) => {
      try {
        parseJsonText(Buffer.from(text), { maxValues: 20, rows: { max: 3, maxValues: 4 } });
      } catch (error) {
        return error instanceof AppError && [error.code, error.faults[0]?.pointer, error.faults[0]?.code];
      }
      return null;
    };
    expect(code('{"list":[[1,2,3,4],[1,2,3,4],[1,2,3,4]]}')).toBe(null);
    expect(code('{"list":[[1,2,3,4],[1,2,3,4,5]]}')).toEqual(['invalid_request', '/list/1', 'too_many_values']);
    expect(code('{"list":[1,2,3,4]}')).toEqual(['invalid_request', '/list', 'too_big']);
    // Nothing was parsed: this is no JSON at all.
    expect(code(`{"list":[[${'1,'.repeat(50)}`)).toEqual(['invalid_request', '/list/0', 'too_many_values']);
  });

  it('gives the same, row by row, as at once', () => {
    const rows = { max: 1000, maxValues: 1000 };
    const outcome = (text: string, limits: object) => {
      try {
        return { value: parseJsonText(Buffer.from(text), limits) };
      } catch (error) {
        return { faults: (error as AppError).faults };
      }
    };
    const same = (text: string) => {
      expect(outcome(text, { rows })).toEqual(outcome(text, {}));
    };
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.array(fc.jsonValue({ maxDepth: 3 }))),
        fc.constantFrom(0, 1),
        (value, space) => same(JSON.stringify(value, null, space)),
      ),
    );
    const texts = [
      '{"b":[1],"1":[{"x":2}],"a":[]}',
      '[[1,2],[3],4]',
      '{"a":[1,]}',
      '{"a":[,1]}',
      '{"a":[1 2]}',
      '{"a":[{"b":1],"c":2}]}',
      '{"a":[[1}]}',
      '{"a":[{"x":1,"x":2}]}',
      '{"a":[1],"a":[2]}',
      '{"a":[1e999,"\\ud800",{"__proto__":0}]}',
      '{"a":[1',
      '{"a":["x]}',
      '{"a":[ 1 , [ 2 ] ]} x',
    ];
    for (const text of texts) same(text);
  });

  it('finds a fault by its place after very many values without one', () => {
    expect(faultsOf(`[${'"\\u0041",'.repeat(100_000)}"\\ud800"]`)).toEqual([
      { pointer: '/100000', code: 'lone_surrogate' },
    ]);
  });

  it('gives back what JSON.parse gives for everything that it accepts', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        if (faultsOf(text).length === 0) expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
    expect(parse('{"a":[1,2.5,-0,true,null,"é\\n"],"b":{":":"\\\\\\":"}}')).toEqual({
      a: [1, 2.5, -0, true, null, 'é\n'],
      b: { ':': '\\":' },
    });
  });
});
