import { expect, it } from 'vitest';
import { parseControls } from './controls.ts';

const CONTROL = { framework: 'NIST SP 800-53 r5', name: 'least privilege', supported_when: 'scope is limited' };
const CATALOGUE = { version: '1', controls: { 'AC-6': CONTROL }, aliases: { privilege: ['AC-6'] }, crosswalk: {} };

function parse(catalogue: unknown) {
  return parseControls(Buffer.from(JSON.stringify(catalogue)));
}

it('parses a catalogue', () => {
  expect(parse(CATALOGUE)).toEqual(CATALOGUE);
});

it.each([
  ['/version', { ...CATALOGUE, version: '' }],
  ['/controls/AC-6/name', { ...CATALOGUE, controls: { 'AC-6': { ...CONTROL, name: 6 } } }],
  ['/aliases/privilege', { ...CATALOGUE, aliases: { privilege: ['AC-9'] } }],
])('says where a catalogue is wrong: %s', (pointer, catalogue) => {
  expect(() => parse(catalogue)).toThrow(pointer);
});
