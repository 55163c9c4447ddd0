/**
 * Formats generated scripts: formatted twice as once, the tree as before, no comment lost. Half of them are well typed,
 * half use the grammar to its corners; half have comments in odd places.
 */
import { generate as generateGrammar } from "../format/generate.js";
import { errorsOf, fault, withComments } from "../format/support.js";
import { numbersOf, type Range } from "./checker.js";
import { generate, rngOf, seedOf } from "./generate.js";
import { random } from "./parser.js";

export interface FormatReport {
  readonly scripts: number;
  readonly withComments: number;
  /** Texts that the generator for the grammar wrote and that cannot be read. */
  readonly unreadable: number;
  readonly failed: number;
}

export async function fuzzFormat(range: Range, show: (failure: string) => void): Promise<FormatReport> {
  let [scripts, comments, unreadable, failed] = [0, 0, 0, 0];
  for (const at of numbersOf(range)) {
    const seed = seedOf(range.seed, at);
    const below = random(seed);
    const size = rngOf(seed).pick([1, 3, 8, 24, 40]);
    const plain = at % 2 === 0 ? generate(seed, { size }) : generateGrammar(below);
    const commented = below(2) === 0;
    const text = commented ? withComments(plain, below) : plain;
    if (errorsOf(text).length > 0) {
      unreadable++;
      continue;
    }
    scripts++;
    if (commented) comments++;
    const problem = await fault(text);
    if (problem === undefined) continue;
    failed++;
    if (failed <= 5) show(`script ${at}: ${problem}`);
  }
  return { scripts, withComments: comments, unreadable, failed };
}
