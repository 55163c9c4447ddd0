/** Constants, most of them near a limit. */
import type { Rng } from "./random.js";
import type { Family, IntT, Type } from "./model.js";

const small = [
  0, 1, 2, 3, 7, 10, 14, 20, 34, 60, 63, 64, 100, 127, 128, 255, 256, 511, 512, 513, 1500, 4095, 4096,
];
const near16 = [0x7ffe, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x10000];
const near32 = [0x7fffffff, 0x80000000, 0xffffffff, 0x100000000];
const edges: readonly bigint[] = small
  .concat(near16, near32)
  .map(BigInt)
  .concat([(1n << 53n) + 1n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 2n, (1n << 64n) - 1n]);

export function boundsOf(type: IntT): { readonly min: bigint; readonly max: bigint } {
  const bits = BigInt(type.bits);
  return type.signed
    ? { min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n }
    : { min: 0n, max: (1n << bits) - 1n };
}

export function edgeValue(rng: Rng, type: IntT): bigint {
  const { min, max } = boundsOf(type);
  const fitting = (): bigint => rng.pick(edges.filter((one) => one <= max));
  return rng.choose<bigint>([
    [5, fitting],
    [3, () => BigInt(rng.below(Number(max < 20n ? max + 1n : 20n)))],
    [1, () => max],
    [1, () => max - 1n],
    [1, () => min],
    [1, () => rng.bits(type.bits) % (max + 1n)],
    [type.signed ? 4 : 0, () => (-fitting() < min ? min + 1n : -fitting())],
  ]);
}

export function numberText(rng: Rng, value: bigint): string {
  const size = value < 0n ? -value : value;
  const sign = value < 0n ? "-" : "";
  const digits = rng.choose<string>([
    [6, () => size.toString()],
    [4, () => `0x${size.toString(16)}`],
    [1, () => (size < 0x10000n ? `0b${size.toString(2)}` : size.toString())],
    [1, () => size.toString().replace(/\B(?=(?:\d{3})+$)/g, "_")],
  ]);
  return sign === "" ? digits : `(${sign}${digits})`;
}

export function intLiteral(rng: Rng, type: IntT): string {
  const value = edgeValue(rng, type);
  if (value === 1n << 20n) return "1MiB";
  if (value === 10n && rng.chance(10)) return type.bits >= 32 ? "10us" : "10";
  return numberText(rng, value);
}

export function addressLiteral(rng: Rng, family: Family): string {
  switch (family) {
    case "ipv4":
      return rng.pick([
        "0.0.0.0",
        "10.0.0.1",
        "192.0.2.1",
        "255.255.255.255",
        "127.0.0.1",
        "224.0.0.251",
        four(rng),
      ]);
    case "ipv6":
      return rng.pick(["::", "::1", "2001:db8::1", "fe80::1", "ff02::2", "2001:db8:1:2:3:4:5:6"]);
    case "mac":
      return rng.pick(["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "02:00:00:00:00:01", six(rng)]);
  }
}

function four(rng: Rng): string {
  return Array.from({ length: 4 }, () => rng.below(256)).join(".");
}

function six(rng: Rng): string {
  return Array.from({ length: 6 }, () => rng.below(256).toString(16).padStart(2, "0")).join(":");
}

export function prefixLiteral(rng: Rng, family: Family): string {
  switch (family) {
    case "ipv4":
      return rng.pick([
        "10.0.0.0/8",
        "0.0.0.0/0",
        "192.0.2.1/32",
        "172.16.0.0/12",
        "128.0.0.0/1",
        "192.0.2.2/31",
      ]);
    case "ipv6":
      return rng.pick([
        "fc00::/7",
        "::/0",
        "2001:db8::/32",
        "2001:db8::1/128",
        "2001:db8:0:8000::/49",
        "fe80::/65",
      ]);
    case "mac":
      return rng.pick([
        "02:00:00:00:00:00/40",
        "00:00:00:00:00:00/0",
        "ff:ff:ff:ff:ff:ff/48",
        "01:00:5e:00:00:00/25",
      ]);
  }
}

export function textLiteral(rng: Rng, length: number): string {
  return JSON.stringify(rng.pick(["", "a", "lo", "eth0", "xdpl", "0123456789abcdef"]).slice(0, length));
}

/** A value known at compile time. */
export function constantText(rng: Rng, type: Type): string {
  switch (type.kind) {
    case "int":
      return intLiteral(rng, type);
    case "bool":
      return rng.pick(["true", "false"]);
    case "address":
      return addressLiteral(rng, type.family);
    case "enum":
      return `${type.name}.${rng.pick(type.members)}`;
    case "string":
      return textLiteral(rng, type.length);
    case "array":
      return `[${Array.from({ length: type.length }, () => constantText(rng, type.element)).join(", ")}]`;
    case "struct":
      return `{ ${type.fields.map((field) => `${field.name}: ${constantText(rng, field.type)}`).join(", ")} }`;
    default:
      throw new Error(`no constant of ${type.kind}`);
  }
}
