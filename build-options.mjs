/** How the command becomes one file: `build.mjs` makes `dist` with it, and the tests a bundle of their own. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));

/** The parser's library from its one-file build, without the search that `src/syntax/chevrotain.ts` makes at start. */
const chevrotain = {
  name: "chevrotain",
  setup(context) {
    context.onLoad({ filter: /src[\\/]syntax[\\/]chevrotain\.ts$/ }, () => ({
      loader: "js",
      resolveDir: join(root, "src", "syntax"),
      contents: `
        import { EmbeddedActionsParser, createToken, EOF, Lexer } from "../../node_modules/chevrotain/lib/chevrotain.mjs";
        export { EmbeddedActionsParser, createToken, EOF };
        export const notLexed = Lexer.NA;`,
    }));
  },
};

/** commander can start programs as subcommands; xdpl has none, and a snapshot can do without the module. */
const noChildProcess = {
  name: "no-child-process",
  setup(context) {
    context.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes("commander") ? { path: "child_process", namespace: "none" } : undefined,
    );
    context.onLoad({ filter: /.*/, namespace: "none" }, () => ({ contents: "module.exports = {};" }));
  },
};

/**
 * A snapshot's script has no `module`, and `require` for Node's own modules only. Of koffi it opens the library itself,
 * where the launcher has found it, for Node's search for a package takes longer than all that is asked of koffi; else
 * koffi is searched from where the package lies. Both places are fixed when the snapshot is made: the launcher keeps one
 * for each.
 */
const banner = `
"use strict";
var module = typeof module === "undefined" ? { exports: {} } : module;
const __native = require;
const __url = require("node:url").pathToFileURL(__filename).href;
const __koffiAddon = process.env.XDPL_KOFFI_ADDON;
const __openKoffi = () => {
  const search = __native("node:module").createRequire;
  if (!__koffiAddon) return search(__filename)("koffi");
  const addon = { exports: {} };
  try {
    process.dlopen(addon, __koffiAddon);
    return addon.exports;
  } catch {
    return search(__filename)("koffi");
  }
};
let __koffi;
require = (id) => (id === "koffi" ? (__koffi ??= __openKoffi()) : __native(id));
`;

/**
 * V8 adds its newest methods to a context after it was made, and in Node 20 not to the one that becomes a snapshot. They
 * are lent to it, and taken away before V8 adds its own, for it does not expect to find any.
 */
const newMethods = `
if (__native("node:v8").startupSnapshot.isBuildingSnapshot()) {
  const lent = [];
  const lend = (prototype, name, value) => {
    if (name in prototype) return;
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
    lent.push(() => delete prototype[name]);
  };
  for (const { prototype } of [Array, Object.getPrototypeOf(Uint8Array)]) {
    lend(prototype, "toReversed", function () { return this.slice().reverse(); });
    lend(prototype, "toSorted", function (compare) { return this.slice().sort(compare); });
    lend(prototype, "with", function (index, value) {
      const copy = this.slice();
      copy[index < 0 ? copy.length + index : index] = value;
      return copy;
    });
  }
  lend(Array.prototype, "toSpliced", function (...change) {
    const copy = this.slice();
    copy.splice(...change);
    return copy;
  });
  __native("node:v8").startupSnapshot.addSerializeCallback(() => lent.forEach((take) => take()));
}
`;

/** The language server, a program of its own: it runs for hours, so a start from a snapshot gains nothing. */
export function serverOptions(outfile) {
  return { ...bundleOptions(outfile), entryPoints: ["src/lsp/main.ts"] };
}

/** @param {string} outfile */
export function bundleOptions(outfile) {
  return {
    absWorkingDir: root,
    entryPoints: ["src/cli/bin.ts"],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["koffi"],
    define: { "import.meta.url": "__url" },
    banner: { js: banner + newMethods },
    plugins: [chevrotain, noChildProcess],
    legalComments: "none",
    // Names stay, for stack traces; a smaller text makes a smaller snapshot.
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: "warning",
  };
}
