/** Chances: one seed gives one script, on every machine. */
import { random } from "../parser.js";

export interface Rng {
  /** 0 … n-1. */
  below(n: number): number;
  chance(percent: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** One of several makers, each as likely as its weight. */
  choose<T>(from: readonly (readonly [weight: number, make: () => T])[]): T;
  bits(count: number): bigint;
}

export function rngOf(seed: number): Rng {
  const below = random(seed);
  // The first numbers of near seeds are alike.
  for (let i = 0; i < 4; i++) below(2);
  const pick = <T>(from: readonly T[]): T => {
    const at = below(from.length);
    if (at >= from.length || from.length === 0) throw new Error("nothing to pick from");
    return from[at] as T;
  };
  return {
    below,
    pick,
    chance: (percent) => below(100) < percent,
    choose: (from) => {
      let left = below(from.reduce((sum, [weight]) => sum + weight, 0));
      for (const [weight, make] of from) {
        if (left < weight) return make();
        left -= weight;
      }
      throw new Error("nothing to choose from");
    },
    bits: (count) => {
      let value = 0n;
      for (let left = count; left > 0; left -= 16) value = (value << 16n) | BigInt(below(0x10000));
      return BigInt.asUintN(count, value);
    },
  };
}

/** The seed of the script with a number, under the seed of a run: any script of a run can be made alone. */
export function seedOf(seed: number, at: number): number {
  return (Math.imul(seed, 0x9e3779b1) + Math.imul(at, 0x85ebca6b)) >>> 0;
}
