/** Scripts to objects, for tests: throws with the rendered diagnostics where a script has errors. */
import { join } from "node:path";
import type { SourceFile } from "../../src/base/span.js";
import { renderDiagnostics } from "../../src/diagnostics/render.js";
import { fileHost, packageRoot, readSource } from "../../src/host.js";
import { build } from "../../src/pipeline.js";

export const root: string = packageRoot();

async function compile(source: SourceFile): Promise<Uint8Array> {
  const { diagnostics, output, missing } = await build(source, fileHost(), "obj");
  if (output instanceof Uint8Array) return output;
  const said = missing ? "libLLVM is missing" : renderDiagnostics(diagnostics);
  throw new Error(`${source.path} does not compile\n${said}`);
}

/** Compiles a script given as text. */
export function compileScript(text: string, path = "script.xdpl"): Promise<Uint8Array> {
  return compile({ path, text });
}

/** Compiles `examples/NAME.xdpl`. */
export function compileExample(name: string): Promise<Uint8Array> {
  return compile(readSource(join(root, `examples/${name}.xdpl`)));
}
