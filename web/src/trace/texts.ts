// What the server says of texts: what targets are called, as requests hold the ids of tokens and a
// person reads their text; and whether a text is a chat turn already.

import { tokenize } from "../api/endpoints.ts";
import { useLoad } from "../ui/load.ts";
import { tokenText } from "../ui/numbers.ts";
import type { TargetAsk } from "../wire.ts";
import { turnIn } from "./request.ts";

/** The texts of all tokens among some targets; none before the server has said them. */
export function useTexts(
  model: string,
  targets: readonly TargetAsk[],
): ReadonlyMap<number, string> {
  const ids = targets.flatMap(tokensOf);
  const { state } = useLoad(
    async (abort) => {
      if (ids.length === 0) return new Map<number, string>();
      const ask = { model, text: null, ids, chat: false, system: null };
      const { tokens } = await tokenize(ask, abort);
      return new Map(tokens.map(({ id, text }) => [id, text]));
    },
    [model],
    [ids.join()],
  );
  return state.value.is === "ready" ? state.value.value : new Map();
}

/** What the user says in a text that is a chat turn already; `null` if it is none. */
export async function askTurnIn(
  model: string,
  text: string,
  abort?: AbortSignal,
): Promise<string | null> {
  if (text.trim() === "") return null;
  const turnOf = async (said: string): Promise<string[]> => {
    const ask = { model, text: said, ids: null, chat: true, system: null };
    return (await tokenize(ask, abort)).tokens.map((token) => token.text);
  };
  const [empty, wrapped] = await Promise.all([turnOf(""), turnOf(text)]);
  return turnIn(text, empty, wrapped);
}

function tokensOf(target: TargetAsk): number[] {
  if (target.kind === "token") return [target.id];
  return target.kind === "contrast" ? [target.plus, target.minus] : [];
}

/** A target as a person reads it: by the text of its tokens, or else by their numbers. */
export function targetText(target: TargetAsk, texts: ReadonlyMap<number, string>): string {
  const token = (id: number): string => {
    const text = texts.get(id);
    return text === undefined ? `token ${id}` : `“${tokenText(text)}”`;
  };
  switch (target.kind) {
    case "token":
      return token(target.id);
    case "contrast":
      return `${token(target.plus)} − ${token(target.minus)}`;
    case "feature":
      return `L${target.layer} · ${target.index}`;
  }
}
