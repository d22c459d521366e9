import { expect, test } from 'vitest';
import { cryptoBuiltins } from './crypto.ts';

// What `opa eval` answers.
test.each([
  ['md5', ['läuft'], '95bd5134d98b5384b284769c98122adf'],
  ['sha1', ['läuft'], 'bf662880f58656a7d5d7cb6cf2ff4e00f6467a32'],
  ['sha256', ['läuft'], '870fa7cc61521952740a55fddb7f785a12c33790964bd38544db2c887a56b1e7'],
  ['hmac.md5', ['läuft', 'ß'], 'd19466b9e7eeb1bef0c011964dcc4fd0'],
  ['hmac.sha1', ['läuft', 'ß'], '1fbb851f150de829134edcc6f763174445368784'],
  ['hmac.sha256', ['läuft', 'ß'], '0c57a013194c24a037efad81b8f29ccc2ccef51eeb59b3802901fc72f05cb13d'],
  [
    'hmac.sha512',
    ['läuft', 'ß'],
    'd410578ba8451850f6c247c2ba45cb3b13f49447adfed5364788543bd7e16ce6d7444a5787273cab4232e872004b174a276f7b7833b51de404168f5de290598b',
  ],
])('%s of %j is %s', (name, args, digest) => {
  expect(cryptoBuiltins[`crypto.${name}`]?.(...args)).toBe(digest);
});

test('hmac.equal compares', () => {
  expect(cryptoBuiltins['crypto.hmac.equal']?.('abc', 'abc')).toBe(true);
  expect(cryptoBuiltins['crypto.hmac.equal']?.('abc', 'abcd')).toBe(false);
});

test('an argument that is no text fails as in OPA', () => {
  expect(() => cryptoBuiltins['crypto.hmac.md5']?.('a', 1)).toThrow('operand 2 must be string but got number');
});
