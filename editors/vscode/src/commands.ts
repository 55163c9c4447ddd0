/** Commands that run xdpl in a terminal, where its messages have their colours and their links. */
import { basename, dirname } from "node:path";
import * as vscode from "vscode";
import { findCommand } from "./client.js";
import { OutputTerminal } from "./output-terminal.js";

/** The script a command is about: the one it was given, or the one in front. */
export async function scriptFile(uri: string | undefined): Promise<vscode.Uri> {
  const document =
    uri === undefined
      ? vscode.window.activeTextEditor?.document
      : await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
  if (document?.languageId !== "xdpl") throw new Error("open a script first");
  if (document.isUntitled || document.isDirty) await document.save();
  return document.uri;
}

/** One terminal for each thing that is done: what it showed before makes room. */
function run(title: string, command: string, args: readonly string[], file: vscode.Uri): void {
  const name = `xdpl ${title}`;
  for (const one of vscode.window.terminals) if (one.name === name) one.dispose();
  const pty = new OutputTerminal(command, args, dirname(file.fsPath));
  vscode.window.createTerminal({ name, pty, iconPath: new vscode.ThemeIcon("play") }).show(true);
}

async function needCommand(): Promise<string> {
  const command = await findCommand();
  if (command !== undefined) return command;
  throw new Error("there is no xdpl command; the setting xdpl.command says where it is");
}

export async function build(uri?: string): Promise<void> {
  const file = await scriptFile(uri);
  run(`build ${basename(file.fsPath)}`, await needCommand(), ["build", file.fsPath], file);
}

export async function check(uri?: string): Promise<void> {
  const file = await scriptFile(uri);
  run(`check ${basename(file.fsPath)}`, await needCommand(), ["check", file.fsPath], file);
}

/** All tests of a script, or those with `name` in theirs. */
export async function runTest(uri?: string, name?: string): Promise<void> {
  const file = await scriptFile(uri);
  const chosen = name === undefined ? [] : ["-t", name];
  run(`test ${basename(file.fsPath)}`, await needCommand(), ["test", file.fsPath, ...chosen], file);
}

export async function runOnCapture(uri?: string, program?: string): Promise<void> {
  const file = await scriptFile(uri);
  const captures = await vscode.window.showOpenDialog({
    title: "Packets to run the program on",
    canSelectMany: true,
    filters: { Captures: ["pcap", "pcapng", "cap"] },
  });
  if (!captures || captures.length === 0) return;
  const packets = captures.flatMap((one) => ["--pcap", one.fsPath]);
  const chosen = program === undefined ? [] : ["--program", program];
  run(
    `run ${program ?? basename(file.fsPath)}`,
    await needCommand(),
    ["test-run", file.fsPath, ...packets, ...chosen],
    file,
  );
}
