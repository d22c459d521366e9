import type { RegoValue } from '../value.ts';
import type { BuiltinTable } from './builtin.ts';
import { stringOperand } from './operands.ts';

/** From 1582-10-15, where the clock of UUIDs begins, to 1970-01-01, in units of 100 ns. */
const GREGORIAN_OFFSET = 122_192_928_000_000_000n;
const DOMAINS = ['Person', 'Group', 'Org'];

export const uuidBuiltins: BuiltinTable = { 'uuid.parse': (text) => parseUuid(stringOperand(text, 1)) };

/** The parts of a UUID (RFC 9562) in any of the forms that google/uuid reads; undefined for what is none. */
function parseUuid(text: string): RegoValue | undefined {
  const hex = hexOf(text);
  if (hex === undefined) return undefined;
  const bytes = Buffer.from(hex, 'hex');
  const version = bytes.readUInt8(6) >> 4;
  const common = { version, variant: variantOf(bytes.readUInt8(8)) };
  if (version !== 1 && version !== 2) return common;
  return { ...common, ...timed(bytes), ...(version === 2 ? dce(bytes) : {}) };
}

function hexOf(text: string): string | undefined {
  const dashed = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}';
  const forms = new RegExp(`^(?:(?:urn:uuid:)?(${dashed})|.(${dashed}).|([0-9a-fA-F]{32}))$`, 'is');
  const [, plain, braced, bare] = forms.exec(text) ?? [];
  return (plain ?? braced ?? bare)?.replaceAll('-', '');
}

function variantOf(byte: number): string {
  if (byte >> 6 === 0b10) return 'RFC4122';
  if (byte >> 5 === 0b110) return 'Microsoft';
  return byte >> 5 === 0b111 ? 'Future' : 'Reserved';
}

/** What a UUID of version 1 or 2 says about when and where it was made. */
function timed(bytes: Buffer): Record<string, RegoValue> {
  const high = BigInt(bytes.readUInt16BE(6) & 0x0fff);
  const ticks = BigInt(bytes.readUInt32BE(0)) | (BigInt(bytes.readUInt16BE(4)) << 32n) | (high << 48n);
  const node = bytes.subarray(10);
  return {
    // Go lets the int64 overflow for what was made before 1678.
    time: BigInt.asIntN(64, (ticks - GREGORIAN_OFFSET) * 100n),
    nodeid: Array.from(node, (byte) => byte.toString(16).padStart(2, '0')).join('-'),
    macvariables: `${node.readUInt8(0) & 2 ? 'local' : 'global'}:${node.readUInt8(0) & 1 ? 'multicast' : 'unicast'}`,
    clocksequence: bytes.readUInt16BE(8) & 0x3fff,
  };
}

/** DCE security, version 2: whom it was made for. */
function dce(bytes: Buffer): Record<string, RegoValue> {
  const domain = bytes.readUInt8(9);
  return { id: bytes.readUInt32BE(0), domain: DOMAINS[domain] ?? `Domain${domain}` };
}
