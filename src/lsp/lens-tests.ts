/** Above each test: running it. */
import type { CodeLens } from "vscode-languageserver/node";
import { rangeOf } from "./positions.js";
import type { Script } from "./script.js";
import { uriOf } from "./uris.js";

/** A command that the editor's side of the extension knows. */
const runTestCommand = "xdpl.runTest";

export function testLenses({ file, module }: Script): readonly CodeLens[] {
  return module.declarations.flatMap((one): CodeLens[] => {
    if (one.kind !== "test") return [];
    const command = {
      title: "run test",
      command: runTestCommand,
      arguments: [uriOf(file.path), one.name.value],
    };
    return [{ range: rangeOf(one.name.span), command }];
  });
}
