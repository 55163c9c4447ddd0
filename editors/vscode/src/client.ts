/** The language server's process: `xdpl lsp` where there is an xdpl, else the one in this extension. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";
import {
  LanguageClient,
  TransportKind,
  type LanguageClientOptions,
  type ServerOptions,
} from "vscode-languageclient/node";

export type Client = LanguageClient;

/** The xdpl command that the settings name, if it runs. */
export async function findCommand(): Promise<string | undefined> {
  const command = vscode.workspace.getConfiguration("xdpl").get<string>("command", "xdpl");
  if (command === "") return undefined;
  try {
    await promisify(execFile)(command, ["lsp", "--help"], { timeout: 10_000 });
    return command;
  } catch {
    return undefined;
  }
}

export async function startClient(
  context: vscode.ExtensionContext,
  output: vscode.LogOutputChannel,
): Promise<Client> {
  const command = await findCommand();
  const bundled = join(context.extensionPath, "dist", "server.cjs");
  const server: ServerOptions = command
    ? { command, args: ["lsp", "--stdio"], transport: TransportKind.stdio }
    : { module: bundled, transport: TransportKind.stdio };
  output.info(command ? `language server: ${command} lsp` : `language server: ${bundled}`);
  const options: LanguageClientOptions = {
    documentSelector: [{ language: "xdpl" }],
    initializationOptions: { ...vscode.workspace.getConfiguration("xdpl"), commands: true },
    outputChannel: output,
    synchronize: { configurationSection: "xdpl" },
  };
  const client = new LanguageClient("xdpl", "xdpl", server, options);
  await client.start();
  return client;
}
