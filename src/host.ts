/** The one place where the compiler's input is read from files. */
import { Buffer, isUtf8 } from "node:buffer";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import type { SourceFile } from "./base/span.js";
import { hostKernel } from "./machine.js";
import type { KernelFacts } from "./kernel/facts.js";
import type { Host } from "./resolve/index.js";

/** Why a file could not become a source text. */
export class UnreadableSource extends Error {
  override readonly name = "UnreadableSource";
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super(`${path} can't be read`, { cause });
    this.path = path;
  }
}

let root: string | undefined;

/** The folder of the package: the nearest above this file with the standard library in it. */
export function packageRoot(): string {
  if (root === undefined) {
    let folder = dirname(fileURLToPath(import.meta.url));
    const found = (): boolean =>
      existsSync(join(folder, "package.json")) && existsSync(join(folder, "stdlib"));
    while (!found() && dirname(folder) !== folder) folder = dirname(folder);
    root = folder;
  }
  return root;
}

const standard = "std/";
const extension = ".xdpl";

/** Bytes to text: UTF-8 without a byte order mark. Throws a TypeError on bytes that are not UTF-8. */
export function decodeSource(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new TypeError("not UTF-8");
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/** Reads a script from a file. Throws {@link UnreadableSource}. */
export function readSource(path: string): SourceFile {
  const shown = standardModule(path) ? `./${path}` : path;
  try {
    return { path: shown, text: decodeSource(readFileSync(path)) };
  } catch (error) {
    throw new UnreadableSource(path, error);
  }
}

/** `std/net/ip`: a module of the standard library goes by its specifier, everywhere. */
function standardModule(path: string): boolean {
  return path.startsWith(standard) && !path.endsWith(extension);
}

/** Where a module of the standard library lies on disk, for editors. */
export function standardFile(specifier: string): string {
  return join(packageRoot(), "stdlib", `${specifier.slice(standard.length)}${extension}`);
}

const texts = new Map<string, SourceFile | undefined>();

/** The standard library does not change while a process runs: each of its modules is read once. */
function readStandard(specifier: string): SourceFile | undefined {
  if (!texts.has(specifier)) {
    const within = !specifier.split("/").includes("..");
    const file = within ? readSafely(standardFile(specifier)) : undefined;
    texts.set(specifier, file && { path: specifier, text: file.text });
  }
  return texts.get(specifier);
}

function readSafely(path: string): SourceFile | undefined {
  try {
    return readSource(path);
  } catch {
    return undefined;
  }
}

/** Modules from the file system; what `overlay` holds (an editor's unsaved text) comes first. */
export function fileHost(
  overlay: ReadonlyMap<string, SourceFile> = new Map(),
  kernel: KernelFacts = hostKernel(),
): Host {
  return {
    kernel,
    read: (path) => overlay.get(path) ?? (standardModule(path) ? readStandard(path) : readSafely(path)),
    resolve: (from, specifier) => {
      if (standardModule(specifier)) return specifier;
      if (isAbsolute(specifier)) return normalize(specifier);
      // `<stdin>` and `<command line>` have no folder: theirs is the working directory.
      const folder = from.startsWith("<") ? "." : dirname(from);
      const path = join(folder, specifier);
      return standardModule(from) && path.endsWith(extension) ? path.slice(0, -extension.length) : path;
    },
    known: () => knownModules(),
  };
}

/** `std/net`, `std/net/ip`, …: every module that can be imported by name. */
function knownModules(): readonly string[] {
  const folder = join(packageRoot(), "stdlib");
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(extension))
      .map((name) => `${standard}${name.slice(0, -extension.length).replaceAll("\\", "/")}`)
      .sort();
  } catch {
    return [];
  }
}
