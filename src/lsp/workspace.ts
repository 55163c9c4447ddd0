/**
 * The scripts an editor has open, over the files beside them: what it shows is what counts. A change makes the module
 * be read anew, and it and what imports it be checked anew; all else is kept.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { SourceFile } from "../base/span.js";
import { fileHost } from "../host.js";
import { parser, understand, type AnalyzeOptions } from "../pipeline.js";
import type { Host } from "../resolve/index.js";
import type { ParseResult } from "../syntax/index.js";
import { partOf, scriptOf, type Script } from "./script.js";

export interface Workspace {
  readonly open: (path: string, text: string) => void;
  readonly change: (path: string, change: (file: SourceFile) => SourceFile) => void;
  readonly close: (path: string) => void;
  /** Files may have changed on disk, or be gone; true if one has. Without a path, any of those that were read. */
  readonly touch: (path?: string) => boolean;
  readonly isOpen: (path: string) => boolean;
  readonly opened: () => readonly string[];
  /** The text that counts for a path. */
  readonly text: (path: string) => SourceFile | undefined;
  /** The script of an open document or a file, understood; undefined when there is none. */
  readonly script: (path: string) => Script | undefined;
  /** Open documents whose meaning may follow from a file's: its own, and all that import it. */
  readonly dependents: (path: string) => readonly string[];
  /** Every script in the folders of the workspace, and all open ones. */
  readonly everywhere: () => readonly Script[];
  readonly folders: (folders: readonly string[]) => void;
  readonly configure: (options: AnalyzeOptions) => void;
  readonly options: () => AnalyzeOptions;
  readonly host: Host;
  readonly parse: (file: SourceFile) => ParseResult;
}

interface Known {
  readonly script: Script;
  /** Its modules, as they were: while these are the ones that count, the script is what it was. */
  readonly files: readonly SourceFile[];
  /** Paths that it asked for and that were not there. */
  readonly missing: readonly string[];
}

/** What a workspace reads at most, and how deep. */
const limits = { files: 2000, depth: 12, size: 1 << 20 };

export function createWorkspace(): Workspace {
  const overlay = new Map<string, SourceFile>();
  const disk = new Map<string, SourceFile | undefined>();
  const scripts = new Map<string, Known>();
  const parsed = new WeakMap<SourceFile, ParseResult>();
  let roots: readonly string[] = [];
  let options: AnalyzeOptions = {};
  const files = fileHost();

  /** Read from disk once; `touch` says when that is not enough. */
  const onDisk = (path: string): SourceFile | undefined => {
    if (!disk.has(path)) disk.set(path, files.read(path));
    return disk.get(path);
  };
  const text = (path: string): SourceFile | undefined => overlay.get(path) ?? onDisk(path);
  const host: Host = { ...files, read: text };

  const parseModule = parser();
  const parse = (file: SourceFile): ParseResult => {
    const known = parsed.get(file) ?? parseModule(file);
    parsed.set(file, known);
    return known;
  };

  const isCurrent = ({ files: read, missing }: Known): boolean =>
    read.every((one) => text(one.path) === one) && missing.every((path) => text(path) === undefined);

  const script = (path: string): Script | undefined => {
    const known = scripts.get(path);
    if (known && isCurrent(known)) return known.script;
    scripts.delete(path);
    const file = text(path);
    if (!file) return undefined;
    const missing = new Set<string>();
    const watched: Host = {
      ...host,
      read: (one) => {
        const found = text(one);
        if (!found) missing.add(one);
        return found;
      },
    };
    const understood = understand(file, watched, options, parse);
    const made = scriptOf(understood, file, parse(file).comments);
    if (!made) return undefined;
    const read = understood.resolved.modules.map((one) => one.module.file);
    scripts.set(path, { script: made, files: read, missing: [...missing] });
    return made;
  };

  const imports = (of: Known, path: string): boolean =>
    of.files.some((one) => one.path === path) || of.missing.includes(path);

  return {
    host,
    parse,
    text,
    script,
    open: (path, content) => {
      overlay.set(path, { path, text: content });
    },
    change: (path, change) => {
      overlay.set(path, change(overlay.get(path) ?? { path, text: "" }));
    },
    close: (path) => {
      overlay.delete(path);
      disk.delete(path);
      scripts.delete(path);
    },
    touch: (path) => {
      let changed = false;
      for (const one of path === undefined ? [...disk.keys()] : [path]) {
        const before = disk.get(one);
        const now = files.read(one);
        // The same text stays the same file, and what is known of it is kept.
        if (before?.text === now?.text) continue;
        changed = true;
        disk.set(one, now);
      }
      return changed;
    },
    isOpen: (path) => overlay.has(path),
    opened: () => [...overlay.keys()],
    dependents: (path) =>
      [...overlay.keys()].filter((one) => {
        if (one === path) return true;
        const known = scripts.get(one);
        return known === undefined || imports(known, path);
      }),
    everywhere: () => {
      const paths = new Set([...overlay.keys(), ...roots.flatMap((root) => scriptsBelow(root))]);
      return [...paths].flatMap((path) => script(path) ?? []);
    },
    folders: (folders) => {
      roots = folders;
    },
    configure: (changed) => {
      options = changed;
      scripts.clear();
    },
    options: () => options,
  };
}

/** Another module of a script's compilation: an imported file, or one of the standard library. */
export function moduleOf(script: Script, path: string): Script | undefined {
  if (script.file.path === path) return script;
  const scope = script.resolved.modules.find((one) => one.path === path);
  return scope && partOf(script.understood, scope, []);
}

function scriptsBelow(root: string): readonly string[] {
  const found: string[] = [];
  const look = (folder: string, depth: number): void => {
    if (depth > limits.depth) return;
    for (const one of entries(folder)) {
      if (found.length >= limits.files) return;
      const path = join(folder, one.name);
      if (one.isDirectory() && one.name !== "node_modules" && !one.name.startsWith("."))
        look(path, depth + 1);
      else if (one.isFile() && one.name.endsWith(".xdpl") && isSmall(path)) found.push(path);
    }
  };
  look(root, 0);
  return found;
}

function entries(folder: string): ReturnType<typeof readFolder> {
  try {
    return readFolder(folder);
  } catch {
    return [];
  }
}

// oxlint-disable-next-line typescript/explicit-function-return-type -- the type is Node's
const readFolder = (folder: string) => readdirSync(folder, { withFileTypes: true });

function isSmall(path: string): boolean {
  try {
    return statSync(path).size <= limits.size;
  } catch {
    return false;
  }
}
