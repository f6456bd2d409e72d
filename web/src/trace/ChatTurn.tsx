// The tick that makes a prompt a chat turn, of one prompt.

import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useLoad } from "../ui/load.ts";
import { Button, Chip } from "../ui/parts.tsx";
import { toast } from "../ui/toast.tsx";
import type { Request } from "./request.ts";
import { askTurnIn } from "./texts.ts";

/**
 * Whether the text is what the user says in a chat. A text that is a turn already, as an example
 * may be, is never wrapped twice unseen: the tick takes what the user says in it, unticking gives
 * the text back, and a text that is written later is warned of.
 */
export function ChatTurn({ request }: { request: Signal<Request> }): JSX.Element {
  const { model, text, chat, ids } = request.value;
  const before = useSignal<{ whole: string; said: string } | null>(null);
  const isText = chat && ids === null;
  const { state } = useLoad(
    (abort) => (isText ? askTurnIn(model, text, abort) : Promise.resolve(null)),
    [model, text, isText],
  );
  const said = state.value.is === "ready" && isText ? state.value.value : null;
  const take = (whole: string, part: string): void => {
    before.value = { whole, said: part };
    request.value = { ...request.peek(), text: part, position: null };
    toast("The text was a chat turn already: what the user says in it was taken.");
  };
  const tick = async (to: boolean): Promise<void> => {
    const back = before.peek();
    const isBack = !to && back !== null && back.said === text;
    request.value = { ...request.peek(), chat: to, ...(isBack ? { text: back.whole } : {}) };
    if (!to || ids !== null) return;
    const part = await askTurnIn(model, text).catch(() => null);
    const now = request.peek();
    if (part !== null && now.chat && now.text === text && now.model === model) take(text, part);
  };
  return (
    <div class="row">
      <label class="check">
        <input
          type="checkbox"
          checked={chat}
          onChange={(event) => void tick(event.currentTarget.checked)}
        />
        as a chat turn
      </label>
      {said !== null && (
        <>
          <Chip tone="warn">The text is a chat turn already, and is wrapped twice.</Chip>
          <Button keyName="u" act="user" onClick={() => take(text, said)}>
            Take what the user says
          </Button>
        </>
      )}
    </div>
  );
}
