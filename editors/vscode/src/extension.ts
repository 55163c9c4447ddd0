/** The editor's side: starts the language server, and adds the commands that it cannot have. */
import * as vscode from "vscode";
import { AssemblyView } from "./assembly-view.js";
import { startClient, type Client } from "./client.js";
import { build, check, runOnCapture, runTest } from "./commands.js";

let client: Client | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel("xdpl", { log: true });
  const assembly = new AssemblyView(() => client);
  const command = (name: string, run: (...args: string[]) => Promise<void>): vscode.Disposable =>
    vscode.commands.registerCommand(name, async (...args: unknown[]) => {
      try {
        await run(...args.filter((one) => typeof one === "string"));
      } catch (error) {
        await vscode.window.showErrorMessage(
          `xdpl: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    });
  context.subscriptions.push(
    output,
    assembly,
    command("xdpl.build", build),
    command("xdpl.check", check),
    command("xdpl.runOnCapture", runOnCapture),
    command("xdpl.runTest", runTest),
    command("xdpl.showAssembly", (uri, program) => assembly.show(uri, program)),
    command("xdpl.restartServer", async () => {
      await client?.stop();
      client = await startClient(context, output);
    }),
  );
  client = await startClient(context, output);
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}
