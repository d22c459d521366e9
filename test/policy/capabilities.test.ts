import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { CAPABILITIES_FILE, deriveCapabilities } from '../../src/authoring/toolchain/capabilities.ts';
import { PROVIDED_BUILTINS } from '../../src/rego/builtins/index.ts';
import { realTool } from './real-opa.ts';

let committed: string;
let builtins: string[];

beforeAll(async () => {
  committed = await readFile(CAPABILITIES_FILE, 'utf8');
  builtins = JSON.parse(committed).builtins.map(({ name }: { name: string }) => name);
});

describe('tools/capabilities.json', () => {
  // After a change of OPA's version or of our builtins: node tools/write-capabilities.ts <opa>
  it('is what the pinned opa and our builtins give', async () => {
    expect(await deriveCapabilities(await realTool('opa'))).toBe(committed);
  });

  it('has the builtins that WASM has, and those that we provide', () => {
    const native = ['plus', 'regex.match', 'glob.match', 'internal.member_2', 'internal.template_string', 'walk', 'eq'];
    expect(builtins).toEqual(expect.arrayContaining([...native, ...PROVIDED_BUILTINS]));
  });

  it.each([
    'http.send',
    'net.lookup_ip_addr',
    'opa.runtime',
    'rand.intn',
    'uuid.rfc4122',
    'io.jwt.encode_sign',
    'print',
  ])('does not have %s', (name) => {
    expect(builtins).not.toContain(name);
  });

  it('allows no network', () => {
    expect(JSON.parse(committed).allow_net).toEqual([]);
  });
});
