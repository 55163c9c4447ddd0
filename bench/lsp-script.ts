/** A long script of real ones: the examples, as often as it takes, each with names of its own. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const names = [
  "dns-amplification",
  "firewall",
  "load-balancer",
  "protocol-stats",
  "rate-limit",
  "sampler",
  "syn-shield",
  "vxlan-decap",
  "ipip-encap",
  "router",
];

const declared = /^(?:export )?(?:const|let|param|struct|enum|type|function|xdp(?:\([^)]*\))?) +(\w+)/gm;

export function scriptOfLines(lines: number): string {
  const imports = new Map<string, Set<string>>();
  const parts: string[] = ['target "linux 6.0";'];
  let count = 0;
  for (let i = 0; count < lines; i++) {
    const name = names[i % names.length] ?? "";
    const text = withOwnNames(
      readFileSync(join(import.meta.dirname, "../examples", `${name}.xdpl`), "utf8"),
      i,
    )
      .replace(/^import \{([^}]*)\} from "([^"]+)";\n/gm, (_, list: string, from: string) => {
        const known = imports.get(from) ?? new Set<string>();
        imports.set(from, known);
        for (const one of list.split(",")) if (one.trim() !== "") known.add(one.trim());
        return "";
      })
      .replace(/^(?:license|target).*\n/gm, "")
      .replace(/pin: "[^"]*"/g, "numa: 0");
    parts.push(text.trim());
    count += text.split("\n").length;
  }
  const head = [...imports].map(([from, list]) => `import { ${[...list].join(", ")} } from "${from}";`);
  return `${[...head, ...parts].join("\n\n")}\n`;
}

/** The kernel keeps 15 characters of a map's name: the number comes early. */
function withOwnNames(text: string, i: number): string {
  const own = new Set([...text.matchAll(declared)].map((match) => match[1] ?? ""));
  return [...own].reduce(
    (done, name) =>
      done.replace(new RegExp(`\\b${name}\\b`, "g"), `${name.slice(0, 8)}_${i}${name.slice(8)}`),
    text,
  );
}
