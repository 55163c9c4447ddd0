/** `print`. */
import { leaf } from "./integers.js";
import { isScalar, type Body } from "./model.js";

export function printStatement(b: Body): string[] {
  const { rng } = b;
  if (rng.chance(15)) return [`print("${rng.pick(["here", "dropped", "a 'b'", "100%", "{}"])}");`];
  const values: string[] = [];
  for (let left = 1 + rng.below(5); left > 0; left--) {
    const scalars = b.vars.filter((one) => isScalar(one.type));
    const text = scalars.length > 0 && rng.chance(60) ? rng.pick(scalars).text : (leaf(b)?.text ?? "1");
    values.push(text);
  }
  return [`print(\`${values.map((one, i) => `v${i} \${${one}}`).join(" ")}${rng.pick(["", "!", " %"])}\`);`];
}
