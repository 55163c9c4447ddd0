/** The scripts on the pages of diagnostics: ```` ```xdpl wrong ```` shows the mistake, ```` ```xdpl right ```` compiles. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SourceFile } from "../../src/base/span.js";
import type { Host } from "../../src/resolve/index.js";
import { kernellessHost, testHost } from "./kernel-facts.js";

const folder = join(import.meta.dirname, "../../docs/errors");

export function pageOf(code: string): string {
  const path = join(folder, `${code}.md`);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

export interface PageScript {
  readonly name: string;
  readonly code: string;
  readonly entry: SourceFile;
  /** Reads the modules of the script, and the standard library. */
  readonly host: Host;
}

export function pageScripts(code: string, which: "wrong" | "right"): readonly PageScript[] {
  return [...pageOf(code).matchAll(/^```xdpl (wrong|right)\n([\s\S]*?)^```$/gm)]
    .filter((match) => match[1] === which)
    .map((match, at) => {
      const modules = modulesOf(match[2] ?? "");
      const entry = modules.at(-1) ?? { path: "", text: "" };
      const host = over(code === "XD3707" ? kernellessHost() : testHost(), modules);
      return { name: `${code} ${which} ${at + 1}`, code, entry, host };
    });
}

/** `// name.xdpl` on a line by itself begins a module; the last one is the script. */
function modulesOf(text: string): readonly SourceFile[] {
  const parts = text.split(/^\/\/ ([\w-]+\.xdpl)\n/m);
  if (parts.length === 1) return [{ path: "/pages/script.xdpl", text }];
  return parts.flatMap((part, at) =>
    at % 2 === 0 ? [] : [{ path: `/pages/${part}`, text: parts[at + 1] ?? "" }],
  );
}

/** A host that reads these texts at their paths, whatever lies there. */
export function over(host: Host, files: readonly SourceFile[]): Host {
  return { ...host, read: (path) => files.find((one) => one.path === path) ?? host.read(path) };
}
