/*
 * The points of Ed25519 whose order divides 8, reckoned from the curve and not from any list, as every text of 32 bytes that
 * RFC 8032 §5.1.3 or an implementation that is less strict takes for one of them.
 */
const P = 2n ** 255n - 19n;
/** The order of the base point. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

type Point = readonly [x: bigint, y: bigint];

const mod = (value: bigint) => ((value % P) + P) % P;

function power(base: bigint, exponent: bigint): bigint {
  if (exponent === 0n) return 1n;
  const root = power(mod(base * base), exponent / 2n);
  return exponent % 2n === 1n ? mod(root * base) : root;
}

const inverse = (value: bigint) => power(value, P - 2n);
const D = mod(-121665n * inverse(121666n));

function add([x1, y1]: Point, [x2, y2]: Point): Point {
  const product = mod(D * x1 * x2 * y1 * y2);
  return [mod((x1 * y2 + x2 * y1) * inverse(mod(1n + product))), mod((y1 * y2 + x1 * x2) * inverse(mod(1n - product)))];
}

function multiply(factor: bigint, point: Point): Point {
  if (factor === 0n) return [0n, 1n];
  const half = multiply(factor / 2n, point);
  return factor % 2n === 1n ? add(add(half, half), point) : add(half, half);
}

/** The point with a y coordinate, or null where the curve has none. */
function pointAt(y: bigint): Point | null {
  const square = mod((y * y - 1n) * inverse(mod(D * y * y + 1n)));
  const root = power(square, (P + 3n) / 8n);
  const x = [root, mod(root * power(2n, (P - 1n) / 4n))].find((candidate) => mod(candidate * candidate) === square);
  return x === undefined ? null : [x, y];
}

function torsion(): Point[] {
  for (let y = 2n; ; y++) {
    const point = pointAt(y);
    const small = point && multiply(L, point);
    if (small && multiply(4n, small)[1] !== 1n) return Array.from({ length: 8 }, (_, k) => multiply(BigInt(k), small));
  }
}

/** 32 bytes: y, little-endian, and in the highest bit the sign of x. */
export function encodePoint(y: bigint, sign: 0 | 1): Buffer {
  const bytes = Buffer.from((y | (BigInt(sign) << 255n)).toString(16).padStart(64, '0'), 'hex');
  return bytes.reverse();
}

/** Every text of a point whose order divides 8: with either sign, and as y + p where that fits in 255 bits. */
export const SMALL_ORDER_POINTS: readonly Buffer[] = [...new Set(torsion().map(([, y]) => y))]
  .flatMap((y) => [y, y + P].filter((value) => value < 2n ** 255n))
  .flatMap((value) => [encodePoint(value, 0), encodePoint(value, 1)]);

/** Texts that write the y coordinate of a point of full order as y + p, as no implementation would. */
export const NON_CANONICAL_POINTS: readonly Buffer[] = Array.from({ length: 19 }, (_, index) => BigInt(index))
  .filter((y) => y > 1n && pointAt(y) !== null)
  .flatMap((y) => [encodePoint(y + P, 0), encodePoint(y + P, 1)]);
