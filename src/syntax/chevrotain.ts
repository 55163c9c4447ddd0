/**
 * Chevrotain, from its one-file bundle. The package's entry loads some six hundred lodash modules one by one,
 * which costs 300 ms of every start; the bundle beside it, the same code, costs 16 ms. Should a later version
 * not ship the bundle, the entry is used.
 */
import type * as Chevrotain from "chevrotain";

async function load(): Promise<typeof Chevrotain> {
  try {
    return await import(new URL("../chevrotain.min.mjs", import.meta.resolve("chevrotain")).href);
  } catch {
    return import("chevrotain");
  }
}

const chevrotain: typeof Chevrotain = await load();

export const EmbeddedActionsParser: typeof Chevrotain.EmbeddedActionsParser =
  chevrotain.EmbeddedActionsParser;
export const createToken: typeof Chevrotain.createToken = chevrotain.createToken;
export const EOF: Chevrotain.TokenType = chevrotain.EOF;
export const notLexed: typeof Chevrotain.Lexer.NA = chevrotain.Lexer.NA;
